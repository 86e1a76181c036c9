import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { takeFees } from "../src/actions/book-steps.ts";
import { hashPassword } from "../src/secrets/passwords.ts";
import { format } from "../src/domain/currency.ts";
import { must } from "../src/domain/fault.ts";
import { words } from "./setup/http-answers.ts";
import { bank, reach } from "./setup/states.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";

let world: HttpWorld;
let token: string;
let second: string;
beforeAll(async () => {
  world = await httpWorld({ settings: { TRANCHE_HOLD_RULING_SANDBOX: "PT24H", TRANCHE_RULING_SECOND_OPERATOR_ABOVE: "1000000" } });
  await world.float();
  await world.signIn("operator");
  const other = { email: "second@demo.tranche.test", password: "another one" };
  await world.database.ownerPool.query("INSERT INTO operators (email, password_hash, created_at) VALUES ($1, $2, now())", [
    other.email,
    await hashPassword(other.password),
  ]);
  token = await session(world.seeded.operator);
  second = await session(other);
});
afterAll(async () => {
  await world.sound();
  await world.close();
});

async function session(account: { email: string; password: string }): Promise<string> {
  const answer = await world.inject({ method: "POST", url: "/operator/api/session", payload: account });
  return answer.json<{ data: { token: string } }>().data.token;
}

interface Said {
  readonly status: string;
  readonly message?: string;
  readonly code?: string;
  readonly data?: Record<string, unknown>;
  readonly facts?: Record<string, unknown>;
}
const api = async (method: "GET" | "POST", path: string, payload: object = {}, headers: Record<string, string> = {}) => {
  const answer = await world.inject({
    method,
    url: `/operator/api${path}`,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(method === "POST" ? { payload } : {}),
  });
  return { code: answer.statusCode, body: answer.json<Said>(), replayed: answer.headers["idempotency-replayed"] };
};
const act = (action: string, fields: Record<string, unknown>, headers: Record<string, string> = {}) =>
  api("POST", `/actions/${action}`, { seller: world.seller, ...fields }, headers);
const disputed = () => reach(world, "disputed");
const shares = async (id: number) =>
  (await world.sends(id))
    .filter((one) => one.state !== "cancelled")
    .map((one) => [one.payeeKind, one.amount] as const)
    .toSorted(([a], [b]) => a.localeCompare(b));

describe("who may", () => {
  test("no call of the operator's works without a session, with a made-up one, or with a seller's", async () => {
    const seller = (await world.signIn("seller")).headers.cookie.split("=")[1] ?? "";
    for (const authorization of ["", "Bearer", "Bearer x", `Bearer ${seller}`, `Basic ${token}`, `Bearer ${world.authtoken()}`]) {
      for (const [method, path] of [
        ["GET", "/overview"],
        ["GET", `/orders/${world.seller}/3001`],
        ["POST", `/orders/${world.seller}/3001/preview`],
        ["POST", "/actions/add_float"],
      ] as const) {
        const answer = await world.still(() => api(method, path, { seller: 0, amount: 1 }, { authorization }));
        expect([authorization.slice(0, 12), path, answer.code, answer.body.code]).toEqual([
          authorization.slice(0, 12),
          path,
          401,
          "not_signed_in",
        ]);
      }
    }
    const wrong = await world.inject({
      method: "POST",
      url: "/operator/api/session",
      payload: { email: world.seeded.operator.email, password: "x" },
    });
    expect([wrong.statusCode, wrong.json()]).toMatchObject([401, { status: "error", code: "wrong_password" }]);
  });

  test("an unknown order, seller or action is told so", async () => {
    for (const path of [`/orders/${world.seller}/999999`, "/orders/abc/def", "/orders/0/1"])
      expect((await api("GET", path)).code).toBe(404);
    expect((await act("rule", { order: 999_999, buyer_gets: 0 })).code).toBe(404);
    expect((await world.still(() => act("explode", {}))).body).toMatchObject({ status: "error", code: "not_now" });
    expect((await world.still(() => act("add_float", { seller: "x", amount: 1 }))).body).toMatchObject({
      code: "invalid",
      facts: { field: "seller" },
    });
  });
});

