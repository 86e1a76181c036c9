import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setSeller } from "../src/actions/sellers.ts";
import { must } from "../src/domain/fault.ts";
import { buildServer } from "../src/http/app.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";

// The inline integration as far as it needs no browser: the files, and the call that the script makes from a shop's page.

let world: HttpWorld;
beforeAll(async () => {
  world = await httpWorld();
  world.settings.rates = { USD: "410", EUR: "450.5", JPY: "2.75", BHD: "1090" };
});
afterAll(() => world.close());

let shopOrders = 61_000;
/** What AtaraPay's own shop plugin passes to `initialize`, with the types it has there. */
function options(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  shopOrders += 1;
  return {
    type: 1,
    currency: "NGN",
    amount: 249_899.99999999997,
    amount_fx: "2499.00",
    customer_firstname: "Ngozi",
    customer_lastname: "Bello",
    recipient: "+2348031234567",
    order_product_id: String(shopOrders),
    order_product_name: "A chair",
    order_product_desc: "<p>Made of <b>oak</b></p>",
    is_marketplace: undefined,
    delivery_date: "2026-11-22 08:10:02",
    delivery_location: "    NG ",
    sp_id: null,
    sp_commission: null,
    callback_url: "https://shop.example.ng/checkout/order-received/61",
    platform: "Woocommerce",
    products: [
      {
        name: "A chair",
        description: "",
        quantity: 1,
        price: "2499.00",
        weight: "",
        dimensions: "40 &times; 40 cm",
        sku: "",
        product_id: 17,
        product_type: "physical",
        shipping: "yes",
      },
    ],
    token: world.keysOf("business").public_key,
    email: "shopper@demo.tranche.test",
    phone_number: "08031112222",
    ...change,
  };
}

async function post(change: Readonly<Record<string, unknown>> = {}, headers: Readonly<Record<string, string>> = {}, server = world.server) {
  const payload = JSON.stringify(options(change));
  const response = await server.inject({
    method: "POST",
    url: "/pay/inline",
    payload,
    headers: { origin: "https://shop.example.ng", "content-type": "application/json", ...headers },
  });
  const body = response.json<{ status: string; message: string; redirect?: string; summary?: string; code?: string }>();
  return { status: response.statusCode, body, headers: response.headers };
}
const opened = async (change: Readonly<Record<string, unknown>> = {}) => {
  const { status, body } = await post(change);
  expect([status, body.status, body.message]).toEqual([200, "success", expect.any(String)]);
  const id = await world.orderOfShop(String(change["order_product_id"] ?? shopOrders));
  return { body, order: await world.order(id) };
};

