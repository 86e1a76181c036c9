import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { contestReturn } from "../src/actions/contest.ts";
import { reject } from "../src/actions/reject.ts";
import { accept } from "../src/actions/accept.ts";
import { messages } from "../src/atarapay/messages.ts";
import { fields } from "./setup/http-answers.ts";
import type { Encoding } from "./setup/http-answers.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";

let world: HttpWorld;
beforeAll(async () => {
  world = await httpWorld();
  await world.float();
});
afterAll(() => world.close());

const paths = ["/api/callback/order", "/api/api/callback/order"] as const;
const order = (fields: Record<string, unknown>, path: string = paths[0], encoding?: Encoding) =>
  world.wire(path, fields, encoding === undefined ? {} : { encoding });
const deliver = (id: number) =>
  order({ order: id, status: "delivered", phone_number: "+2348031112222", email: "shopper@demo.tranche.test" });
const bought = async (change: Record<string, string | undefined> = {}) => (await world.buy(change)).orderId;
const buyer = (id: number) => world.on("buyer", id);

describe("the order, read", () => {
  test("status=order gives the whole documented order, with the sample's amounts", async () => {
    const { orderId, form } = await world.buy({ order_product_id: "1447" });
    const { status, body } = await order({ order: orderId, status: "order" });
    expect([status, body.status, body.message]).toEqual([200, "success", "Order Fetched"]);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) as string;
    const id = expect.any(Number) as number;
    expect(body.data).toEqual({
      id: orderId,
      type: 1,
      customer_id: id,
      beneficiary_merchant_id: world.seller,
      seller_email: null,
      seller_phone: null,
      buyer_email: null,
      buyer_phone: null,
      buyer_alt_phone: null,
      buyer_account_number: null,
      buyer_bank_code: null,
      shipping_fee_bearer: null,
      escrow_fee_bearer: null,
      tx_fee_bearer: null,
      is_marketplace: 0,
      shipping_cost: 0,
      category: null,
      product_id: "1447",
      product_name: "A chair",
      product_desc: "Made of oak",
      product_cost: 400_000,
      started_by: null,
      amount_payed: 450_000,
      amount_net: 383_250,
      payment_number: id,
      payment_ref: expect.any(String),
      gateway_name: "Sandbox",
      callback_url: form["callback_url"],
      comment: null,
      delivery_man: 0,
      delivery_location: "Gombe, NG, 140301",
      delivery_city: "",
      delivery_state: "",
      delivery_country: "",
      product_delivery_status: 0,
      transaction_date: time,
      delivery_date: "0000-00-00",
      status: { id: 1, title: "Pending", description: expect.any(String), deleted_at: null, created_at: time, updated_at: time },
      state: 0,
      shipping_method: null,
      quantity: null,
      max_delivery_days: 7,
      extra: null,
      is_additional_services: null,
      additional_service_amount: null,
      sla: null,
      cancellation_fee: 0,
      currency: "NGN",
      conversion_ratio: 1,
      deleted_at: null,
      created_at: time,
      updated_at: time,
      attempts: null,
      seller_attempts: "",
      cron_status: null,
      sp_order_ref: 0,
      payment: {
        id,
        payment_ref: expect.any(String),
        amount: 450_000,
        method: "card",
        status: "1",
        payment_date: time,
        gateway_response: "Successfull",
      },
      refund: null,
      payout: null,
      additional_services: [],
      customers: {
        id,
        firstname: "Ngozi",
        lastname: "Bello",
        phone_number: "+2348031112222",
        phone_number_alt: null,
        email: "shopper@demo.tranche.test",
      },
    });
  });

  test("both paths and all three encodings give the same answer", async () => {
    const id = await bought();
    const first = await order({ order: id, status: "order" });
    for (const path of paths) {
      for (const encoding of ["form", "multipart", "json"] as const)
        expect((await order({ order: id, status: "order" }, path, encoding)).body).toEqual(first.body);
    }
  });

  test("a slash at the end of our address or of the path leads to the same place", async () => {
    const { orderId } = await world.buy();
    for (const path of ["//api/callback/order", "/api/callback/order/", "//api/api/callback/order/"])
      expect((await world.wire(path, { order: orderId, status: "order" })).body.message).toBe("Order Fetched");
    for (const url of ["/pay/", "//pay", "//"]) {
      const opened = await world.inject({ method: "POST", url, ...fields(world.shopForm()) });
      expect([url, opened.statusCode]).toEqual([url, 303]);
    }
  });

  test("the payment's reference stands in the order and in its payment alike", async () => {
    const id = await bought();
    const data = (await order({ order: id, status: "order" })).body.data as {
      payment_ref: string;
      payment: { payment_ref: string };
      payment_number: number;
    };
    expect(data.payment_ref).toBe(data.payment.payment_ref);
  });

  test("each of the order's states shows its documented title and id", async () => {
    const id = await bought();
    const title = async () => {
      const { status } = (await order({ order: id, status: "order" })).body.data as { status: { id: number; title: string } };
      return [status.id, status.title];
    };
    expect(await title()).toEqual([1, "Pending"]);
    await deliver(id);
    expect(await title()).toEqual([2, "Awaiting Buyer Response"]);
    await world.done(reject(buyer(id), { reason: "damaged", comment: "scratched" }));
    expect(await title()).toEqual([3, "Rejected"]);
    await world.done(contestReturn(world.on("seller", id), {}));
    expect(await title()).toEqual([7, "Dispute"]);
  });

  test("a completed order says Complete with id 5, and its payout stands in it", async () => {
    const id = await bought();
    await deliver(id);
    await world.done(accept(buyer(id)));
    await world.due();
    const data = (await order({ order: id, status: "order" })).body.data as Record<string, unknown>;
    expect(data["status"]).toMatchObject({ id: 5, title: "Complete" });
    expect(data["payout"]).toMatchObject({
      type: 2,
      beneficiary_id: world.seller,
      transaction_id: id,
      amount: 383_250,
      status: 1,
      currency: "NGN",
    });
    expect(data["delivery_date"]).toMatch(/^\d{4}-\d\d-\d\d$/);
  });
});

