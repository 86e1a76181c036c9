import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { serve } from "../server/src/commands/serve.ts";
import { readConfig } from "../server/src/config.ts";
import { findChromium } from "./chromium.ts";
import { startChromium } from "./page-gallery.ts";

/** Plays a milestone up to its delivery on a sandbox's demo page and photographs it for the README. */
async function photographDemo(path: string, chromium: string): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "tranche-pictures-"));
  const running = await serve(readConfig({ PORT: "0", TRANCHE_HOME: home }), { quiet: true });
  const browser = await startChromium(chromium);
  try {
    const page = await (await browser.newContext({ viewport: { width: 1200, height: 1500 }, colorScheme: "light" })).newPage();
    const click = (name: string | RegExp) => page.getByRole("button", { name, exact: true }).click();
    await page.goto(running.url);
    await click("Make a project");
    await page.getByText("Make a project: done.").waitFor();
    for (const name of ["Pay with the standard form", /^Pay NGN/, "Pay successfully", "Seller: Deliver"]) await click(name);
    await page.locator("#title", { hasText: "Delivered" }).waitFor();
    await page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)");
    mkdirSync(dirname(path), { recursive: true });
    await page.screenshot({ path });
  } finally {
    await browser.close();
    await running.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

const chromium = findChromium();
if (chromium === undefined) console.log("There is no Chromium to take pictures with.");
else await photographDemo(join(import.meta.dirname, "../docs/pictures/demo.png"), chromium);