describe("the files", () => {
  test("script and stylesheet are at the documented paths, small, readable and free to load from any shop", async () => {
    for (const [path, type] of [
      ["/assets/test/trustpay.inline.min.js", "text/javascript"],
      ["/assets/trustpay.inline.min.js", "text/javascript"],
      ["/assets/trustpay.inline.min.css", "text/css"],
    ] as const) {
      const file = await world.inject({ url: path });
      expect([path, file.statusCode, String(file.headers["content-type"])]).toEqual([path, 200, `${type}; charset=utf-8`]);
      expect(file.headers["cross-origin-resource-policy"]).toBe("cross-origin");
      expect(Buffer.byteLength(file.body)).toBeLessThan(3500);
      expect(file.body).not.toMatch(/jQuery|\$\(|innerHTML|eval/);
    }
  });
});

describe("the call of the script", () => {
  test("a browser may ask from any page, without cookies", async () => {
    const preflight = await world.inject({
      method: "OPTIONS",
      url: "/pay/inline",
      headers: {
        origin: "https://shop.example.ng",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
      },
    });
    expect([preflight.statusCode, preflight.headers["access-control-allow-origin"]]).toEqual([204, "*"]);
    expect([preflight.headers["access-control-allow-methods"], preflight.headers["access-control-allow-headers"]]).toEqual([
      "POST",
      "content-type",
    ]);
    for (const { headers } of [await post(), await post({ token: "nobody" })]) {
      expect([headers["access-control-allow-origin"], headers["access-control-allow-credentials"]]).toEqual(["*", undefined]);
    }
  });

  test("takes everything that the shop plugin passes, and keeps it as it came", async () => {
    const { body, order } = await opened();
    expect(body.redirect).toMatch(/^http:\/\/127\.0\.0\.1:4000\/pay\/[\w-]{20,}$/);
    expect(body.message).toContain(`order ${shopOrders}`);
    expect(body.message).toContain("NGN 2,999.00");
    expect(order).toMatchObject({ productCost: 249_900n, currency: "NGN", amountFx: null, conversionRatio: null, providerId: null });
    expect(order.details).toMatchObject({
      platform: "Woocommerce",
      deliveryLocation: "NG",
      callbackUrl: "https://shop.example.ng/checkout/order-received/61",
    });
    const { token: _token, ...raw } = JSON.parse(JSON.stringify({ ...options(), order_product_id: String(shopOrders - 1) })) as Record<
      string,
      unknown
    >;
    expect(order.details.raw).toEqual(raw);
  });

  test("a number of the shop's stays a text: leading zeros and more than 32 bits", async () => {
    for (const id of ["0061001", "90000000000"]) {
      const { order } = await opened({ order_product_id: id });
      expect([order.shopOrderId, order.details.raw["order_product_id"]]).toEqual([id, id]);
    }
    expect((await opened({ order_product_id: 7_000_061 })).order.shopOrderId).toBe("7000061");
  });

  test("service provider and share come as texts or as nothing", async () => {
    const values = {
      bank_code: "058",
      nip_bank_code: "000013",
      bank_name: "GTB",
      bank_account_number: "0123456789",
      bank_account_name: "Musa Bala",
    };
    const { id } = (await world.wire("/api/serviceprovider/create", values)).body.data as { id: number };
    expect((await opened({ sp_id: String(id), sp_commission: "80" })).order).toMatchObject({ providerId: id, share: 8000 });
    expect((await opened({ sp_id: undefined, sp_commission: "" })).order).toMatchObject({ providerId: null, share: null });
  });

  test("any currency with a rate is booked in naira, with rate and foreign amount kept", async () => {
    const cases = [
      { currency: "USD", amount_fx: "169.45", amount: 169.45 * 410 * 100, minor: 16_945n, ratio: "410.000000" },
      { currency: "EUR", amount_fx: "24.99", amount: 24.99 * 450.5 * 100, minor: 2499n, ratio: "450.500200" },
      { currency: "JPY", amount_fx: "12000", amount: 12_000 * 2.75 * 100, minor: 12_000n, ratio: "2.750000" },
      { currency: "BHD", amount_fx: "9.125", amount: 9.125 * 1090 * 100, minor: 9125n, ratio: "1090.000000" },
    ];
    for (const { minor, ratio, ...change } of cases) {
      const { order, body } = await opened(change);
      expect([order.currency, order.bookCurrency, order.amountFx, order.conversionRatio]).toEqual([change.currency, "NGN", minor, ratio]);
      expect(order.productCost).toBe(BigInt(Math.round(change.amount)));
      expect(body.message).toContain(change.currency);
    }
  });

  test("a currency without a rate, an unknown one, and an amount off the rate are refused clearly", async () => {
    for (const [change, says] of [
      [{ currency: "GBP", amount_fx: "10.00", amount: 500_000 }, "no rate for GBP"],
      [{ currency: "XXZ", amount_fx: "10.00", amount: 500_000 }, "ISO 4217"],
      [{ currency: "EUR", amount_fx: "10.00", amount: 400_000 }, "2 %"],
      [{ currency: "EUR", amount_fx: undefined, amount: 450_500 }, "amount_fx"],
    ] as const) {
      const { status, body } = await world.still(() => post(change));
      expect([change.currency, status, body.status, body.redirect]).toEqual([change.currency, 422, "error", undefined]);
      expect(body.message).toContain(says);
    }
  });

  test("the standard form stays with NGN and USD", async () => {
    const refused = await world.postForm(world.shopForm({ currency: "EUR", amount: "450500", amount_fx: "10.00" }));
    expect([refused.status, refused.body.message]).toEqual([422, "The currency field must be one of NGN, USD."]);
  });

  test("a wrong key, a missing field and a body that is none are errors in the wire's shape", async () => {
    const wrong = await post({ token: "0".repeat(32) });
    expect([wrong.status, wrong.body.message]).toEqual([401, "Invalid authtoken. Does not match any record."]);
    const missing = await post({ order_product_name: "" });
    expect([missing.status, missing.body.message]).toEqual([422, "The order_product_name field is required."]);
    const none = await world.inject({ method: "POST", url: "/pay/inline", payload: "[]", headers: { "content-type": "application/json" } });
    expect([none.statusCode, none.json<{ status: string }>().status]).toEqual([422, "error"]);
  });

  test("name and description of the product are shown on the page as text, never as HTML", async () => {
    const { body } = await opened({
      order_product_name: `<img src=x onerror=alert(1)> ${"chair ".repeat(60)}`,
      order_product_desc: "<script>alert(2)</script>",
    });
    const { text } = await world.get(new URL(must(body.redirect, "a redirect")).pathname);
    expect(text).not.toMatch(/<img|<script/);
    expect(text).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(text).toContain("&lt;script&gt;alert(2)&lt;/script&gt;");
  });

  test("a shop order that was paid today is not paid again unless the buyer says so", async () => {
    const { form } = await world.buy();
    const again = { order_product_id: form["order_product_id"], amount: 400_000, callback_url: form["callback_url"] };
    const asked = await post(again);
    expect([asked.status, asked.body.code, asked.body.redirect]).toEqual([409, "asked_once", undefined]);
    expect((await post({ ...again, pay_again: "yes" })).status).toBe(200);
  });

  test("names a summary with every fee and the terms, and with nothing to press and nobody's contacts", async () => {
    const { body, order } = await opened({ order_product_name: "<script>chair</script>" });
    expect(body.summary).toBe(`${body.redirect}/summary`);
    const { status, text } = await world.get(new URL(must(body.summary, "a summary")).pathname);
    expect(status).toBe(200);
    for (const part of ["Escrow fee", "Total deposit", "The seller is credited", "within 7 days", "&lt;script&gt;chair"])
      expect(text).toContain(part);
    expect(text).not.toMatch(/<form|<button|<input|<script|<a |shopper@demo|80311/);
    // Once it is paid there is nothing left to agree to.
    await world.payAt(new URL(must(body.redirect, "a checkout")).pathname, { buyer_email: "a@example.test", buyer_phone: "08031112222" });
    expect((await world.order(order.id)).state).toBe("funded");
    expect((await world.get(new URL(must(body.summary, "a summary")).pathname)).status).toBe(404);
  });

  test("the summary alone may be framed, by the origins that the seller registered; in a sandbox without any, by all, in live by none", async () => {
    const { body } = await opened();
    const summary = new URL(must(body.summary, "a summary")).pathname;
    const framers = async (server = world.server, url = summary) => {
      const { headers } = await server.inject({ url, headers: { accept: "text/html" } });
      return [/frame-ancestors ([^;]*)/.exec(String(headers["content-security-policy"]))?.[1], headers["x-frame-options"]];
    };
    const limits = { bodyLimit: 262_144, trustProxy: 0, perKey: 10_000, perAddress: 10_000, logger: undefined };
    const live = await buildServer({ ...world.app, mode: "live", sandbox: undefined }, limits);
    expect([await framers(), await framers(live)]).toEqual([
      ["http: https:", undefined],
      ["'none'", undefined],
    ]);
    await world.done(setSeller(world.as("seller", "console"), { origins: ["https://shop.example.ng", "https://m.example.ng"] }));
    for (const server of [world.server, live])
      expect(await framers(server)).toEqual(["https://shop.example.ng https://m.example.ng", undefined]);
    for (const other of [summary.replace("/summary", ""), "/pay/nobody/summary", "/seller/login"])
      expect([other, ...(await framers(live, other))]).toEqual([other, "'none'", "DENY"]);
    await world.done(setSeller(world.as("seller", "console"), { origins: [] }));
    await live.close();
  });

  test("in live only pages of an origin that the seller registered open checkouts", async () => {
    await world.done(setSeller(world.as("seller", "console"), { origins: ["https://shop.example.ng"] }));
    const live = await buildServer(
      { ...world.app, mode: "live", sandbox: undefined },
      { bodyLimit: 262_144, trustProxy: 0, perKey: 10_000, perAddress: 10_000, logger: undefined },
    );
    expect((await post({}, {}, live)).status).toBe(200);
    const stranger = await post({}, { origin: "https://other.example" }, live);
    expect([stranger.status, stranger.body.code, stranger.body.redirect]).toEqual([422, "callback_not_allowed", undefined]);
    expect(stranger.body.message).toContain("https://other.example is not an origin that this seller registered");
    await live.close();
    expect((await post({}, { origin: "https://other.example" })).status).toBe(200);
    await world.done(setSeller(world.as("seller", "console"), { origins: [] }));
  });
});
