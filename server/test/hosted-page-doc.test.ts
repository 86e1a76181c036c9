import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../tools/chromium.ts";
import { startChromium } from "../../tools/page-gallery.ts";
import { signCheckout } from "../src/atarapay/tokens.ts";
import { freePort } from "../src/db/embedded-process.ts";
import { must } from "../src/domain/fault.ts";
import { blocksOf } from "./setup/doc-blocks.ts";
import type { LiveShop, LiveTranche } from "./setup/live-shop.ts";
import { startLiveShop, startTranche } from "./setup/live-shop.ts";
import { root, start, stop } from "./setup/program.ts";

// The examples of docs/hosted-page.md do what the page says, as they stand there.

const text = readFileSync(join(root, "docs", "hosted-page.md"), "utf8");
const blocks = blocksOf("hosted-page.md");
const example = (kind: string, holds: string) =>
  must(
    blocks.find((block) => block.kind === kind && block.body.includes(holds)),
    `an example with ${holds}`,
  ).body;

const chromium = findChromium();
const skipped = chromium === undefined ? " (skipped: there is no Chromium)" : "";

test("every example is run below or says that it is a fragment", () => {
  expect(blocks.map(({ kind, fragment }) => (fragment ? `${kind} fragment` : kind))).toEqual([
    "html",
    "html",
    "js",
    "kotlin fragment",
    "swift fragment",
  ]);
});

test("the signature that the page names is the one of its form", () => {
  const form = { amount: "400000", currency: "NGN", order_product_id: "1502", callback_url: "http://127.0.0.1:8080/thanks" };
  expect(text).toContain(`\`${signCheckout("PKp6z3jTcLeQNc1h3u9e0ffX77NY91adE12", form)}\``);
});

describe.skipIf(chromium === undefined)(`the examples in a browser${skipped}`, () => {
  let browser: Browser;
  let tranche: LiveTranche;
  let shop: LiveShop;
  let page: Page;
  beforeAll(async () => {
    tranche = await startTranche();
    shop = await startLiveShop(tranche);
    browser = await startChromium(chromium ?? "");
    page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(15_000);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await shop?.close();
    await tranche?.close();
  });

  /** The example with this test's hosts and key in the places of the page's. */
  const here = (code: string) =>
    code
      .replaceAll("http://127.0.0.1:4000", tranche.url)
      .replaceAll("http://127.0.0.1:8080", shop.url)
      .replaceAll("YOUR_PUBLIC_KEY", tranche.keys.publicKey);
  const pay = async () => {
    await page.getByRole("button", { name: /^Pay NGN/ }).click();
    await page.getByRole("button", { name: "Pay successfully" }).click();
  };

  test("the form leads to the hosted page, and back to the shop with a paid order", async () => {
    shop.sells(here(example("html", "<form")));
    await page.goto(`${shop.url}/cart`);
    await page.getByRole("button", { name: "Pay with escrow" }).click();
    await pay();
    await page.getByRole("heading", { name: "Thank you" }).waitFor();
    expect(shop.back.at(-1)).toMatchObject({
      method: "GET",
      query: { product: "1500" },
      order: { data: { product_id: "1500", amount_payed: 450_000 } },
    });
  }, 60_000);

  test("the script leads there too", async () => {
    shop.sells(here(example("html", "TrustPay")));
    await page.goto(`${shop.url}/cart`);
    await page.getByRole("button", { name: "Pay with escrow" }).click();
    await page.getByRole("button", { name: "Proceed to the escrow page" }).click();
    await pay();
    await page.getByRole("heading", { name: "Thank you" }).waitFor();
    expect(shop.back.at(-1)).toMatchObject({ method: "GET", query: { product: "1501" }, order: { data: { product_id: "1501" } } });
  }, 60_000);

  test("the signed shop's form is taken as signed, a changed one is refused, and only a real return is believed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tranche-doc-"));
    const port = await freePort(0);
    writeFileSync(join(folder, "shop.mjs"), example("js", "signedForm"));
    const { publicKey, privateKey } = tranche.keys;
    const program = start(process.execPath, [join(folder, "shop.mjs")], {
      ESCROW_URL: tranche.url,
      PUBLIC_KEY: publicKey,
      PRIVATE_KEY: privateKey,
      PORT: String(port),
    });
    for (let waited = 0; !program.out().includes("The shop is at") && waited < 10_000; waited += 50) await sleep(50);
    const url = `http://127.0.0.1:${port}`;
    try {
      await page.goto(url);
      await page.evaluate(`document.querySelector("[name=amount]").value = "40000"`);
      await page.getByRole("button", { name: "Pay with escrow" }).click();
      await page.getByText("signature does not fit").waitFor();

      await page.goto(url);
      await page.getByRole("button", { name: "Pay with escrow" }).click();
      await page.getByText("Desk & chair").waitFor();
      expect(await page.getByText("without its signature").count()).toBe(0);
      await pay();
      await page.getByText("Paid into escrow. We ship.").waitFor();
      const back = new URL(page.url());
      expect([...back.searchParams.keys()]).toEqual(["product", "order", "signature"]);

      for (const [name, value] of [
        ["order", "1"],
        ["product", "1503"],
        ["signature", ""],
      ] as const) {
        const forged = new URL(back);
        forged.searchParams.set(name, value);
        expect(await (await fetch(forged)).text()).toBe("We know of no such payment.");
      }
    } finally {
      await stop(program);
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);
});
