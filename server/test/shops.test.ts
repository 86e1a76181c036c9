import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deliver } from "../src/actions/deliver.ts";
import { setSeller } from "../src/actions/sellers.ts";
import { securityToken } from "../src/atarapay/tokens.ts";
import { must } from "../src/domain/fault.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";
import type { Read, Receiver } from "./setup/receiver.ts";
import { eventually, tryAgain } from "./setup/shop.ts";
import { backendReads, behaviours, pluginReads, startReceiver } from "./setup/receiver.ts";

// The ten things that shops built for AtaraPay do to a server, each as such a shop does it. Every envelope is told in notifications.test.ts.

let world: HttpWorld;
let receiver: Receiver;
beforeAll(async () => {
  world = await httpWorld();
  receiver = await startReceiver();
  await world.done(setSeller(world.as("seller", "console"), { callbackUrl: receiver.url }));
});
afterAll(async () => {
  await receiver.close();
  await world.close();
});

const call = (values: Readonly<Record<string, unknown>>, path = "/api/callback/order") => world.wire(path, values);
const keys = () => ({ publicKey: world.keysOf().public_key, privateKey: world.keysOf().private_key });

/** What came for an order, as a client of that kind reads it. */
async function heard(orderId: number, reads: typeof pluginReads): Promise<Read[]> {
  await world.due();
  const own = receiver.received.filter(({ body }) => body.includes(`"id":${orderId},`));
  return own.map((one) => reads(one, keys()));
}

test("1 notification encoding: the shop plugin gets the multipart bytes it can read, a backend built from the documents its JSON", async () => {
  const plugin = (await world.buy({ platform: "Woocommerce" })).orderId;
  const backend = (await world.buy()).orderId;
  for (const order of [plugin, backend]) await call({ order, status: "delivered", phone_number: "" });
  expect(await heard(plugin, pluginReads)).toMatchObject([{ envelope: "Delivered", data: { id: plugin } }]);
  expect(await heard(plugin, backendReads)).toMatchObject([{ ignored: expect.any(String) as string }]);
  expect(await heard(backend, backendReads)).toMatchObject([{ envelope: "Delivered", data: { id: backend } }]);
});

test("2 token: made of the digits that stand in the notification, whole kobo, also where the shop counted in floats", async () => {
  const { orderId } = await world.buy({ amount: "1998.9999999999998" });
  await call({ order: orderId, status: "delivered", phone_number: "" });
  const [told] = await heard(orderId, backendReads);
  const amount = (await world.order(orderId)).amount;
  expect(told).toMatchObject({ token: securityToken(keys(), orderId, amount), data: { id: orderId, amount_payed: Number(amount) } });
  expect(amount).toBe(51_999n);
});

test("3 envelope: the exact words, the documented one for a buyer's cancellation, and no field product at the top", async () => {
  const { orderId } = await world.buy();
  await call({ order: orderId, status: "buyer_cancel", comment: "changed my mind" });
  expect(await heard(orderId, backendReads)).toMatchObject([
    { envelope: "Rejected", message: "Transaction is canceled", data: { status: { title: "Canceled" } } },
  ]);
  const body = must(
    receiver.received.find((one) => one.body.includes(`"id":${orderId},`)),
    "a notification",
  ).body;
  expect(Object.keys(JSON.parse(body) as object)).toEqual(["status", "message", "token", "data"]);
});

test("4 product_id: the shop's own number as a text, with its zeros, and a status title that a customer can be shown", async () => {
  const { orderId } = await world.buy({ order_product_id: "00090000000017" });
  const { body } = await call({ order: orderId, status: "order" });
  expect(body.data).toMatchObject({ id: orderId, product_id: "00090000000017", status: { title: "Pending" } });
});

test("5 redirect: GET with product and order, and the order is already paid and readable; there is none for a declined payment", async () => {
  const { form, back, orderId } = await world.buy({ callback_url: "https://shop.example.ng?page=thanks" });
  expect(back).toBe(`https://shop.example.ng/?page=thanks&product=${form["order_product_id"]}&order=${orderId}`);
  const read = await call({ order: orderId, status: "order" });
  expect(read.body).toMatchObject({
    status: "success",
    data: { amount_payed: 450_000, payment: { status: "1", gateway_response: "Successfull" } },
  });
  const declined = world.shopForm();
  const opened = must((await world.postForm(declined)).location, "a checkout");
  await world.payAt(opened, { buyer_email: declined["email"], buyer_phone: declined["phone_number"] } as Record<string, string>, {
    outcome: "decline",
  });
  const after = await world.get(`${opened}/done`);
  expect([after.status, after.location]).toEqual([200, undefined]);
});

