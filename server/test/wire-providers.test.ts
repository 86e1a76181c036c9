import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";

let world: HttpWorld;
beforeAll(async () => {
  world = await httpWorld();
});
afterAll(() => world.close());

const naira = {
  type: "1",
  bank_code: "221",
  nip_bank_code: "000013",
  bank_name: "Stanbic IBTC",
  bank_account_number: "0123456789",
  bank_account_name: "Musa Bala",
  email: "musa@demo.tranche.test",
  phone: "+2348036660001",
  firstname: "Musa",
  lastname: "Bala",
};
const create = (change: Record<string, unknown> = {}, how: Parameters<HttpWorld["wire"]>[2] = {}) =>
  world.wire("/api/serviceprovider/create", { ...naira, ...change }, how);
const list = async (as: "business" | "individual" = "business") => (await world.wire("/api/serviceprovider", {}, { as })).body;
const time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) as string;
const number = expect.any(Number) as number;

describe("serviceprovider/create", () => {
  test("answers one object with every documented key; codes stay texts", async () => {
    const { status, body } = await create();
    expect([status, body.status, body.message]).toEqual([200, "success", "Service Provider Updated successfully"]);
    expect(body.data).toEqual({
      id: number,
      type: 1,
      firstname: "Musa",
      lastname: "Bala",
      phone: "+2348036660001",
      email: "musa@demo.tranche.test",
      bank_code: "221",
      nip_bank_code: "000013",
      bank_name: "Stanbic IBTC",
      bank_account_name: "Musa Bala",
      bank_account_number: "0123456789",
      recipient_code: null,
      account_id: null,
      created_at: time,
      updated_at: time,
    });
  });

  test("the same account, or the same phone, updates the provider instead of making another", async () => {
    const first = (await create({ phone: "+2348036660002", bank_account_number: "0123456782" })).body.data as { id: number };
    const sameAccount = (await create({ phone: "+2348036660003", bank_account_number: "0123456782", firstname: "Yusuf" })).body.data;
    expect(sameAccount).toMatchObject({ id: first.id, firstname: "Yusuf", phone: "+2348036660003" });
    const samePhone = (await create({ phone: "+2348036660003", bank_account_number: "0123456783" })).body.data;
    expect(samePhone).toMatchObject({ id: first.id, bank_account_number: "0123456783" });
    expect(((await list()).data as { id: number }[]).filter((one) => one.id === first.id)).toHaveLength(1);
  });

  test("without a type it is a naira account, as older clients send it", async () => {
    const { body } = await create({ type: "", phone: "+2348036660004", bank_account_number: "0123456784" });
    expect(body.data).toMatchObject({ type: 1, bank_account_number: "0123456784" });
  });

  test("a USD account needs its Wise account alone, whatever account_type says, and bank fields may be empty", async () => {
    const usd = {
      type: "2",
      account_type: "wise",
      account_id: "P47412",
      bank_code: "",
      nip_bank_code: "",
      bank_name: "",
      bank_account_number: "",
      bank_account_name: "",
      phone: "+2348036660005",
    };
    expect((await create(usd)).body.data).toMatchObject({ type: 2, account_id: "P47412", bank_code: null, bank_account_number: null });
    // Another account under the same phone mends it; a naira provider with that phone stays what it is.
    const mended = (await create({ ...usd, account_id: "P47413" })).body.data as { id: number };
    expect(mended).toMatchObject({ id: ((await create(usd)).body.data as { id: number }).id, account_id: "P47413" });
    const both = (await create({ phone: "+2348036660009", bank_account_number: "0123456787" })).body.data as { id: number };
    const dollars = (await create({ ...usd, account_id: "P47414", phone: "+2348036660009" })).body.data as { id: number };
    expect(dollars.id).not.toBe(both.id);
    // Nor does a dollar provider turn into a naira one.
    const naira = { phone: usd.phone, bank_account_number: "0123456786" };
    const home = (await create(naira)).body.data as { id: number; type: number };
    expect(home.id).not.toBe(mended.id);
    expect((await create(usd)).body.data).toMatchObject({ id: mended.id, type: 2 });
    expect((await create(naira)).body.data).toMatchObject({ id: home.id, type: 1 });
    const missing = await world.still(() => create({ ...usd, account_id: "" }));
    expect([missing.status, missing.body.message]).toEqual([422, "The account_id field is required."]);
  });

  test("form, multipart and JSON bodies are the same call", async () => {
    for (const encoding of ["form", "multipart", "json"] as const)
      expect((await create({}, { encoding })).body.message).toBe("Service Provider Updated successfully");
    const digits = await create({ type: 1, bank_code: 221 }, { encoding: "json" });
    expect(digits.body.data).toMatchObject({ type: 1, bank_code: "221" });
  });

  test("what is missing or malformed is named, and nothing is made", async () => {
    for (const name of ["bank_code", "nip_bank_code", "bank_account_number", "bank_account_name", "bank_name"]) {
      const answer = await world.still(() => create({ [name]: "" }));
      expect([answer.status, answer.body]).toEqual([422, { status: "error", message: `The ${name} field is required.` }]);
    }
    const wrong = { type: "3", bank_code: "12", nip_bank_code: "12345", bank_account_number: "123", email: "nobody", phone: "12" };
    for (const [name, value] of Object.entries(wrong)) {
      const answer = await world.still(() => create({ [name]: value }));
      expect([name, answer.status, answer.body.status]).toEqual([name, 422, "error"]);
      expect(answer.body.message).toContain(name);
    }
  });
});

