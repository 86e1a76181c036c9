import { afterAll, beforeAll, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { deliver } from "../src/actions/deliver.ts";
import { must } from "../src/domain/fault.ts";
import { solvency } from "../src/ledger/solvency.ts";
import { httpWorld } from "./setup/http-world.ts";

let world: Awaited<ReturnType<typeof httpWorld>>;
let me: Awaited<ReturnType<typeof world.signIn>>;
beforeAll(async () => {
  world = await httpWorld();
  me = await world.signIn("operator");
});
afterAll(() => world.close());

const url = "/operator/money";
const post = (form: Readonly<Record<string, string>>) => world.post(url, { csrf: me.csrf, ...form }, me.headers);
const surplus = async (currency: string) => {
  const line = (await solvency(world.engine.pool)).find((one) => one.currency === currency);
  return line === undefined ? 0n : line.held - line.owed;
};
const keyIn = (text: string) => must(/name="key" value="([^"]+)"/.exec(text)?.[1], "a key in the draft");

test("nobody sees it without signing in", async () => {
  expect((await world.get(url)).location).toBe("/operator/login");
});

test("neither a seller, nor a form that another site made, books anything", async () => {
  const before = await surplus("NGN");
  const form = { act: "add_float", amount: "5", currency: "NGN", rail: "sandbox", action: "book", key: "k" };
  const seller = await world.signIn("seller");
  expect((await world.get(url, seller.headers)).location).toBe("/operator/login");
  const answers = [
    await world.post(url, { csrf: seller.csrf, ...form }, seller.headers),
    await world.post(url, { csrf: "made up", ...form }, me.headers),
    await world.post(url, form, me.headers),
  ];
  for (const one of answers) expect(one.status).toBeGreaterThanOrEqual(400);
  expect(await surplus("NGN")).toBe(before);
});

test("float is looked at once more, and then booked once, however often the form is sent", async () => {
  const form = { act: "add_float", amount: "1,500.50", currency: "ngn", rail: "sandbox" };
  const before = await surplus("NGN");
  const draft = await post({ ...form, action: "preview" });
  expect(draft.text).toContain("is this right?");
  expect(await surplus("NGN")).toBe(before);
  const key = keyIn(draft.text);
  const booked = await Promise.all([1, 2].map(() => post({ ...form, action: "book", key })));
  expect(booked.map((one) => one.status)).toEqual([200, 200]);
  expect((await post({ ...form, action: "book", key })).text).toContain("Your money is booked. It is in the balance at sandbox.");
  expect((await surplus("NGN")) - before).toBe(150_050n);
  // The same draft with another amount is another thing, and is not taken for the first.
  expect((await post({ ...form, amount: "9", action: "book", key })).status).toBe(422);
  expect((await surplus("NGN")) - before).toBe(150_050n);
});

test("money is changed into another currency, out of the surplus only", async () => {
  const form = {
    act: "change_money",
    amount: "410",
    currency: "NGN",
    rail: "sandbox",
    to_amount: "1",
    to_currency: "USD",
    to_rail: "sandbox",
  };
  const [naira, dollars] = [await surplus("NGN"), await surplus("USD")];
  const draft = await post({ ...form, action: "preview" });
  expect((await post({ ...form, action: "book", key: keyIn(draft.text) })).text).toContain("The change is booked.");
  expect([(await surplus("NGN")) - naira, (await surplus("USD")) - dollars]).toEqual([-41_000n, 100n]);
  const tooMuch = { ...form, amount: "999999999", to_amount: "2500000" };
  const refused = await post({ ...tooMuch, action: "book", key: keyIn((await post({ ...tooMuch, action: "preview" })).text) });
  expect(refused.status).toBe(422);
  expect(await surplus("USD")).toBe(dollars + 100n);
});

test("earned fees are taken out of a seller's book, once, and not what others are owed", async () => {
  const { orderId } = await world.buy();
  await world.done(deliver(world.on("seller", orderId)));
  await world.done(accept(world.on("buyer", orderId)));
  await world.due();
  const { escrowFee } = await world.order(orderId);
  const form = { act: "take_fees", seller: String(world.seller), payout_fees: "", currency: "NGN", rail: "sandbox" };
  const before = await surplus("NGN");
  const fees = (amount: bigint) => ({ ...form, escrow_fees: (Number(amount) / 100).toFixed(2) });
  const draft = await post({ ...fees(escrowFee), action: "preview" });
  const booked = await post({ ...fees(escrowFee), action: "book", key: keyIn(draft.text) });
  expect(booked.status).toBe(200);
  expect((await surplus("NGN")) - before).toBe(-escrowFee);
  expect((await post({ ...fees(100_000_000n), action: "book", key: "another" })).status).toBe(422);
  expect((await surplus("NGN")) - before).toBe(-escrowFee);
});

test.each([
  [{ act: "add_float", amount: "", currency: "NGN", rail: "sandbox" }],
  [{ act: "add_float", amount: "0", currency: "NGN", rail: "sandbox" }],
  [{ act: "add_float", amount: "-5", currency: "NGN", rail: "sandbox" }],
  [{ act: "add_float", amount: "1.005", currency: "NGN", rail: "sandbox" }],
  [{ act: "add_float", amount: "1e3", currency: "NGN", rail: "sandbox" }],
  [{ act: "add_float", amount: "99999999999999999999", currency: "NGN", rail: "sandbox" }],
  [{ act: "add_float", amount: "5", currency: "naira", rail: "sandbox" }],
  [{ act: "take_fees", escrow_fees: "", payout_fees: "", currency: "NGN", rail: "sandbox" }],
  [{ act: "steal", amount: "5", currency: "NGN", rail: "sandbox" }],
])("what cannot be read is said beside its field, and nothing is booked: %j", async (form) => {
  const before = [await surplus("NGN"), await surplus("USD")];
  for (const action of ["preview", "book"]) {
    const answer = await post({ ...form, action });
    expect(answer.status).toBe(422);
    expect(answer.text).toMatch(/needs mending/);
  }
  expect([await surplus("NGN"), await surplus("USD")]).toEqual(before);
});

test("a rail that is not connected holds none of it", async () => {
  const form = { act: "add_float", amount: "5", currency: "NGN", rail: "elsewhere" };
  const answer = await post({ ...form, action: "book", key: "k" });
  expect([answer.status, answer.text.includes("elsewhere is not")]).toEqual([422, true]);
});