test("6 amount: JavaScript's floats are rounded to the nearest kobo, never refused and never cut", async () => {
  // Of the smallest amounts the payment fee would leave nothing, unless the buyer bears it.
  await world.terms({ railFeeBearer: "buyer" });
  for (const [price, kobo] of [
    [4.35, 435n],
    [19.99, 1999n],
    [1998.9999999999998 / 100, 1999n],
    [1.1, 110n],
    [8.2, 820n],
  ] as const) {
    const form = world.shopForm({ amount: String(price * 100) });
    expect((await world.postForm(form)).status).toBe(303);
    expect([price, (await world.order(await world.orderOfShop(form["order_product_id"] ?? ""))).productCost]).toEqual([price, kobo]);
  }
  await world.terms({ railFeeBearer: "seller" });
});

describe("7 dirty fields", () => {
  const dirty = {
    order_product_name: `<script>alert(1)</script>"Chair" & 'table' ${"with a name that goes on ".repeat(14)}`,
    order_product_desc: '<p onclick="alert(2)">Made of <b>oak</b></p>',
    delivery_location: "    NG ",
    delivery_date: "2026-11-22 08:10:02",
    order_product_id: "0399999999999",
    is_marketplace: undefined,
    sp_id: "null",
    sp_commission: "null",
  };

  test("names and descriptions of any length are kept whole and shown escaped", async () => {
    expect(dirty.order_product_name.length).toBeGreaterThan(300);
    const form = world.shopForm(dirty);
    const opened = await world.postForm(form);
    expect(opened.status).toBe(303);
    const { text } = await world.get(opened.location ?? "");
    expect(text).not.toMatch(/<script|<p onclick/);
    expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;&quot;Chair&quot; &amp; &#39;table&#39;");
    expect(text).toContain("&lt;p onclick=&quot;alert(2)&quot;&gt;");
    const { details, shopOrderId, providerId, operatorId } = await world.order(await world.orderOfShop(dirty.order_product_id));
    expect(details.productName).toBe(dirty.order_product_name.trim());
    expect([shopOrderId, details.deliveryLocation, providerId, operatorId]).toEqual([dirty.order_product_id, "NG", null, null]);
  });

  test("the delivery date of a shop is its order's time on a 12-hour clock, so no deadline comes from it and no buyer is shown it", async () => {
    const { orderId } = await world.buy({ ...dirty, order_product_id: "0399999999998", delivery_date: "2020-01-01 01:00:00" });
    const order = await world.order(orderId);
    const asked = world.shopForm({ ...dirty, order_product_id: "0399999999997", platform: "Woocommerce" });
    const { text } = await world.get((await world.postForm(asked)).location ?? "");
    expect(text).not.toContain("08:10:02");
    expect((order.deliverBy?.getTime() ?? 0) - (order.fundedAt?.getTime() ?? 0)).toBe(7 * 86_400_000);
  });

  test("delivered takes an empty phone and no e-mail", async () => {
    const { orderId } = await world.buy();
    expect((await call({ order: orderId, status: "delivered", phone_number: "" })).body).toMatchObject({
      status: "success",
      message: "pod_created",
    });
  });
});