describe("serviceprovider", () => {
  test("the list is an array of whole objects, of one seller alone, and empty where there are none", async () => {
    await create();
    const body = await list();
    expect([body.status, body.message]).toEqual(["success", "Service providers"]);
    const [one] = body.data as Record<string, unknown>[];
    expect(Object.keys(one ?? {})).toEqual(
      expect.arrayContaining([
        "id",
        "type",
        "firstname",
        "lastname",
        "phone",
        "email",
        "bank_code",
        "nip_bank_code",
        "bank_name",
        "bank_account_name",
        "bank_account_number",
        "recipient_code",
        "account_id",
        "created_at",
        "updated_at",
      ]),
    );
    expect((await list("individual")).data).toEqual([]);
  });
});

describe("a marketplace operator's call", () => {
  test("associates the registered seller with that phone, so that its orders can be opened", async () => {
    const { phone } = world.keysOf("business");
    const { status } = await create({ phone }, { as: "marketplace_operator" });
    expect(status).toBe(200);
    const { orderId } = await world.buy({ is_marketplace: "1", seller_phone: phone }, "marketplace_operator");
    expect((await world.order(orderId)).operatorId).toBe(world.sellerOf("marketplace_operator"));
  });

  test("is refused for a phone that no registered seller has, and for the operator's own", async () => {
    for (const phone of ["+2348030009999", world.keysOf("marketplace_operator").phone]) {
      const answer = await world.still(() => create({ phone }, { as: "marketplace_operator" }));
      expect([answer.status, answer.body.status]).toEqual([404, "error"]);
      expect(answer.body.message).toContain("registered seller");
    }
  });
});

test("without a token, and with a wrong one, every provider call says so and does nothing", async () => {
  for (const path of ["/api/serviceprovider/create", "/api/serviceprovider"]) {
    const none = await world.still(() => world.wire(path, naira, { as: null }));
    expect([path, none.status, none.body]).toEqual([path, 401, { status: "error", message: "The authtoken field is required." }]);
    const wrong = await world.still(() => world.wire(path, { ...naira, authtoken: "bm90OmFrZXk=" }, { as: null }));
    expect([path, wrong.status, wrong.body]).toEqual([
      path,
      401,
      { status: "error", message: "Invalid authtoken. Does not match any record." },
    ]);
  }
});