describe("ruling", () => {
  test("the preview is the effect, to the kobo, for every x", async () => {
    for (const buyerGets of [0, 1, 200_000, 225_000, 449_999, 450_000]) {
      const id = await disputed();
      const shown = await world.still(() => api("POST", `/orders/${world.seller}/${id}/preview`, { buyer_gets: buyerGets }));
      expect(shown.code).toBe(200);
      const done = await act("rule", { order: id, buyer_gets: buyerGets, comment: "heard both" });
      expect([done.code, done.body.data]).toMatchObject([200, { order: id, state: "resolved" }]);
      const { buyer, seller } = shown.body.data as { buyer: number; seller: number };
      const expected = [
        ["buyer", BigInt(buyer)],
        ["seller", BigInt(seller)],
      ].filter(([, amount]) => amount !== 0n);
      expect([buyerGets, await shares(id)]).toEqual([buyerGets, expected]);
    }
  });

  test("money's sample: buyer 200,000 of 450,000 leaves the seller its part of the fees' rest", async () => {
    const shown = await api("POST", `/orders/${world.seller}/${await disputed()}/preview`, { buyer_gets: 200_000 });
    expect(shown.body.data).toMatchObject({ buyer: 200_000, escrowFeeKept: 27_778, railFeeRecovered: 9_306, seller: 212_916 });
  });

  test("more than was paid, less than nothing, a fraction and text are refused in preview and in ruling", async () => {
    const id = await disputed();
    for (const amount of [450_001, -1, 0.5, "abc", null, "", {}, 1e20]) {
      for (const one of [
        () => api("POST", `/orders/${world.seller}/${id}/preview`, { buyer_gets: amount }),
        () => act("rule", { order: id, buyer_gets: amount }),
      ]) {
        const answer = await world.still(one);
        expect([amount, answer.code, answer.body.status]).toEqual([amount, 422, "error"]);
      }
    }
  });

  test("a ruling can be reopened while nothing was sent, and ruled otherwise", async () => {
    const id = await disputed();
    await act("rule", { order: id, buyer_gets: 450_000 });
    const read = await api("GET", `/orders/${world.seller}/${id}`);
    expect(read.body.data).toMatchObject({ allowed_actions: ["reopen"], escrow: 0 });
    expect((await act("reopen", { order: id, comment: "new facts" })).body.data).toMatchObject({ state: "disputed" });
    expect((await api("GET", `/orders/${world.seller}/${id}`)).body.data).toMatchObject({ escrow: 450_000 });
    await act("rule", { order: id, buyer_gets: 0 });
    await world.advance(25 * 3_600_000);
    expect((await world.order(id)).state).toBe("completed");
    const late = await world.still(() => act("reopen", { order: id }));
    expect([late.code, late.body.status]).toEqual([409, "error"]);
  });

  test("the same key gives the same answer and rules once; with another body it is refused", async () => {
    const id = await disputed();
    const first = await act("rule", { order: id, buyer_gets: 100_000 }, { "idempotency-key": `"rule-${id}"` });
    const again = await world.still(() => act("rule", { buyer_gets: 100_000, order: id }, { "idempotency-key": `rule-${id}` }));
    expect([first.replayed, again.replayed, again.body]).toEqual([undefined, "true", first.body]);
    const other = await world.still(() => act("rule", { order: id, buyer_gets: 200_000 }, { "idempotency-key": `rule-${id}` }));
    expect([other.code, other.body.code]).toEqual([422, "key_reused"]);
    for (const key of ["", " ", "x".repeat(256), "é"]) {
      const bad = await world.still(() => act("rule", { order: id, buyer_gets: 1 }, { "idempotency-key": key }));
      expect([key.length, bad.code >= 400 && bad.code < 500]).toEqual([key.length, true]);
    }
    const fresh = await disputed();
    const rivals = await Promise.all(
      Array.from({ length: 5 }, () => act("rule", { order: fresh, buyer_gets: 5 }, { "idempotency-key": `together-${fresh}` })),
    );
    expect(new Set(rivals.map((one) => JSON.stringify(one.body))).size).toBe(1);
    expect(rivals[0]?.code).toBe(200);
  });

  test("above the limit a second operator must rule the same; the same one twice, or another amount, does not count", async () => {
    const { orderId: id } = await world.buy({ amount: "2000000" });
    await world.wire("/api/callback/order", { order: id, status: "delivered", phone_number: "" });
    const link = await world.linkTo("shopper@demo.tranche.test", id);
    await world.post(link, { action: "reject", reason: "damaged" });
    await world.post(await world.linkTo("seller@demo.tranche.test", id), { action: "contest_return" });
    await world.post(await world.linkTo("seller@demo.tranche.test", id), { action: "escalate" });
    expect((await world.order(id)).state).toBe("disputed");
    const asSecond = { authorization: `Bearer ${second}` };
    expect((await act("rule", { order: id, buyer_gets: 500_000 })).body.data).toMatchObject({
      waits_for: "a second operator",
      state: "disputed",
    });
    await act("rule", { order: id, buyer_gets: 500_000 });
    expect((await world.order(id)).state).toBe("disputed");
    expect((await act("rule", { order: id, buyer_gets: 600_000 }, asSecond)).body.data).toMatchObject({ state: "disputed" });
    expect((await act("rule", { order: id, buyer_gets: 600_000 })).body.data).toMatchObject({ state: "resolved" });
  });
});

