import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../tools/chromium.ts";
import { startChromium } from "../../tools/page-gallery.ts";
import { buildServer } from "../src/http/app.ts";
import { demoShopPath } from "../src/http/demo-shop.ts";
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
    expect((await server.inject({ method: "POST", url: demoShopPath, payload: {} })).statusCode).toBe(404);
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
      if (then === "") await page.getByText(`${name}: done.`).waitFor();
      else await page.locator("#title", { hasText: then }).waitFor();
    };
    const beside = (button: string) => page.locator(".demo-step", { has: page.getByRole("button", { name: button, exact: true }) });
    const lineBeside = async (button: string) => {
      await beside(button).locator("summary").click();
      return beside(button).locator("pre").innerText();
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
      expect(await page.locator("#calls .call strong").allInnerTexts()).toEqual([
        "Buyer: Accept",
        "Seller: Deliver",
        "Pay with the standard form",
        "Make a project",
      ]);
      expect(await page.locator("#calls pre").first().innerText()).toMatch(/^curl -s 'http.*\/o\//);
      expect(await page.locator("#calls .answer").last().innerText()).toMatch(
        /^200\n\{\s+"status": "success",\s+"message": "project_created"/,
      );
      expect(await page.locator("#postings dd").count()).toBeGreaterThan(2);
      expect(said).toEqual([]);
    }, 90_000);

    test("the shop is told of each step: the panel shows what was sent, the try, and the answer of a shop that checked token and signature", async () => {
      const told = page.locator("#notifications details");
      await told.filter({ hasText: "Accepted" }).getByText("verified by the shop").waitFor();
      expect(await told.locator("summary").allInnerTexts()).toEqual([
        expect.stringMatching(/^Accepted: .*verified by the shop$/),
        expect.stringMatching(/^Delivered: Order is marked completed\s*verified by the shop$/),
      ]);
      await told.last().locator("summary").click();
      const answer: unknown = JSON.parse(await told.last().locator(".answer").innerText());
      expect(answer).toMatchObject({ received: true, status: "Delivered", token: "fits", signature: "fits" });
      expect(await told.last().locator("pre").last().innerText()).toContain('"amount_payed": 450000');
      expect(await told.last().innerText()).toContain("200");
      await page.locator("#letters summary").first().click();
      expect(await page.locator("#letters .pre").first().innerText()).toMatch(/\/o\/[\w-]+/);
    });

    test("a line copied from beside a button does what the button does, and the page shows it without a reload", async () => {
      await page.getByLabel("Milestone", { exact: true }).fill("Windows");
      await payMilestone("Pay with the standard form");
      await page.evaluate("window.stayed = true");
      const calls = await page.locator("#calls .call").count();
      for (const [button, then] of [
        ["Seller: Deliver", "Delivered"],
        ["Buyer: Reject", "Rejected"],
        ["Seller: Contest the rejection", "Contested"],
        ["Buyer: Hand it to the operator", "In dispute"],
        ["Operator: Decide the dispute", "Completed"],
      ] as const) {
        // The server answers from this same process, so it must not be blocked.
        await promisify(execFile)("bash", ["-euo", "pipefail", "-c", await lineBeside(button)], { timeout: 10_000 });
        await page.locator("#title", { hasText: then }).waitFor();
      }
      expect(await page.evaluate("window.stayed")).toBe(true);
      expect(await page.locator("#calls .call").count()).toBe(calls);
    }, 90_000);

    test("a service provider is registered and chosen, and gets the price less what the seller keeps", async () => {
      await click("Make a project", "");
      await page.getByRole("button", { name: "Register a mason", exact: true }).click();
      await page.getByText("Register a mason: done.").waitFor();
      expect(await page.getByLabel("Who does the work?").locator("option:checked").innerText()).toMatch(/^Musa Bello/);
      await page.getByLabel("The seller keeps (%)").fill("25");
      await page.getByLabel("Milestone", { exact: true }).fill("Chimney");
      await payMilestone("Pay with the inline script");
      await click("Seller: Deliver", "Delivered");
      await click("Buyer: Accept", "Completed");
      const payouts = await page.locator("#state .facts > div", { hasText: "Payout to" }).allInnerTexts();
      expect(payouts.map((one) => one.replaceAll(/\s+/g, " "))).toEqual([
        expect.stringMatching(/^Payout to the (seller|service provider Musa Bello) NGN [\d,.]+: succeeded$/),
        expect.stringMatching(/^Payout to the (seller|service provider Musa Bello) NGN [\d,.]+: succeeded$/),
      ]);
      const paid = payouts.map((one) => Number(/NGN ([\d,.]+)/.exec(one)?.[1]?.replaceAll(",", ""))).toSorted((a, b) => a - b);
      // Three quarters and a quarter of 3,782.50, to the kobo.
      expect((paid[0] ?? 0) + (paid[1] ?? 0)).toBe(3782.5);
      expect(paid[1]).toBe(2836.87);
    }, 90_000);

    test("milestones stand side by side: the live one blocks the next and says what frees it; a visitor goes from one to the other", async () => {
      await page.getByLabel("Milestone", { exact: true }).fill("Attic");
      await payMilestone("Pay with the standard form");
      const project = page.locator("#projects > li.chosen");
      expect(await project.locator(".milestones a").count()).toBe(2);
      expect(await project.locator(".milestones a.live").innerText()).toContain("Attic");
      expect(await project.locator(".hint").innerText()).toMatch(/^The next milestone waits\. Milestone 2 \(order \d+\) is funded: /);
      expect(await page.locator("#standard").isDisabled()).toBe(true);
      await project.getByRole("link", { name: /Chimney/ }).click();
      await page.locator("#title", { hasText: "Completed" }).waitFor();
      await page.goBack();
      await page.locator("#title", { hasText: "Paid into escrow" }).waitFor();
    }, 60_000);

    test("the buyer's bank opens a chargeback and takes the money; another time the seller wins", async () => {
      await click("Bank: Open a chargeback", "Paid into escrow");
      await page.getByText("None: a chargeback stops the clock.").waitFor();
      await look("chargeback");
      await page.getByRole("button", { name: "Bank: Chargeback won by the seller", exact: true }).click();
      await page
        .getByText(/if nobody acts, the buyer gets the money back/)
        .first()
        .waitFor();
      await click("Bank: Open a chargeback", "Paid into escrow");
      await page.getByRole("button", { name: "Bank: Chargeback lost", exact: true }).click();
      await page.locator("#title", { hasText: /Taken back by the buyer’s bank|Completed/ }).waitFor();
      expect(said).toEqual([]);
    }, 60_000);

    test("what goes wrong is said with its reason, and what to do", async () => {
      await page.goto(`${tranche.url}/?order=999999`);
      await page.getByText("The demo seller has no such order. Choose another below, or make a project.").waitFor();
      said.length = 0;
    });

    test("a second delivery is offered and agreed to, then a split; the buttons ask for what they need", async () => {
      await click("Make a project", "");
      await page.getByLabel("Milestone", { exact: true }).fill("Stairs");
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
      await page.getByLabel("Milestone", { exact: true }).fill("Walls");
      await payMilestone("Pay with the inline script");
      await click("Seller: Deliver", "Delivered");
      await click("Buyer: Reject", "Rejected");
      await click("Seller: Contest the rejection", "Contested");
      await click("Buyer: Hand it to the operator", "In dispute");
      await page.getByRole("button", { name: "Operator: Decide the dispute", exact: true }).click();
      await page.locator("#title", { hasText: /Dispute resolved|Completed/ }).waitFor();
      await page.getByLabel("Milestone", { exact: true }).fill("Roof");
      await page.getByRole("button", { name: "Make a project", exact: true }).click();
      await page.getByText("Make a project: done.").waitFor();
      await payMilestone("Pay with the standard form");
      await click("Move the clock to the next deadline", "Completed");
      expect(said).toEqual([]);
    }, 90_000);
  },
);
