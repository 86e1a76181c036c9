import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { provider } from "./setup/states.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";

let world: HttpWorld;
let musa: number;
let market: number;
beforeAll(async () => {
  world = await httpWorld();
  await world.float();
  musa = await provider(world);
  market = (await world.buy({ is_marketplace: "1", seller_phone: world.keysOf("individual").phone }, "marketplace_operator")).orderId;
});
afterAll(() => world.close());

const sellers = "/api/serviceprovider/order/update";
const operators = "/api/serviceprovider/marketplaceOrder/update";
const time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) as string;
const done = "Service provider and commission successfully associated with the order";

describe("a business seller's commission", () => {
  test("answers an array of one with numbers and the documented spelling", async () => {
    const { orderId } = await world.buy();
    const { status, body } = await world.wire(sellers, { commisson: "20", sp_id: musa, order_id: orderId });
    expect([status, body.status, body.message]).toEqual([200, "success", done]);
    expect(body.data).toEqual([
      {
        id: expect.any(Number),
        order_id: orderId,
        commisson: 20,
        created_at: time,
        updated_at: time,
        service_provider: expect.objectContaining({ id: musa, type: 1, firstname: "Musa" }),
      },
    ]);
    expect(await world.order(orderId)).toMatchObject({ providerId: musa, share: 2000 });
  });

  test("takes both spellings, both verbs and all encodings, and a later call replaces the earlier", async () => {
    const { orderId } = await world.buy();
    let percent = 10;
    for (const method of ["POST", "PUT"] as const) {
      for (const encoding of ["form", "multipart", "json"] as const) {
        for (const name of ["commisson", "commission"]) {
          percent += 1;
          const { body } = await world.wire(sellers, { [name]: percent, sp_id: musa, order_id: orderId }, { method, encoding });
          expect([method, encoding, name, body.data]).toEqual([method, encoding, name, [expect.objectContaining({ commisson: percent })]]);
          expect((await world.order(orderId)).share).toBe(percent * 100);
        }
      }
    }
  });

  test("the share is the seller's: the provider is paid the rest", async () => {
    const { orderId } = await world.buy();
    await world.wire(sellers, { commission: "20", sp_id: musa, order_id: orderId });
    await world.wire("/api/callback/order", { order: orderId, status: "delivered", phone_number: "" });
    await world.done(accept(world.on("buyer", orderId)));
    await world.due();
    expect(
      (await world.sends(orderId)).map((one) => [one.payeeKind, one.amount] as const).toSorted(([a], [b]) => a.localeCompare(b)),
    ).toEqual([
      ["seller", 75_650n],
      ["service_provider", 302_600n],
    ]);
    const late = await world.still(() => world.wire(sellers, { commission: "50", sp_id: musa, order_id: orderId }));
    expect([late.status, late.body]).toEqual([
      409,
      { status: "error", message: "Invalid action. This request has already been processed" },
    ]);
  });

  test("float noise is rounded; what is no percentage with two decimals is refused by name", async () => {
    const { orderId } = await world.buy();
    expect(
      (await world.wire(sellers, { commission: 100 - 80.1, sp_id: musa, order_id: orderId }, { encoding: "json" })).body.data,
    ).toMatchObject([{ commisson: 19.9 }]);
    for (const share of ["-1", "100.01", "12.345", "abc", "1e1", "20%", "NaN"]) {
      const answer = await world.still(() => world.wire(sellers, { commisson: share, sp_id: musa, order_id: orderId }));
      expect([share, answer.status, answer.body.status]).toEqual([share, 422, "error"]);
      expect(answer.body.message).toContain("commisson");
    }
  });

  test("an unknown provider, another seller's, an unknown order and missing fields are told in the documented words", async () => {
    const { orderId } = await world.buy();
    const say = async (fields: Record<string, unknown>, as: "business" | "individual" = "business") => {
      const { status, body } = await world.still(() =>
        world.wire(sellers, { commisson: 50, sp_id: musa, order_id: orderId, ...fields }, { as }),
      );
      return [status, body.message];
    };
    expect(await say({ sp_id: 99999 })).toEqual([
      404,
      "Service Provider with id (99999) does not exist, Please add Service Provider then try",
    ]);
    expect(await say({}, "individual")).toEqual([
      404,
      `Service Provider with id (${musa}) does not exist, Please add Service Provider then try`,
    ]);
    for (const id of [999_999_999, market, "abc"])
      expect(await say({ order_id: id })).toEqual([404, "No such order exists for the seller."]);
    expect(await say({ commisson: "" })).toEqual([422, "The commisson field is required."]);
    expect(await say({ sp_id: "" })).toEqual([422, "The sp_id field is required."]);
    expect(await say({ order_id: "" })).toEqual([422, "The order_id field is required."]);
  });
});