describe("money that needs a hand", () => {
  const unknown = async (reference: string, amount = 450_000) => {
    await world.inject({ method: "POST", url: "/sandbox/unknown-money", payload: { reference, amount } });
    await world.due();
    const { unapplied } = (await api("GET", "/overview")).body.data as {
      unapplied: { reference: string; paymentId: number; unknown: boolean; amount: number }[];
    };
    return must(
      unapplied.find((one) => one.reference === reference),
      `the money ${reference}`,
    );
  };

  test("unknown money is listed, and matched to its order funds it, once", async () => {
    const money = await unknown("by-bank-transfer");
    expect(money).toMatchObject({ unknown: true, amount: 450_000 });
    const form = world.shopForm();
    await world.postForm(form);
    const order = {
      seller: 0,
      payment: money.paymentId,
      to_seller: world.seller,
      to_order: await world.orderOfShop(form["order_product_id"] ?? ""),
    };
    expect((await act("match", order)).body).toMatchObject({ status: "success", data: { order_state: "funded" } });
    expect((await world.order(order.to_order)).state).toBe("funded");
    await world.sound();
    await act("match", order);
    expect((await world.paymentsOf(order.to_order)).filter((one) => one.state === "received")).toHaveLength(1);
    for (const wrong of [{ to_order: 999_999 }, { to_seller: 999 }, { payment: 999_999 }])
      expect((await world.still(() => act("match", { ...order, ...wrong }))).code).toBe(404);
  });

  test("money that the rail settled before it was matched brings its settlement along", async () => {
    const money = await unknown("settled-first");
    await world.advance(2 * 86_400_000);
    const form = world.shopForm();
    await world.postForm(form);
    const order = {
      seller: 0,
      payment: money.paymentId,
      to_seller: world.seller,
      to_order: await world.orderOfShop(form["order_product_id"] ?? ""),
    };
    expect((await act("match", order)).code).toBe(200);
    await world.due();
    await world.sound();
  });

  test("or given back to whoever paid it, once", async () => {
    const money = await unknown("somebody-elses");
    expect((await act("give_back", { seller: 0, payment: money.paymentId })).code).toBe(200);
    expect((await world.still(() => act("give_back", { seller: 0, payment: money.paymentId }))).code).toBe(409);
    await world.due();
    await world.sound();
    expect((await world.still(() => act("give_back", { payment: money.paymentId }))).code).toBe(409);
  });

  test("a hold stops sending until it is lifted", async () => {
    const { orderId } = await world.buy();
    const placed = await act("hold", { order: orderId, note: "looks odd" });
    expect(placed.code).toBe(200);
    await world.wire("/api/callback/order", { order: orderId, status: "cancelled" });
    await world.due();
    expect((await world.sends(orderId)).map((one) => one.state)).not.toContain("succeeded");
    const { why, holds } = (await api("GET", `/orders/${world.seller}/${orderId}`)).body.data as {
      why: string[];
      holds: { id: number; note: string }[];
    };
    expect(why.join(" ")).toContain("looks odd");
    const parties = words((await world.get(`/seller/orders/${orderId}`, (await world.signIn("seller")).headers)).text);
    expect([parties.includes("an operator stopped it"), parties.includes("looks odd")]).toEqual([true, false]);
    expect((await act("lift_hold", { hold: must(holds[0], "the hold").id })).code).toBe(200);
    await world.due();
    expect((await world.sends(orderId)).map((one) => one.state)).toEqual(["succeeded"]);
    expect((await world.still(() => act("lift_hold", { hold: 999_999 }))).code).toBe(404);
  });

  test("a payout to a dead account parks, is listed with what would free it, and goes again by requeue once the account is mended", async () => {
    await bank(world, "0009");
    const id = await reach(world, "delivered");
    await world.post(await world.linkTo("buyer@demo.tranche.test", id), { action: "accept" });
    await world.due();
    const [payout] = await world.sends(id);
    expect(payout?.state).toBe("parked");
    const { parked } = (await api("GET", "/overview")).body.data as { parked: { id: number; freedBy: string }[] };
    expect(parked.find((one) => one.id === payout?.id)?.freedBy).toMatch(/\w/);
    await bank(world, "0011");
    await world.due();
    if ((await world.sends(id))[0]?.state === "parked") await act("requeue", { disbursement: payout?.id });
    await world.due();
    expect((await world.sends(id)).map((one) => one.state)).toEqual(["succeeded"]);
  });

  test("money is changed between currencies and rails that are there, never so much that less is held than owed", async () => {
    const held = async (currency: string) =>
      ((await api("GET", "/overview")).body.data as { solvency: { currency: string; held: number; owed: number }[] }).solvency.find(
        (one) => one.currency === currency,
      ) ?? { held: 0, owed: 0 };
    const sides = { seller: 0, currency: "NGN", rail: "sandbox", to_currency: "USD", to_rail: "sandbox" };
    expect((await act("add_float", { seller: 0, amount: 5_000_000 })).code).toBe(200);
    const [naira, dollars] = [await held("NGN"), await held("USD")];
    expect((await act("change_money", { ...sides, amount: 410_000, to_amount: 1_000 })).code).toBe(200);
    expect((await held("NGN")).held).toBe(naira.held - 410_000);
    expect((await held("USD")).held).toBe(dollars.held + 1_000);
    const tooMuch = await world.still(() =>
      act("change_money", { ...sides, amount: naira.held - naira.owed - 410_000 + 1, to_amount: 1_000 }),
    );
    expect([tooMuch.code, tooMuch.body.code]).toEqual([409, "mismatch"]);
    for (const wrong of [
      { amount: 0 },
      { to_amount: 0 },
      { to_currency: "XX1" },
      { to_rail: "nobody" },
      { rail: "" },
      { to_currency: "NGN" },
    ])
      expect((await world.still(() => act("change_money", { ...sides, amount: 100, to_amount: 100, ...wrong }))).code).toBe(422);
  });

  test("float is added and fees are taken, never so much that less is held than owed", async () => {
    const solvency = async () =>
      must(
        ((await api("GET", "/overview")).body.data as { solvency: { currency: string; held: number; owed: number }[] }).solvency.find(
          (one) => one.currency === "NGN",
        ),
        "naira",
      );
    const before = await solvency();
    const added = await act("add_float", { seller: 0, amount: 5_000_000 });
    expect([added.code, added.body.data?.["rail"]]).toEqual([200, "sandbox"]);
    const after = await solvency();
    expect(after.held - before.held).toBe(5_000_000);
    await reach(world, "accepted");
    const booked = async (account: string) => Number((await world.balances())[account] ?? 0n);
    const [escrow, payout] = [await booked("platform:escrow_fees"), await booked("platform:payout_fees")];
    expect(escrow).toBeGreaterThan(100);
    const { held } = await solvency();
    // The house's book, whose money is float, has earned nothing; each of the two fees is taken from its own.
    for (const [fields, field] of [
      [{ seller: 0, escrow_fees: 1 }, "escrow_fees"],
      [{ escrow_fees: escrow + 1 }, "escrow_fees"],
      [{ escrow_fees: escrow, payout_fees: payout + 1 }, "payout_fees"],
      [{ escrow_fees: 100, currency: "USD", rail: "sandbox" }, "escrow_fees"],
    ] as const) {
      const tooMuch = await world.still(() => act("take_fees", fields));
      expect([tooMuch.code, tooMuch.body.code, tooMuch.body.facts?.["field"]]).toEqual([409, "mismatch", field]);
    }
    const named = await act("take_fees", { escrow_fees: escrow + 1 });
    expect([named.body.message, named.body.facts?.["escrow_fees"]]).toEqual([
      expect.stringContaining(format(BigInt(escrow), "NGN")),
      `${escrow}`,
    ]);
    expect((await act("take_fees", { escrow_fees: escrow - 100, payout_fees: payout })).code).toBe(200);
    expect((await solvency()).held).toBe(held - escrow + 100 - payout);
    expect((await world.still(() => act("take_fees", { escrow_fees: 101 }))).code).toBe(409);
    expect((await act("take_fees", { escrow_fees: 100 })).code).toBe(200);
    // Earned, but what is there is owed to others.
    await reach(world, "accepted");
    const owed = takeFees(world.as("operator"), { escrow: 100n, payout: 0n, currency: "NGN", surplus: 99n });
    expect(await world.engine.lanes.one(owed)).toMatchObject({
      refused: "mismatch",
      detail: expect.stringContaining("less than is owed") as string,
    });
    for (const fields of [
      { amount: 0 },
      { amount: -1 },
      { amount: 0.5 },
      { amount: "abc" },
      {},
      { amount: 100, currency: "naira" },
      { amount: 100, currency: "XX1" },
      { amount: 100, currency: "<b>" },
    ]) {
      expect((await world.still(() => act("add_float", { seller: 0, ...fields }))).code).toBe(422);
    }
    expect((await world.still(() => act("take_fees", { seller: 0 }))).code).toBe(422);
  });
});

