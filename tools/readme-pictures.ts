import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { serve } from "../server/src/commands/serve.ts";
import { readSandboxFile } from "../server/src/commands/sandbox-file.ts";
import { readConfig } from "../server/src/config.ts";
import { findChromium } from "./chromium.ts";
import { startChromium } from "./page-gallery.ts";

const folder = join(import.meta.dirname, "../docs/pictures");

async function photograph(page: Page, name: string): Promise<void> {
  const path = join(folder, `${name}.png`);
  await page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)");
  await page.screenshot({ path });
  console.log(`${path}: ${statSync(path).size} bytes`);
}

/** Plays a milestone up to its dispute on a sandbox's demo page, in Chromium, and photographs what the README shows. */
async function photographAll(chromium: string): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "tranche-pictures-"));
  const running = await serve(readConfig({ PORT: "0", TRANCHE_HOME: home }), { quiet: true });
  const browser = await startChromium(chromium);
  try {
    mkdirSync(folder, { recursive: true });
    const context = await browser.newContext({ viewport: { width: 1120, height: 1500 }, colorScheme: "light" });
    const page = await context.newPage();
    const click = (name: string | RegExp) => page.getByRole("button", { name, exact: true }).click();
    const narrow = () => page.setViewportSize({ width: 760, height: 1000 });
    await page.goto(running.url);
    await click("Make a project");
    await page.getByText("Make a project: done.").waitFor();
    await click("Pay with the standard form");
    await page.getByRole("button", { name: /^Pay NGN/ }).waitFor();
    await narrow();
    await photograph(page, "checkout");
    await click(/^Pay NGN/);
    await click("Pay successfully");
    await page.setViewportSize({ width: 1120, height: 1500 });
    await click("Seller: Deliver");
    await page.locator("#notifications").getByText("verified by the shop").waitFor();
    await page.locator("#letters summary", { hasText: "To the buyer" }).nth(1).waitFor();
    await photograph(page, "demo");
    const demo = page.url();
    await page.locator("#letters summary", { hasText: "To the buyer" }).first().click();
    await page.getByRole("link", { name: "Open the buyer’s page" }).click();
    await narrow();
    await photograph(page, "buyer");
    await page.goto(demo);
    for (const name of ["Buyer: Reject", "Seller: Contest the rejection", "Buyer: Hand it to the operator"]) await click(name);
    await page.locator("#title", { hasText: "In dispute" }).waitFor();
    const people = await readSandboxFile(home);
    await page.goto(`${running.url}/operator/login`);
    await page.getByLabel(/e-mail/i).fill(people?.operator.email ?? "");
    await page.getByLabel(/password/i).fill(people?.operator.password ?? "");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page
      .getByRole("link", { name: /^Order \d+/ })
      .first()
      .click();
    await photograph(page, "dispute");
  } finally {
    await browser.close();
    await running.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

const chromium = findChromium();
if (chromium === undefined) console.log("There is no Chromium to take pictures with.");
else await photographAll(chromium);