describe("8 the order call", () => {
  test("both paths are the same, and delivered twice keeps the documented words in the body", async () => {
    const { orderId } = await world.buy();
    const values = { order: orderId, status: "delivered", email: "shopper@demo.tranche.test", phone_number: "+2348031112222" };
    expect((await call(values, "/api/api/callback/order")).body).toMatchObject({ status: "success", message: "pod_created" });
    const again = await call(values, "/api/callback/order");
    expect([again.status, again.body]).toEqual([
      409,
      { status: "error", message: "Invalid request to Process, Order has been already Processed" },
    ]);
  });

  test("every error is JSON with status error and a message, and never a 2xx", async () => {
    for (const values of [
      {},
      { order: "", status: "order" },
      { order: "1", status: "rejected" },
      { order: "999999999", status: "order" },
    ]) {
      const answer = await call(values);
      expect([answer.body.status, typeof answer.body.message, answer.status >= 400]).toEqual(["error", "string", true]);
    }
  });

  test("a client that waits five seconds is answered while its own receiver hangs: no answer waits for a notification", async () => {
    const held: ServerResponse[] = [];
    receiver.behave((_request, response) => void held.push(response));
    const [first, second] = [await world.funded(), await world.funded()];
    const deliver = async (order: number) => (await call({ order, status: "delivered", phone_number: "" })).body.message;
    expect(await deliver(first)).toBe("pod_created");
    // The job that tells the shop runs from here on, and hangs with the receiver until the test lets it go.
    const telling = world.due();
    await eventually("the receiver holds a notification", () => held.length > 0);
    expect(await deliver(second)).toBe("pod_created");
    expect((await call({ order: first, status: "order" })).body.message).toBe("Order Fetched");
    expect((await world.wire("/api/external/getBanks")).body.status).toBe("success");
    expect(held.map((response) => response.writableEnded)).not.toContain(true);
    receiver.behave(behaviours.answering(200));
    for (const response of held) response.writeHead(200).end();
    await telling;
    await tryAgain(world);
    expect(await heard(second, backendReads)).toMatchObject([{ envelope: "Delivered", data: { id: second } }]);
  });
});

test("9 cancelled with an empty order, and with the number of another system's order, is a calm error and moves nothing", async () => {
  for (const order of ["", "0", "61", "wc_order_x7", "90000000000000000000", "-5"]) {
    const answer = await world.still(() => call({ order, status: "cancelled", comment: "No comment" }));
    expect([order, answer.body.status, typeof answer.body.message, answer.status < 500]).toEqual([order, "error", "string", true]);
  }
});

describe("10 admin pages", () => {
  test("bank list and providers are arrays of objects with every documented key, null where nothing is known", async () => {
    await world.wire("/api/serviceprovider/create", {
      type: "2",
      account_type: "wise",
      account_id: "P47412",
      firstname: "Musa",
      lastname: "Bala",
      phone: "",
      email: "",
    });
    const providers = (await world.wire("/api/serviceprovider")).body.data as Record<string, unknown>[];
    const documented = [
      "id",
      "firstname",
      "lastname",
      "email",
      "phone",
      "type",
      "account_id",
      "bank_name",
      "bank_account_number",
      "bank_account_name",
      "bank_code",
      "nip_bank_code",
      "recipient_code",
    ];
    for (const provider of providers) expect(Object.keys(provider)).toEqual(expect.arrayContaining(documented));
    expect(providers.find((one) => one["account_id"] === "P47412")).toMatchObject({
      type: 2,
      bank_name: null,
      bank_code: null,
      phone: null,
    });
    const banks = (await world.wire("/api/external/getBanks")).body.data as Record<string, unknown>[];
    expect(banks.length).toBeGreaterThan(0);
    for (const bank of banks)
      expect([typeof bank["name"], typeof bank["code"], typeof bank["nip_bank_code"]]).toEqual(["string", "string", "string"]);
    expect((await world.wire("/api/serviceprovider", {}, { as: "individual" })).body.data).toEqual([]);
  });

  test("the rate needs no token and is called USDNGN", async () => {
    const response = await world.inject({ url: "/api/abokiExchangeRate?base=USD&currency=NGN" });
    expect(response.json<{ data: unknown }>().data).toEqual({ USDNGN: 410 });
  });

  test("a wrong key pair says so on every call", async () => {
    const { orderId } = await world.buy();
    const authtoken = Buffer.from(`${keys().publicKey}:${world.keysOf("individual").private_key}`).toString("base64");
    const paths = [
      "/api/callback/order",
      "/api/api/callback/order",
      "/api/external/getBanks",
      "/api/serviceprovider",
      "/api/serviceprovider/create",
      "/api/serviceprovider/delete",
      "/api/serviceprovider/order/update",
      "/api/serviceprovider/marketplaceOrder/update",
      "/api/project/createProject",
      "/api/project/getExternalProjects",
      "/api/project/updateProject/1",
    ];
    for (const path of paths) {
      const answer = await world.still(() =>
        world.wire(path, { authtoken, order: orderId, status: "delivered", phone_number: "", sp_id: "1" }, { as: null }),
      );
      expect([path, answer.status, answer.body]).toEqual([
        path,
        401,
        { status: "error", message: "Invalid authtoken. Does not match any record." },
      ]);
    }
    await world.done(deliver(world.on("seller", orderId)));
  });
});
