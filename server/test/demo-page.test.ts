import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../tools/chromium.ts";
import { startChromium } from "../../tools/page-gallery.ts";
import { buildServer } from "../src/http/app.ts";
import { httpWorld } from "./setup/http-world.ts";
import type { LiveTranche } from "./setup/live-shop.ts";
import { startTranche } from "./setup/live-shop.ts";

const chromium = findChromium();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const runAxe = `axe.run().then((result) => result.violations.map((one) => one.id + ": " + one.nodes.map((node) => node.html).join(" | ")))`;

test("a live installation has no demo page, no script of it and nothing to read for it", async () => {
  const world = await httpWorld();
  try {
    const { bodyLimit, trustProxy, limit } = world.config;
    const server = await buildServer(
      { ...world.app, mode: "live", sandbox: undefined },
      { bodyLimit, trustProxy, ...limit, logger: undefined },
    );
    for (const url of ["/", "/assets/demo.js", "/sandbox/demo/state?order=1"]) expect((await server.inject(url)).statusCode).toBe(404);
    await server.close();
  } finally {
    await world.close();
  }
});

describe.skipIf(chromium === undefined)(
  `the demo page in a browser${chromium === undefined ? " (skipped: there is no Chromium)" : ""}`,
  () => {
    let browser: Browser;
    let tranche: LiveTranche;
    let page: Page;
    const said: string[] = [];
    beforeAll(async () => {
      tranche = await startTranche();
      browser = await startChromium(chromium ?? "");
      page = await (await browser.newContext({ viewport: { width: 360, height: 800 } })).newPage();
      page.setDefaultTimeout(15_000);
      page.on("pageerror", (error) => said.push(error.message));
      page.on("console", (message) => void (message.type() === "error" && said.push(message.text())));
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      await tranche?.close();
    });

    const look = async (name: string) => {
      await page.evaluate(axe);
      expect(await page.evaluate<string[]>(runAxe)).toEqual([]);
      expect(await page.evaluate<boolean>("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
      const pictures = process.env["TRANCHE_PICTURES"];
      if (pictures === undefined) return;
      for (const width of [1200, 360]) {
        await page.setViewportSize({ width, height: 800 });
        await page.screenshot({ path: join(pictures, `demo-${name}-${width}.png`), fullPage: true });
      }
    };
    const payMilestone = async (button: string) => {
      await page.getByRole("button", { name: button, exact: true }).click();
      if (button.includes("inline")) await page.getByRole("button", { name: "Proceed to the escrow page" }).click();
      await page.getByRole("button", { name: /^Pay NGN/ }).click();
      await page.getByRole("button", { name: "Pay successfully" }).click();
      await page.getByRole("heading", { name: "A marketplace in miniature" }).waitFor();
      await page.locator("#title", { hasText: "Paid into escrow" }).waitFor();
    };
    const click = async (name: string, then: string) => {
      await page.getByRole("button", { name, exact: true }).click();
      await page.locator("#title", { hasText: then }).waitFor();
    };

    test("clicks a milestone from project to completed, with every call as curl", async () => {
      await page.goto(tranche.url);
      await look("start");
      await page.getByRole("button", { name: "Make a project", exact: true }).click();
      await page.getByText("Make a project: done.").waitFor();
      await payMilestone("Pay with the standard form");
      await look("paid");
      await click("Seller: Deliver", "Delivered");
      await look("delivered");
      await click("Buyer: Accept", "Completed");
      await look("completed");
      expect(await page.locator("#calls pre").allInnerTexts()).toHaveLength(4);
      expect(await page.locator("#calls pre").first().innerText()).toMatch(/^curl -s 'http.*\/o\//);
      expect(await page.locator("#postings dd").count()).toBeGreaterThan(2);
      expect(said).toEqual([]);
    }, 90_000);

    test("a second delivery is offered and agreed to, then a split; the buttons ask for what they need", async () => {
      await page.getByLabel("Milestone").fill("Stairs");
      await payMilestone("Pay with the standard form");
      await click("Seller: Deliver", "Delivered");
      await click("Buyer: Reject", "Rejected");
      await click("Seller: Offer a second delivery", "Rejected");
      await click("Buyer: Agree to the second delivery", "A second delivery is due");
      await click("Seller: Deliver", "Delivered");
      await page.getByLabel("Of a split or a ruling, the buyer gets (NGN)").fill("1,500.00");
      await click("Buyer: Offer a split", "Delivered");
      await page.getByRole("button", { name: "Seller: Agree to the split", exact: true }).click();
      await page.locator("#title", { hasText: /Dispute resolved|Completed/ }).waitFor();
      expect(said).toEqual([]);
    }, 90_000);

    test("a milestone paid inline, rejected, contested and decided by the operator; silence ends another by the clock", async () => {
      await page.getByLabel("Milestone").fill("Walls");
      await payMilestone("Pay with the inline script");
      await click("Seller: Deliver", "Delivered");
      await click("Buyer: Reject", "Rejected");
      await click("Seller: Contest the rejection", "Contested");
      await click("Buyer: Hand it to the operator", "In dispute");
      await page.getByRole("button", { name: "Operator: Decide the dispute", exact: true }).click();
      await page.locator("#title", { hasText: /Dispute resolved|Completed/ }).waitFor();
      await page.getByLabel("Milestone").fill("Roof");
      await page.getByRole("button", { name: "Make a project", exact: true }).click();
      await page.getByText("Make a project: done.").waitFor();
      await payMilestone("Pay with the standard form");
      await click("Move the clock to the next deadline", "Completed");
      expect(said).toEqual([]);
    }, 90_000);
  },
);
