import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wireBanks } from "../src/atarapay/banks.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";

// What a shop's admin pages call besides the provider calls of wire-providers.test.ts: delete, the bank list, the rate.

let world: HttpWorld;
beforeAll(async () => {
  world = await httpWorld();
  world.settings.rates = { USD: "410", EUR: "450.5", JPY: "2.75" };
});
afterAll(() => world.close());

const remove = "/api/serviceprovider/delete";
let numbers = 4_000_000_000;

async function provider(): Promise<number> {
  numbers += 1;
  const values = {
    bank_code: "058",
    nip_bank_code: "000013",
    bank_name: "Guaranty Trust Bank",
    bank_account_number: String(numbers),
    bank_account_name: "Musa Bala",
    firstname: "Musa",
    lastname: "Bala",
  };
  return ((await world.wire("/api/serviceprovider/create", values)).body.data as { id: number }).id;
}
const listed = async () => ((await world.wire("/api/serviceprovider")).body.data as { id: number }[]).map(({ id }) => id);

describe("serviceprovider/delete", () => {
  for (const method of ["POST", "DELETE"] as const) {
    for (const encoding of ["form", "multipart", "json"] as const) {
      test(`${method} as ${encoding} answers an array holding the provider, which is on no list afterwards`, async () => {
        const id = await provider();
        const { status, body } = await world.wire(remove, { sp_id: id }, { method, encoding });
        expect([status, body.status, body.message]).toEqual([200, "success", "Service Provider Deleted successfully"]);
        expect(body.data).toEqual([expect.objectContaining({ id, firstname: "Musa", bank_code: "058", account_id: null })]);
        expect(await listed()).not.toContain(id);
      });
    }
  }

  test("a second time, another seller's, an unknown one and no number at all are answered in the documented words", async () => {
    const id = await provider();
    await world.wire(remove, { sp_id: id });
    const anothers = await provider();
    for (const [sp, as] of [
      [id, "business"],
      [anothers, "individual"],
      [999_999_999, "business"],
      ["seven", "business"],
    ] as const) {
      const answer = await world.still(() => world.wire(remove, { sp_id: sp }, { as }));
      const message = `Service Provider with id (${sp}) does not exist, Please add Service Provider then try`;
      expect([answer.status, answer.body]).toEqual([404, { status: "error", message }]);
    }
    expect(await listed()).toContain(anothers);
  });

  test("without sp_id it says so", async () => {
    const { status, body } = await world.still(() => world.wire(remove));
    expect([status, body]).toEqual([422, { status: "error", message: "The sp_id field is required." }]);
  });

  test("an order keeps the provider it was made with, a new order cannot name it", async () => {
    const id = await provider();
    const { orderId } = await world.buy({ sp_id: String(id), sp_commission: "40" });
    await world.wire(remove, { sp_id: id });
    expect((await world.order(orderId)).providerId).toBe(id);
    const refused = await world.postForm(world.shopForm({ sp_id: String(id), sp_commission: "40" }));
    expect([refused.status, refused.body.status]).toEqual([404, "error"]);
    expect(refused.body.message).toContain("does not exist");
  });
});

describe("external/getBanks", () => {
  test("answers an array of name, 3-digit code and 6-digit NIP code, none of them twice and no apostrophe in a name", async () => {
    const { status, body } = await world.wire("/api/external/getBanks");
    expect([status, body.status]).toEqual([200, "success"]);
    const banks = body.data as { name: string; code: string; nip_bank_code: string }[];
    expect(banks).toEqual(wireBanks);
    expect(banks.length).toBeGreaterThan(20);
    for (const bank of banks) {
      expect(Object.keys(bank)).toEqual(["name", "code", "nip_bank_code"]);
      expect([bank.code, bank.nip_bank_code]).toEqual([expect.stringMatching(/^\d{3}$/), expect.stringMatching(/^\d{6}$/)]);
      expect(bank.name).not.toMatch(/['’"<&]/);
    }
    for (const key of ["name", "code", "nip_bank_code"] as const) expect(new Set(banks.map((bank) => bank[key])).size).toBe(banks.length);
    expect(banks).toContainEqual({ name: "Guaranty Trust Bank", code: "058", nip_bank_code: "000013" });
  });

  test("every bank of the list is taken when a provider is made", async () => {
    const [first] = wireBanks;
    const values = {
      bank_code: first?.code,
      nip_bank_code: first?.nip_bank_code,
      bank_name: first?.name,
      bank_account_number: "4100000001",
      bank_account_name: "Musa Bala",
    };
    expect((await world.wire("/api/serviceprovider/create", values)).status).toBe(200);
  });
});

describe("abokiExchangeRate", () => {
  const ask = async (query: string) => {
    const response = await world.inject({ url: `/api/abokiExchangeRate${query}` });
    return { status: response.statusCode, body: response.json<{ status: string; message: string; data?: unknown }>() };
  };

  test("answers naira for one unit of the base, under the one name that shops read, and asks for no token", async () => {
    for (const [base, rate] of [
      ["USD", 410],
      ["EUR", 450.5],
      ["jpy", 2.75],
      ["NGN", 1],
    ] as const) {
      const { status, body } = await ask(`?base=${base}&currency=NGN`);
      expect([status, body.status, body.data]).toEqual([200, "success", { USDNGN: rate }]);
    }
  });

  test("a currency without a rate, no base, and another currency than naira are answered calmly", async () => {
    for (const query of [
      "?base=GBP&currency=NGN",
      "?base=constructor&currency=NGN",
      "?base=&currency=NGN",
      "",
      "?base=USD&currency=EUR",
      "?base=USD&base=EUR",
    ]) {
      const { status, body } = await ask(query);
      expect([query, Math.floor(status / 100), body.status, "data" in body]).toEqual([query, 4, "error", false]);
    }
  });

  test("an amount computed from the rate is the amount a checkout takes", async () => {
    const { body } = await ask("?base=USD&currency=NGN");
    const amount = (body.data as { USDNGN: number }).USDNGN * 169.45 * 100;
    const opened = await world.postForm(world.shopForm({ currency: "USD", amount: String(amount), amount_fx: "169.45" }));
    expect(opened.status).toBe(303);
  });
});

test("without a token, and with a wrong one, delete and the bank list say so and do nothing", async () => {
  const sp_id = await provider();
  for (const path of [remove, "/api/external/getBanks"]) {
    const none = await world.still(() => world.wire(path, { sp_id }, { as: null }));
    expect([path, none.status, none.body]).toEqual([path, 401, { status: "error", message: "The authtoken field is required." }]);
    const wrong = await world.still(() => world.wire(path, { sp_id, authtoken: "bm90OmFrZXk=" }, { as: null }));
    expect([path, wrong.status, wrong.body.message]).toEqual([path, 401, "Invalid authtoken. Does not match any record."]);
  }
});
