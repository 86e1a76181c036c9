import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { addFloat, changeMoney } from "../src/actions/book-steps.ts";
import { saveProvider } from "../src/actions/providers.ts";
import { requeue } from "../src/actions/unpark.ts";
import type { Disbursement } from "../src/domain/facts.ts";
import { must } from "../src/domain/fault.ts";
import { isRefusal } from "../src/domain/refusals.ts";
import { readOrderView } from "../src/db/orders.ts";
import { whyNotOut } from "../src/http/why.ts";
import { proveSolvency } from "../src/commands/prove-solvency.ts";
import { solvency } from "../src/ledger/solvency.ts";
import { verifyBooks } from "../src/ledger/verify.ts";
import { makeDue } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

// USD 169.45 at 410: the buyer bears both fees, a provider in dollars gets 80 % of 69,474.50 less the payout fee of 50.00.
const sample = { productCost: 6_947_450n, currency: "USD", amountFx: 16_945n, share: 2_000 } as const;
const [naira, cents] = [5_553_960n, 13_546n];

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
  await world.float(1_000_000n, "USD");
  await world.terms({ railFeeBearer: "buyer", escrowFeeBearer: "buyer" });
});
afterEach(() => world.sound());
afterAll(() => world.close());

let people = 0;
async function provider(ending: string): Promise<number> {
  people += 1;
  const saved = await world.done(
    saveProvider(world.as("seller"), {
      providerId: null,
      type: 2,
      firstName: "Ada",
      lastName: "Okafor",
      email: `ada${people}@example.test`,
      phone: `+23480312345${people}`,
      details: { wiseAccountId: `P12345${ending}`, accountName: "Ada Okafor" },
    }),
  );
  return Number(saved["provider"]);
}

/** An accepted order in dollars whose provider is paid at an account with that ending; nothing was sent yet. */
async function accepted(ending: string, more: Partial<Record<keyof typeof sample, unknown>> = {}): Promise<number> {
  const id = await world.delivered({ ...sample, providerId: await provider(ending), ...(more as object) });
  await world.done(accept(world.on("buyer", id)));
  return id;
}

async function payoutOf(orderId: number): Promise<Disbursement> {
  return must(
    (await world.sends(orderId)).find((one) => one.payeeKind === "service_provider"),
    "the provider's payout",
  );
}

/** Sums of postings of the seller's book, credit positive, in one currency. */
async function sums(currency: string): Promise<Record<string, bigint>> {
  const { rows } = await world.engine.pool.query<{ account: string; balance: bigint }>(
    `SELECT account, sum(amount)::bigint AS balance FROM (
       SELECT credit AS account, amount FROM postings WHERE seller_id = $1 AND currency = $2 UNION ALL
       SELECT debit, -amount FROM postings WHERE seller_id = $1 AND currency = $2) p GROUP BY account`,
    [world.seller, currency],
  );
  return Object.fromEntries(rows.map((row) => [row.account, row.balance]));
}

/** What changed by `work`: the position in both currencies, and dollars on their way and in cash. */
async function change(work: () => Promise<unknown>): Promise<{ fxNgn: bigint; fxUsd: bigint; out: bigint; cash: bigint }> {
  const look = async () => {
    const [ngn, usd] = [await sums("NGN"), await sums("USD")];
    return {
      fxNgn: ngn["platform:fx"] ?? 0n,
      fxUsd: usd["platform:fx"] ?? 0n,
      out: usd["rail:sandbox:outgoing"] ?? 0n,
      cash: -(usd["rail:sandbox:cash"] ?? 0n),
    };
  };
  const before = await look();
  await work();
  const after = await look();
  return {
    fxNgn: after.fxNgn - before.fxNgn,
    fxUsd: after.fxUsd - before.fxUsd,
    out: after.out - before.out,
    cash: after.cash - before.cash,
  };
}

const ask = async (one: Disbursement) => {
  await makeDue(world, "attempts", must(one.attemptId ?? undefined, "an attempt"));
  await world.due();
};