describe("the operator's pages", () => {
  test("preview on the page, rule, and the dispute's page says what was done", async () => {
    const id = await disputed();
    const { headers, csrf } = await world.signIn("operator");
    const path = `/operator/orders/${world.seller}/${id}`;
    expect(words((await world.get("/operator", headers)).text)).toContain(String(id));
    const shown = await world.still(() =>
      world.post(path, { csrf, action: "preview_rule", buyer_gets: "2,000.00", comment: "both are right" }, headers),
    );
    expect(words(shown.text)).toMatch(/NGN 2,000\.00.*NGN 2,129\.16/);
    const ruled = await world.post(path, { csrf, action: "rule", buyer_gets: "2000.00", comment: "both are right" }, headers);
    expect(ruled.status).toBe(200);
    expect(await shares(id)).toEqual([
      ["buyer", 200_000n],
      ["seller", 212_916n],
    ]);
    const forged = await world.still(() => world.post(path, { csrf: "x", action: "reopen" }, headers));
    expect(forged.status).toBe(401);
  });

  test("a wrong amount is told in place", async () => {
    const id = await disputed();
    const { headers, csrf } = await world.signIn("operator");
    for (const typed of ["4500.01", "", "-1", "abc"]) {
      const answer = await world.still(() =>
        world.post(`/operator/orders/${world.seller}/${id}`, { csrf, action: "preview_rule", buyer_gets: typed }, headers),
      );
      expect([typed, answer.status, answer.text.includes('role="alert"')]).toEqual([typed, 422, true]);
    }
  });
});