describe("a marketplace operator's commission", () => {
  test("answers one object with the right spelling and the order's own seller as provider", async () => {
    for (const method of ["POST", "PUT"] as const) {
      const { status, body } = await world.wire(operators, { commisson: 15, order_id: market }, { as: "marketplace_operator", method });
      expect([status, body.message]).toEqual([200, done]);
      const nothing = [
        "business_name",
        "business_address",
        "business_address_2",
        "business_city",
        "business_state",
        "business_country",
        "year_of_inc",
        "cac_certificate",
        "memorandum_of_article",
        "company_profile",
        "siteURL",
        "comments",
        "deleted_at",
      ];
      expect(body.data).toEqual({
        id: expect.any(Number),
        order_id: market,
        sp_type: "Marketplace Service Provider",
        commission: 15,
        test: 1,
        comments: null,
        created_at: time,
        updated_at: time,
        service_provider: {
          ...Object.fromEntries(nothing.map((name) => [name, null])),
          id: world.sellerOf("individual"),
          is_marketplace: 0,
          marketplace_child: world.sellerOf("marketplace_operator"),
          individual: 1,
          business_email: world.keysOf("individual").email,
          test: 1,
          created_at: time,
          updated_at: time,
        },
      });
    }
    expect(await world.order(market, world.sellerOf("individual"))).toMatchObject({
      share: 1500,
      operatorId: world.sellerOf("marketplace_operator"),
    });
  });

  test("a seller that is no longer associated is told in the documented words", async () => {
    const [operatorId, sellerId] = [world.sellerOf("marketplace_operator"), world.sellerOf("individual")];
    await world.database.ownerPool.query("UPDATE associations SET state = 'invited' WHERE operator_id = $1 AND seller_id = $2", [
      operatorId,
      sellerId,
    ]);
    const answer = await world.still(() => world.wire(operators, { commission: 15, order_id: market }, { as: "marketplace_operator" }));
    await world.database.ownerPool.query("UPDATE associations SET state = 'confirmed' WHERE operator_id = $1 AND seller_id = $2", [
      operatorId,
      sellerId,
    ]);
    expect([answer.status, answer.body.message]).toEqual([
      404,
      `Seller with id (${sellerId}) is not associated to the marketplace operator, Please associate seller then try again`,
    ]);
  });

  test("an order of somebody else, an unknown one and a missing field change nothing", async () => {
    const own = (await world.buy()).orderId;
    for (const id of [own, 999_999_999, "abc"]) {
      const answer = await world.still(() => world.wire(operators, { commisson: 15, order_id: id }, { as: "marketplace_operator" }));
      expect([id, answer.status, answer.body.message]).toEqual([id, 404, "No such order exists for the seller."]);
    }
    const ofSeller = await world.still(() => world.wire(operators, { commisson: 15, order_id: market }, { as: "individual" }));
    expect(ofSeller.status).toBe(404);
    const missing = await world.still(() => world.wire(operators, { order_id: market }, { as: "marketplace_operator" }));
    expect(missing.body.message).toBe("The commisson field is required.");
  });
});

test("without a token, and with a wrong one, both calls say so and do nothing", async () => {
  for (const path of [sellers, operators]) {
    const fields = { commisson: 20, sp_id: musa, order_id: market };
    const none = await world.still(() => world.wire(path, fields, { as: null }));
    expect([none.status, none.body]).toEqual([401, { status: "error", message: "The authtoken field is required." }]);
    const wrong = await world.still(() => world.wire(path, { ...fields, authtoken: "bm90OmFrZXk=" }, { as: null, method: "PUT" }));
    expect([wrong.status, wrong.body]).toEqual([401, { status: "error", message: "Invalid authtoken. Does not match any record." }]);
  }
});