describe("a provider who is paid in dollars", () => {
  test("is owed naira and gets dollars at the frozen rate, to the cent; the platform's position carries both", async () => {
    const id = await accepted("7777");
    const queued = await payoutOf(id);
    expect(queued).toMatchObject({
      amount: naira,
      currency: "NGN",
      outAmount: cents,
      outCurrency: "USD",
      rail: "sandbox",
      state: "queued",
    });
    expect(await change(() => world.due())).toEqual({ fxNgn: naira, fxUsd: -cents, out: 0n, cash: -cents });
    const paid = await payoutOf(id);
    expect(paid.state).toBe("succeeded");
    const { rows } = await world.engine.pool.query("SELECT amount, currency, rail, state FROM attempts WHERE id = $1", [paid.attemptId]);
    expect(rows).toEqual([{ amount: cents, currency: "USD", rail: "sandbox", state: "succeeded" }]);
    expect((await world.balances())[`payee:service_provider:${paid.payeeId}:payable`]).toBeUndefined();
    const books = (await world.rail.books()).find((one) => one.currency === "USD");
    expect(books?.paidOut).toBe(cents);
  });

  test("has dollars on their way while the rail is asked, and every proof knows it", async () => {
    const id = await accepted("0001");
    expect(await change(() => world.due())).toEqual({ fxNgn: naira, fxUsd: -cents, out: cents, cash: 0n });
    expect((await payoutOf(id)).state).toBe("in_flight");
    expect((await verifyBooks(world.database.ownerPool)).findings).toEqual([]);
    const line = (await solvency(world.engine.pool)).find((one) => one.currency === "USD");
    expect(line?.surplus).toBeGreaterThan(0n);
    const proven = await proveSolvency(world.engine.pool, world.secretKey, "sandbox", new Date());
    if (isRefusal(proven)) throw new Error(proven.detail);
    const dollars = must(
      proven.statement.currencies.find((one) => one.currency === "USD"),
      "dollars",
    );
    expect(BigInt(must(dollars.rails[0], "a rail").in_flight)).toBe(cents);
    expect([BigInt(dollars.held), BigInt(dollars.total)]).toEqual([line?.held, 0n]);
    const read = await readOrderView(world.engine.pool, await world.order(id));
    expect(whyNotOut(read, new Date())).toContain(
      "The payout of NGN 55,539.60, paid as USD 135.46, is with the rail, which says it is pending.",
    );
    // A changed cent on the way is found.
    await world.database.ownerPool.query("UPDATE attempts SET amount = amount + 1 WHERE id = $1", [(await payoutOf(id)).attemptId]);
    expect((await verifyBooks(world.database.ownerPool)).findings.map((one) => one.says).join()).toContain("are on their way");
    await world.database.ownerPool.query("UPDATE attempts SET amount = amount - 1 WHERE id = $1", [(await payoutOf(id)).attemptId]);
    await ask(await payoutOf(id));
    await ask(await payoutOf(id));
    expect((await payoutOf(id)).state).toBe("succeeded");
  });

  test("whose account is closed is owed the naira again, and the position is as before", async () => {
    const id = await accepted("0009");
    expect(await change(() => world.due())).toEqual({ fxNgn: 0n, fxUsd: 0n, out: 0n, cash: 0n });
    const parked = await payoutOf(id);
    expect(parked).toMatchObject({ state: "parked", fault: "payee" });
    expect((await world.balances())[`payee:service_provider:${parked.payeeId}:payable`]).toBe(naira);
  });

  test("whose bank sends it back is owed the naira again, at the same rate", async () => {
    const id = await accepted("0008");
    await world.due();
    const paid = await payoutOf(id);
    const { rows } = await world.engine.pool.query<{ reference: string }>("SELECT reference FROM attempts WHERE id = $1", [paid.attemptId]);
    expect(
      await change(async () => {
        await world.rail.concludeSend(must(rows[0], "the attempt").reference, "reverse");
        await world.due();
      }),
    ).toEqual({ fxNgn: -naira, fxUsd: cents, out: 0n, cash: cents });
    expect((await payoutOf(id)).state).toBe("parked");
  });

  test("is not paid again where the answer was lost", async () => {
    const id = await accepted("0003");
    await world.due();
    expect((await payoutOf(id)).state).toBe("outcome_unknown");
    const before = (await world.rail.books()).find((one) => one.currency === "USD")?.paidOut;
    await ask(await payoutOf(id));
    expect((await payoutOf(id)).state).toBe("succeeded");
    expect((await world.rail.books()).find((one) => one.currency === "USD")?.paidOut).toBe(before);
  });

  test("is paid several small sums together, in one attempt; the smallest payout is a sum in naira", async () => {
    const one = await provider("7777");
    const small = { ...sample, productCost: 410_000n, amountFx: 1_000n, providerId: one, share: 9_900 } as const;
    const first = await world.delivered(small);
    await world.done(accept(world.on("buyer", first)));
    await world.due();
    expect(await payoutOf(first)).toMatchObject({ amount: 4_050n, outAmount: 10n, state: "parked" });
    const others = [];
    for (let n = 0; n < 2; n += 1) {
      const id = await world.delivered(small);
      await world.done(accept(world.on("buyer", id)));
      others.push(id);
    }
    expect(await change(() => world.due())).toEqual({ fxNgn: 12_150n, fxUsd: -30n, out: 0n, cash: -30n });
    const states = await Promise.all([first, ...others].map(async (id) => (await payoutOf(id)).state));
    expect(states).toEqual(["succeeded", "succeeded", "succeeded"]);
  });
});

