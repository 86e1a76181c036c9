import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../tools/chromium.ts";
import { startChromium } from "../../tools/page-gallery.ts";
import type { LiveShop, LiveTranche } from "./setup/live-shop.ts";
import { startLiveShop, startTranche } from "./setup/live-shop.ts";

// A shop's page of another origin with the inline script, in a browser, to the end and back.

const chromium = findChromium();
const skipped = chromium === undefined ? " (skipped: there is no Chromium)" : "";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const runAxe = `axe.run("dialog").then((result) => result.violations.map((one) => one.id + ": " + one.nodes.map((node) => node.html).join(" | ")))`;

describe.skipIf(chromium === undefined)(`the inline script in a browser${skipped}`, () => {
  let browser: Browser;
  let tranche: LiveTranche;
  let shop: LiveShop;
  let page: Page;
  const said: string[] = [];

  beforeAll(async () => {
    tranche = await startTranche();
    shop = await startLiveShop(tranche);
    browser = await startChromium(chromium ?? "");
    page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (error) => said.push(error.message));
    page.on("console", (message) => void (message.type() === "error" && said.push(message.text())));
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await shop?.close();
    await tranche?.close();
  });

  /** A cart as the shop plugin makes it. `before` stands in the page's head, before the script. */
  const cart = (change: Readonly<Record<string, unknown>> = {}, how: { before?: string; key?: string; script?: string } = {}) => {
    const options = {
      type: 1,
      currency: "NGN",
      amount: 1998.9999999999998 * 100,
      amount_fx: "1999",
      customer_firstname: "Ngozi",
      customer_lastname: "Bello",
      recipient: "+2348031234567",
      order_product_id: "0061",
      order_product_name: `<b>Chair</b> & table`,
      order_product_desc: "<p>Made of oak</p>",
      delivery_date: "2026-11-22 08:10:02",
      delivery_location: "    NG ",
      sp_id: null,
      sp_commission: null,
      callback_url: `${shop.url}/thanks`,
      platform: "Woocommerce",
      products: [{ name: "Chair", quantity: 1, price: "1999", product_id: 17, product_type: "physical", shipping: "yes" }],
      ...change,
    };
    const json = JSON.stringify(options).replaceAll("<", "\\u003c");
    shop.sells(`<!doctype html><html lang="en"><head><title>Shop</title>${how.before ?? ""}
<link rel="stylesheet" href="${tranche.url}/assets/trustpay.inline.min.css">
<script src="${tranche.url}/assets/${how.script ?? "test/"}trustpay.inline.min.js"></script></head>
<body><h1>Your cart</h1><button id="pay">Pay with escrow</button>
<script>document.getElementById("pay").onclick = () => {
  const handler = TrustPay.setup(new Merchant({ api_key: "${how.key ?? tranche.keys.publicKey}" }));
  handler.initialize("shopper@demo.tranche.test", "08031112222", Object.assign(${json}, { is_marketplace: undefined }));
};</script></body></html>`);
  };
  const openDialog = async () => {
    await page.goto(`${shop.url}/cart`);
    await page.getByRole("button", { name: "Pay with escrow" }).click();
    return page.getByRole("dialog", { name: "Pay into escrow" });
  };
  const orders = async () =>
    (await tranche.database.pool.query<{ n: bigint }>("SELECT count(*) AS n FROM orders WHERE funded_at IS NOT NULL")).rows[0]?.n;

  test("from the shop's page through dialog, escrow page and rail back to the shop, where the order is readable at once", async () => {
    cart();
    const dialog = await openDialog();
    await dialog.getByRole("button", { name: "Proceed to the escrow page" }).waitFor();
    const words = await dialog.getByRole("status").innerText();
    expect(words).toContain("order 0061: <b>Chair</b> & table");
    expect(words).toContain("NGN 2,499.00");
    const terms = page.frameLocator('iframe[title="What you pay and agree to"]');
    await terms.getByRole("rowheader", { name: "Total deposit" }).waitFor();
    expect(await terms.getByRole("heading", { name: "What you agree to" }).isVisible()).toBe(true);
    expect(await terms.locator("button, input, form, a").count()).toBe(0);
    const pictures = process.env["TRANCHE_PICTURES"];
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, "inline-dialog.png") });
    await page.evaluate(axe);
    expect(await page.evaluate<string[]>(runAxe)).toEqual([]);
    expect(await page.evaluate<string>("document.activeElement.textContent")).toBe("Proceed to the escrow page");

    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Pay into escrow", level: 1 }).waitFor();
    expect(new URL(page.url()).origin).toBe(tranche.url);
    expect(await page.evaluate<boolean>("window.top === window")).toBe(true);
    await page.getByRole("button", { name: /^Pay NGN/ }).click();
    await page.getByRole("button", { name: "Pay successfully" }).click();
    await page.getByRole("heading", { name: "Thank you" }).waitFor();

    const [back] = shop.back;
    expect([shop.back.length, back?.method, Object.keys(back?.query ?? {})]).toEqual([1, "GET", ["product", "order"]]);
    expect(back?.query["product"]).toBe("0061");
    expect(back?.order.status).toBe("success");
    expect(back?.order.data).toMatchObject({
      id: Number(back?.query["order"]),
      product_id: "0061",
      amount_payed: 249_900,
      status: { title: "Pending" },
    });
    expect(said).toEqual([]);
  }, 60_000);

  test("Cancel and Escape just close; the shop's page stays, nothing was paid, and paying can be opened again", async () => {
    cart({ order_product_id: "62" });
    const before = await orders();
    const dialog = await openDialog();
    for (const close of [() => dialog.getByRole("button", { name: "Cancel" }).click(), () => page.keyboard.press("Escape")]) {
      await dialog.getByRole("button", { name: "Proceed to the escrow page" }).waitFor();
      await close();
      await dialog.waitFor({ state: "detached" });
      expect(page.url()).toBe(`${shop.url}/cart`);
      expect(await page.evaluate<string>("document.activeElement.id")).toBe("pay");
      await page.getByRole("button", { name: "Pay with escrow" }).click();
    }
    expect(await orders()).toBe(before);
  });

  test("a refusal is said in the dialog and leads nowhere", async () => {
    cart({ order_product_id: "63", currency: "GBP", amount_fx: "19.99" });
    const dialog = await openDialog();
    await dialog.getByText("no rate for GBP").waitFor();
    expect(await dialog.getByRole("button").allInnerTexts()).toEqual(["Cancel"]);
    cart({ order_product_id: "63" }, { key: "0".repeat(32) });
    await (await openDialog()).getByText("Invalid authtoken. Does not match any record.").waitFor();
  });

  test("a server that cannot be reached is said, and asking again is offered", async () => {
    cart({ order_product_id: "64" });
    await page.route("**/pay/inline", (route) => route.abort());
    const dialog = await openDialog();
    await dialog.getByText("could not be reached. Nothing was paid.").waitFor();
    await page.unroute("**/pay/inline");
    await dialog.getByRole("button", { name: "Try again" }).click();
    await dialog.getByRole("button", { name: "Proceed to the escrow page" }).waitFor();
  });

  test("a shop order paid a moment ago is paid again only when the buyer asks for it", async () => {
    cart();
    const dialog = await openDialog();
    await dialog.getByRole("button", { name: "Pay another one" }).click();
    await dialog.getByRole("button", { name: "Proceed to the escrow page" }).waitFor();
  });

  test("the script at the live path is the same, and jQuery on the page is left alone", async () => {
    const jQuery = "<script>window.jQuery = window.$ = function () { throw new Error('not to be called'); };</script>";
    cart({ order_product_id: "65" }, { before: jQuery, script: "" });
    const dialog = await openDialog();
    await dialog.getByText("NGN 2,499.00").waitFor();
    await dialog.getByRole("button", { name: "Proceed to the escrow page" }).click();
    await page.getByRole("heading", { name: "Pay into escrow", level: 1 }).waitFor();
  });

  test("in a frame of the shop's the escrow page still opens at the top of the window", async () => {
    cart({ order_product_id: "66" });
    const inner = `${shop.url}/cart`;
    await page.goto(`${shop.url}/blank`);
    await page.setContent(
      `<!doctype html><html lang="en"><title>Outer</title><iframe title="shop" src="${inner}" width="600" height="500"></iframe>`,
    );
    const frame = page.frameLocator("iframe");
    await frame.getByRole("button", { name: "Pay with escrow" }).click();
    await frame.getByRole("button", { name: "Proceed to the escrow page" }).click();
    await page.getByRole("heading", { name: "Pay into escrow", level: 1 }).waitFor();
    expect(new URL(page.url()).origin).toBe(tranche.url);
  });
});
