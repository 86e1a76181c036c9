import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../tools/chromium.ts";
import { startChromium } from "../../tools/page-gallery.ts";
import type { Running } from "../src/commands/serve.ts";
import { serve } from "../src/commands/serve.ts";
import { readConfig } from "../src/config.ts";
import { must } from "../src/domain/fault.ts";
import type { Seeded } from "../src/sandbox/seed.ts";
import type { TestDatabase } from "./setup/database.ts";
import { testDatabase } from "./setup/database.ts";
import { byKeyboard, newestLink, startInspector, startPerson, startShop } from "./setup/walk-in-browser.ts";

const chromium = findChromium();
const skipped = chromium === undefined ? " (skipped: there is no Chromium)" : "";
// Where to put pictures of all pages, to look at.
const pictures = process.env["TRANCHE_PICTURES"];
const patience = 180_000;
const buyerMail = "shopper@demo.tranche.test";

describe.skipIf(chromium === undefined)(`people at a browser${skipped}`, () => {
  let browser: Browser;
  let database: TestDatabase;
  let home: string;
  let running: Running;
  let people: Seeded;
  let shop: Awaited<ReturnType<typeof startShop>>;
  let inspector: Awaited<ReturnType<typeof startInspector>>;
  const known = new Set<string>();
  let shopOrders = 500;

  beforeAll(async () => {
    database = await testDatabase();
    home = mkdtempSync(join(tmpdir(), "tranche-browser-"));
    const config = readConfig({
      PORT: "0",
      TRANCHE_HOME: home,
      DATABASE_URL: database.ownerUrl,
      TRANCHE_LIMIT_PER_ADDRESS: "100000",
      TRANCHE_HOLD_RULING_SANDBOX: "PT24H",
    });
    running = await serve(config, { quiet: true });
    people = JSON.parse(readFileSync(join(home, "sandbox.json"), "utf8")) as Seeded;
    shop = await startShop(running.url);
    browser = await startChromium(chromium ?? "");
    inspector = await startInspector(browser, pictures);
  }, patience);
  afterAll(async () => {
    await inspector?.close();
    await browser?.close();
    await shop?.close();
    await running?.stop();
    await database?.drop();
    if (home !== undefined) rmSync(home, { recursive: true, force: true });
  }, patience);

  const seller = () => must(people.sellers[0], "the seller");
  const fillCart = (change: Record<string, string> = {}) => {
    shopOrders += 1;
    shop.offer({
      token: seller().public_key,
      email: buyerMail,
      phone_number: "+2348031112222",
      currency: "NGN",
      amount: "400000",
      type: "1",
      customer_firstname: "Ngozi",
      customer_lastname: "Bello",
      order_product_id: String(shopOrders),
      order_product_name: "A chair of oak",
      order_product_desc: "With arms",
      delivery_date: "2026-12-01 10:00:00",
      delivery_location: "Gombe, NG",
      callback_url: `${shop.url}/thanks`,
      ...change,
    });
  };
  /** Presses a button or follows a link by what it says, and waits for the page it leads to. */
  const press = async (page: Page, text: string | RegExp) => {
    const one = page
      .getByRole("button", { name: text })
      .or(page.getByRole("link", { name: text }))
      .first();
    await Promise.all([page.waitForEvent("framenavigated"), one.click()]);
    await page.waitForLoadState();
  };
  const orderIn = (page: Page) => must(new URL(page.url()).searchParams.get("order"), `an order in ${page.url()}`);
  const link = (to: string) => newestLink(running.url, to, known);
  const pay = async (page: Page, change: Record<string, string> = {}) => {
    fillCart(change);
    await page.goto(`${shop.url}/cart`);
    await press(page, "Pay with escrow");
    await press(page, /^Pay NGN/);
    await press(page, "Pay successfully");
    await page.waitForURL(`${shop.url}/thanks?**`);
    return orderIn(page);
  };
  const signIn = async (page: Page, kind: "seller" | "operator") => {
    const account = kind === "seller" ? seller() : people.operator;
    await page.goto(`${running.url}/${kind}`);
    await page.getByLabel("E-mail").fill(account.email);
    await page.getByLabel("Password").fill(account.password);
    await press(page, "Sign in");
    expect(page.url()).toBe(`${running.url}/${kind}`);
  };
  const text = async (page: Page) => (await page.locator("main").innerText()).replace(/\s+/g, " ");

  test(
    "by keyboard alone and without scripts a person pays, and is back in the shop with the order",
    async () => {
      const { page, complaints, close } = await startPerson(browser);
      fillCart();
      await page.goto(`${shop.url}/cart`);
      await byKeyboard(page, "Pay with escrow");
      await inspector.look(page, "checkout");
      await byKeyboard(page, "Pay NGN 4,500.00");
      await inspector.look(page, "rail");
      await byKeyboard(page, "Pay successfully");
      await page.waitForURL(`${shop.url}/thanks?**`);
      expect(page.url()).toBe(`${shop.url}/thanks?product=${shopOrders}&order=${orderIn(page)}`);
      expect(complaints).toEqual([]);
      await close();
    },
    patience,
  );

  test(
    "a shop at https gets its browser back too: the content policy lets a payment lead there",
    async () => {
      for (const scripts of [false, true]) {
        const { page, complaints, close } = await startPerson(browser, { scripts });
        fillCart({ callback_url: "https://shop.example.ng/thanks" });
        await page.goto(`${shop.url}/cart`);
        await press(page, "Pay with escrow");
        await press(page, /^Pay NGN/);
        // The shop is not there; that the browser asks for it is what a content policy would have stopped.
        const asked = page.waitForRequest(/^https:\/\/shop\.example\.ng\/thanks\?/);
        await press(page, "Pay successfully").catch(() => undefined);
        expect(new URL((await asked).url()).searchParams.get("order")).toMatch(/^\d+$/);
        expect(complaints.filter((one) => one.includes("Content Security Policy"))).toEqual([]);
        await close();
      }
    },
    patience,
  );

  test(
    "contacts are mended in place, a declined card leads back, and a pending payment says not to pay twice",
    async () => {
      const { page, complaints, close } = await startPerson(browser);
      fillCart();
      await page.goto(`${shop.url}/cart`);
      await press(page, "Pay with escrow");
      await page.getByLabel("Your e-mail").fill("nobody");
      await press(page, /^Pay NGN/);
      await inspector.look(page, "checkout-wrong");
      expect(await text(page)).toContain("Something needs mending");
      await page.getByLabel("Your e-mail").fill(buyerMail);
      await press(page, /^Pay NGN/);
      await press(page, "Decline");
      await page.getByRole("button", { name: /^Pay NGN/ }).waitFor();
      await inspector.look(page, "checkout-after-decline");
      await press(page, /^Pay NGN/);
      await press(page, "Pending only");
      await page.getByText("Do not pay a second time").waitFor();
      await inspector.look(page, "pending");
      expect(complaints.filter((one) => !one.includes("422"))).toEqual([]);
      await close();
    },
    patience,
  );

  test(
    "the whole life: paid, delivered on the seller's page, accepted by the link from the letter",
    async () => {
      const [buyer, shopkeeper] = [await startPerson(browser), await startPerson(browser)];
      const id = await pay(buyer.page);
      await buyer.page.goto(await link(buyerMail));
      await inspector.look(buyer.page, "buyer-funded");
      await signIn(shopkeeper.page, "seller");
      await inspector.look(shopkeeper.page, "seller-orders");
      await shopkeeper.page.goto(`${running.url}/seller/orders/${id}`);
      await inspector.look(shopkeeper.page, "seller-funded");
      await press(shopkeeper.page, "It is delivered");
      await inspector.look(shopkeeper.page, "seller-delivered");
      await buyer.page.goto(await link(buyerMail));
      await inspector.look(buyer.page, "buyer-delivered");
      await press(buyer.page, "Accept and pay the seller");
      await inspector.look(buyer.page, "buyer-accepted");
      expect(await text(buyer.page)).toContain("NGN 3,832.50");
      await shopkeeper.page.goto(`${running.url}/seller/orders/${id}`);
      expect(await text(shopkeeper.page)).toContain("NGN 3,832.50");
      await inspector.look(shopkeeper.page, "seller-completed");
      for (const path of ["keys", "settings"]) {
        await shopkeeper.page.goto(`${running.url}/seller/${path}`);
        await inspector.look(shopkeeper.page, `seller-${path}`);
      }
      expect([...buyer.complaints, ...shopkeeper.complaints]).toEqual([]);
      await buyer.close();
      await shopkeeper.close();
    },
    patience,
  );

  test(
    "rejected with a reason, delivered once more, rejected again, contested, and ruled by the operator with a preview",
    async () => {
      const [buyer, shopkeeper, judge] = [await startPerson(browser), await startPerson(browser), await startPerson(browser)];
      const id = await pay(buyer.page, { amount: "400000", email: "picky@demo.tranche.test" });
      const picky = () => link("picky@demo.tranche.test");
      const reject = async (comment: string) => {
        await buyer.page.goto(await picky());
        await press(buyer.page, "Reject the delivery");
        expect(await text(buyer.page)).toContain("Something needs mending");
        await buyer.page.getByLabel("Why?").selectOption("damaged");
        await buyer.page.getByLabel("What is wrong? (optional)").fill(comment);
        await press(buyer.page, "Reject the delivery");
      };
      await signIn(shopkeeper.page, "seller");
      await shopkeeper.page.goto(`${running.url}/seller/orders/${id}`);
      await picky();
      await press(shopkeeper.page, "It is delivered");
      await reject("One leg is loose");
      await inspector.look(buyer.page, "buyer-rejected");
      await shopkeeper.page.goto(`${running.url}/seller/orders/${id}`);
      await inspector.look(shopkeeper.page, "seller-rejected");
      await press(shopkeeper.page, "Offer a second delivery");
      await buyer.page.goto(await picky());
      await inspector.look(buyer.page, "buyer-offered");
      await press(buyer.page, "Accept the second delivery");
      await shopkeeper.page.goto(`${running.url}/seller/orders/${id}`);
      await press(shopkeeper.page, "It is delivered");
      await reject("Still loose");
      await shopkeeper.page.goto(`${running.url}/seller/orders/${id}`);
      await shopkeeper.page
        .locator("form", { has: shopkeeper.page.getByRole("button", { name: "Contest the rejection" }) })
        .getByLabel("Comment (optional)")
        .fill("It was fine when it left");
      await press(shopkeeper.page, "Contest the rejection");
      await shopkeeper.page.getByLabel(/How much the buyer/).fill("2,000");
      await press(shopkeeper.page, "Show who gets what");
      await inspector.look(shopkeeper.page, "seller-split");
      await press(shopkeeper.page, "Make this offer");
      await press(shopkeeper.page, "Hand it to the operator");

      await signIn(judge.page, "operator");
      await inspector.look(judge.page, "operator");
      await judge.page.locator(`a[href$="/${id}"]`).first().click();
      await inspector.look(judge.page, "operator-dispute");
      for (const said of ["One leg is loose", "Still loose", "It was fine when it left"]) expect(await text(judge.page)).toContain(said);
      await judge.page.getByLabel("Amount for the buyer, before fees").fill("2000");
      await press(judge.page, "Show who gets what");
      expect(await text(judge.page)).toContain("NGN 2,129.16");
      await inspector.look(judge.page, "operator-preview");
      await press(judge.page, "Rule so");
      await inspector.look(judge.page, "operator-ruled");
      await buyer.page.goto(await picky());
      expect(await text(buyer.page)).toContain("NGN 2,000.00");
      await inspector.look(buyer.page, "buyer-resolved");
      expect([...shopkeeper.complaints, ...judge.complaints]).toEqual([]);
      for (const person of [buyer, shopkeeper, judge]) await person.close();
    },
    patience,
  );

  test(
    "a link that has ended, a wrong address, and a shop order that was paid say in words what to do",
    async () => {
      const { page, close } = await startPerson(browser);
      await page.goto(must([...known][0], "the first link"));
      await inspector.look(page, "link-ended");
      await press(page, "Send me a fresh link");
      await inspector.look(page, "link-fresh");
      await page.goto(`${running.url}/nowhere`);
      await inspector.look(page, "nowhere");
      await pay(page, { email: "twice@demo.tranche.test" });
      await page.goto(`${shop.url}/cart`);
      await press(page, "Pay with escrow");
      await inspector.look(page, "pay-again");
      expect(await text(page)).toContain("This may be a second payment");
      await press(page, "It is another one");
      expect(await text(page)).toContain("Pay into escrow");
      await page.goto(`${shop.url}/cart`);
      fillCart({ amount: "0" });
      await page.goto(`${shop.url}/cart`);
      await press(page, "Pay with escrow");
      await inspector.look(page, "form-refused");
      for (const kind of ["seller", "operator"]) {
        await page.goto(`${running.url}/${kind}/login`);
        await page.getByLabel("E-mail").fill("x@y.ng");
        await page.getByLabel("Password").fill("x");
        await press(page, "Sign in");
        await inspector.look(page, `${kind}-login-wrong`);
      }
      await close();
    },
    patience,
  );

  test("axe found nothing on any page that was visited, and none scrolls sideways at 360 pixels", () => {
    expect(inspector.seen.length).toBeGreaterThan(25);
    expect(inspector.wrong).toEqual([]);
  });
});