describe("what cannot be paid in dollars", () => {
  test("less than a cent is parked, and says why", async () => {
    world.settings.minimumPayout = 0n;
    world.settings.payoutFee = 0n;
    const id = await accepted("7777", { productCost: 410_000n, amountFx: 1_000n, share: 9_999 });
    await world.due();
    // A ten-thousandth of it is 41 kobo.
    expect(await payoutOf(id)).toMatchObject({ amount: 41n, outAmount: 0n, state: "parked" });
    expect((await payoutOf(id)).reason).toContain("less than the smallest unit of USD");
    world.settings.minimumPayout = 10_000n;
    world.settings.payoutFee = 5_000n;
  });

  test("in live mode without a rail for it is parked for the operator, who names one and sends it again", async () => {
    world.settings.mode = "live";
    const id = await accepted("7777");
    await world.due();
    const parked = await payoutOf(id);
    expect(parked).toMatchObject({ state: "parked", outAmount: cents, attempts: 0 });
    expect(parked.reason).toContain("payout_rails.USD");
    const again = () =>
      requeue({
        ...world.as("operator"),
        disbursementId: parked.id,
        orderId: id,
        payeeKind: parked.payeeKind,
        payeeId: parked.payeeId,
      });
    expect(await world.refused(again())).toBe("hold_standing");
    world.settings.rails = { ...world.settings.rails, paysOut: { USD: "sandbox" } };
    await world.done(again());
    await world.due();
    expect((await payoutOf(id)).state).toBe("succeeded");
    world.settings.rails = { ...world.settings.rails, paysOut: {} };
    world.settings.mode = "sandbox";
  });
});

test("the rail that the settings name for dollars pays them", async () => {
  world.settings.rails = { ...world.settings.rails, paysOut: { USD: "wise" } };
  const id = await accepted("7777");
  expect((await payoutOf(id)).rail).toBe("wise");
  // It is not connected here, so it waits.
  await world.due();
  expect((await payoutOf(id)).state).toBe("queued");
  world.settings.rails = { ...world.settings.rails, paysOut: {} };
});

describe("the operator changes money", () => {
  const operator = () => world.as("operator", "operator:1", 0);
  const gave = { rail: "sandbox", currency: "NGN", amount: 5_560_000n };
  const got = { rail: "sandbox", currency: "USD", amount: 13_546n };

  test("what left one balance and reached the other is booked; the rest is gain or loss", async () => {
    await world.done(changeMoney(operator(), { gave, got, surplus: gave.amount }));
    const { rows } = await world.engine.pool.query(
      "SELECT debit, credit, amount, currency FROM postings WHERE seller_id = 0 ORDER BY seq DESC LIMIT 2",
    );
    expect(rows).toEqual([
      { debit: "rail:sandbox:cash", credit: "platform:fx", amount: 13_546n, currency: "USD" },
      { debit: "platform:fx", credit: "rail:sandbox:cash", amount: 5_560_000n, currency: "NGN" },
    ]);
  });

  test("never more than what is held above what is owed, never nothing, never into itself", async () => {
    expect(await world.refused(changeMoney(operator(), { gave, got, surplus: gave.amount - 1n }))).toBe("mismatch");
    expect(await world.refused(changeMoney(operator(), { gave: { ...gave, amount: 0n }, got, surplus: 1n }))).toBe("amount_invalid");
    expect(await world.refused(changeMoney(operator(), { gave, got: { ...got, amount: 0n }, surplus: gave.amount }))).toBe(
      "amount_invalid",
    );
    expect(await world.refused(changeMoney(operator(), { gave, got: gave, surplus: gave.amount }))).toBe("invalid");
  });

  test("float is added in dollars too", async () => {
    const before = (await solvency(world.engine.pool)).find((one) => one.currency === "USD")?.held ?? 0n;
    await world.done(addFloat(operator(), { amount: 500n, currency: "USD" }));
    expect((await solvency(world.engine.pool)).find((one) => one.currency === "USD")?.held).toBe(before + 500n);
  });
});