describe("delivered", () => {
  test("answers pod_created with the order as a text", async () => {
    const id = await bought();
    const { status, body } = await deliver(id);
    expect(status).toBe(200);
    expect(body).toEqual({
      status: "success",
      message: "pod_created",
      data: { phone: "+2348031112222", email: "shopper@demo.tranche.test", order: String(id) },
    });
    expect((await world.order(id)).state).toBe("delivered");
  });

  test("an empty phone number is taken, a missing one is named", async () => {
    const id = await bought();
    const missing = await world.still(() => order({ order: id, status: "delivered" }));
    expect([missing.status, missing.body]).toEqual([422, { status: "error", message: "The phone_number field is required." }]);
    expect((await order({ order: id, status: "delivered", phone_number: "" })).body.message).toBe("pod_created");
  });

  test("delivered twice is the documented refusal, and moves nothing", async () => {
    const id = await bought();
    await deliver(id);
    const again = await world.still(() => deliver(id));
    expect([again.status, again.body]).toEqual([
      409,
      { status: "error", message: "Invalid request to Process, Order has been already Processed" },
    ]);
  });

  test("asks the buyer by mail and text message to accept or reject", async () => {
    const id = await bought({ email: "asked@demo.tranche.test", phone_number: "+2348035550001" });
    await deliver(id);
    const [mail] = await world.letters("asked@demo.tranche.test");
    const [sms] = await world.letters("+2348035550001");
    expect(mail?.body).toMatch(/accept it, or reject it[\s\S]*http:\/\/127\.0\.0\.1:4000\/o\//);
    expect(sms?.body).toContain("/o/");
  });
});

describe("cancelled and buyer_cancel", () => {
  test("the seller's cancellation refunds the buyer in full and answers the order", async () => {
    const id = await bought();
    const { status, body } = await order({ order: id, status: "cancelled", comment: "No comment" });
    expect([status, body.status]).toEqual([200, "success"]);
    expect(body.data).toMatchObject({
      id,
      comment: "No comment",
      status: { id: 9, title: "Canceled" },
      refund: { type: 7, amount: 450_000, seller_id: 0, transaction_id: id },
    });
  });

  test("the seller's key may cancel in the buyer's name, and the history says so", async () => {
    const id = await bought();
    expect((await order({ order: id, status: "buyer_cancel", comment: "changed my mind" })).body.data).toMatchObject({
      id,
      status: { id: 9 },
    });
    const { rows } = await world.engine.pool.query("SELECT party, actor FROM transitions WHERE order_id = $1 AND action = 'cancel'", [id]);
    expect(rows).toEqual([{ party: "buyer", actor: "seller_for_buyer" }]);
  });

  test("cancelled after an acceptance, and buyer_cancel after a delivery or a rejection, are already processed", async () => {
    const already = [409, { status: "error", message: "Invalid action. This request has already been processed" }];
    const id = await bought();
    await deliver(id);
    const after = async (status: string) => {
      const answer = await world.still(() => order({ order: id, status }));
      return [answer.status, answer.body];
    };
    expect(await after("buyer_cancel")).toEqual(already);
    await world.done(reject(buyer(id), { reason: "damaged" }));
    expect(await after("buyer_cancel")).toEqual(already);
    await world.done(accept(buyer(id)));
    for (const status of ["cancelled", "buyer_cancel"]) expect(await after(status)).toEqual(already);
  });

  test("both cancellations during a dispute have the documented sentence", async () => {
    const id = await bought();
    await deliver(id);
    await world.done(reject(buyer(id), { reason: "damaged" }));
    await world.done(contestReturn(world.on("seller", id), {}));
    for (const status of ["cancelled", "buyer_cancel"]) {
      const answer = await world.still(() => order({ order: id, status }));
      expect([answer.status, answer.body]).toEqual([409, { status: "error", message: messages.pastRefundTime }]);
    }
  });

  test("under a replacement policy, buyer_cancel after the free time has the documented sentence", async () => {
    await world.terms({ policy: "replacement", sla: 1 });
    const id = await bought();
    await world.terms({ policy: "refund", sla: null });
    await world.advance(2 * 86_400_000);
    const answer = await world.still(() => order({ order: id, status: "buyer_cancel" }));
    expect([answer.status, answer.body]).toEqual([409, { status: "error", message: messages.pastRefundTime }]);
  });

  test("of two cancellations at once, one refunds and the other is already processed", async () => {
    const id = await bought();
    const answers = await Promise.all([
      order({ order: id, status: "cancelled" }),
      order({ order: id, status: "cancelled" }),
      order({ order: id, status: "buyer_cancel" }),
    ]);
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
    await world.due();
    expect((await world.sends(id)).map((one) => [one.kind, one.amount])).toEqual([["refund", 450_000n]]);
  });
});

describe("refusals in the documented words", () => {
  test("a missing or wrong token is told on both paths, and a token in the address is not taken", async () => {
    const id = await bought();
    for (const path of paths) {
      expect((await world.wire(path, { order: id, status: "order" }, { as: null })).body).toEqual({
        status: "error",
        message: "The authtoken field is required.",
      });
      const wrong = await world.wire(path, { order: id, status: "order", authtoken: "bm90OmFrZXk=" }, { as: null });
      expect([wrong.status, wrong.body]).toEqual([401, { status: "error", message: "Invalid authtoken. Does not match any record." }]);
      const inAddress = await world.wire(
        `${path}?authtoken=${encodeURIComponent(world.authtoken())}`,
        { order: id, status: "order" },
        { as: null },
      );
      expect([inAddress.status, inAddress.body.status]).toEqual([401, "error"]);
      const both = await world.wire(`${path}?authtoken=${encodeURIComponent(world.authtoken())}`, { order: id, status: "order" });
      expect([both.status, both.body.status]).toEqual([400, "error"]);
      expect(both.body.message).toContain("body");
    }
  });

  test("the right public key with another private key is a wrong token", async () => {
    const token = Buffer.from(`${world.keysOf().public_key}:${world.keysOf("individual").private_key}`).toString("base64");
    expect((await world.wire(paths[0], { order: 1, status: "order", authtoken: token }, { as: null })).body.message).toBe(
      messages.wrongAuthtoken,
    );
  });

  test("an unknown order, an empty one, another seller's and one that nobody paid look the same", async () => {
    const theirs = (await world.buy({}, "individual")).orderId;
    const form = world.shopForm();
    await world.postForm(form);
    const unpaid = await world.orderOfShop(form["order_product_id"] ?? "");
    const none = { status: "error", message: "No such order exists for the seller." };
    for (const status of ["order", "delivered", "cancelled", "buyer_cancel"]) {
      for (const id of [theirs, unpaid, 999_999_999, "abc", "-1", "0", "99999999999999999999"]) {
        const answer = await world.still(() => order({ order: id, status, phone_number: "+2348031112222" }));
        expect([id, status, answer.status, answer.body]).toEqual([id, status, 404, none]);
      }
      const empty = await world.still(() => order({ order: "", status, comment: "No comment" }));
      expect([empty.status, empty.body]).toEqual([422, { status: "error", message: "The order field is required." }]);
    }
  });

  test("a status outside the four, `rejected` and capitals among them, is invalid; a missing one is named", async () => {
    const id = await bought();
    for (const status of ["rejected", "Delivered", "accepted", "DELIVERED", "__proto__", "constructor"]) {
      const answer = await world.still(() => order({ order: id, status }));
      expect([answer.status, answer.body]).toEqual([422, { status: "error", message: "Invalid status sent." }]);
    }
    expect((await order({ order: id })).body.message).toBe("The status field is required.");
  });

  test("a marketplace operator may read its sellers' orders and do nothing with them", async () => {
    const maker = world.sellerOf("individual");
    const { orderId } = await world.buy({ is_marketplace: "1", seller_phone: world.keysOf("individual").phone }, "marketplace_operator");
    const read = await world.wire(paths[0], { order: orderId, status: "order" }, { as: "marketplace_operator" });
    expect(read.body.data).toMatchObject({ id: orderId, beneficiary_merchant_id: maker, is_marketplace: 1 });
    for (const status of ["delivered", "cancelled", "buyer_cancel"]) {
      const answer = await world.still(() =>
        world.wire(paths[0], { order: orderId, status, phone_number: "" }, { as: "marketplace_operator" }),
      );
      expect([answer.status, answer.body.message]).toEqual([404, "No such order exists for the seller."]);
    }
    expect((await world.wire(paths[0], { order: orderId, status: "delivered", phone_number: "" }, { as: "individual" })).body.message).toBe(
      "pod_created",
    );
  });
});
