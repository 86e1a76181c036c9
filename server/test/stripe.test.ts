import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isCurrency } from "../src/domain/currency.ts";
import { Fault } from "../src/domain/fault.ts";
import { NoAnswer, RailEventRejected } from "../src/rails/rail.ts";
import { memoryOfThisProcess } from "../src/rails/rail-memory.ts";
import { makeStripe } from "../src/rails/stripe/stripe.ts";
import { account, act, asked, emulator, heard, overStripe, payout, rail, stage, timesSent, told } from "./setup/over-stripe.ts";
import { railContract } from "./rail-contract.ts";

const day = 86_400_000;

overStripe();

railContract(
  "stripe",
  async () => {
    emulator.stripe.script({ fault: "timeout_after", on: "POST /v1/transfers", reference: "contract-answer-lost", times: 1 });
    return {
      rail,
      pay: (reference) => act(reference, "pay"),
      decline: (reference) => act(reference, "fail"),
      received: () => heard.all,
      goodAccount: account("acct_ada"),
      otherAccounts: ["acct_one", "acct_two", "acct_three", "acct_four"].map(account),
      deadAccount: account("acct_blocked"),
      silentAccount: account("acct_silent"),
      tellingAccount: account("acct_telling"),
      declinedStaysOpen: true,
      finish: () => emulator.clock.idle(),
      timesSent,
    };
  },
  "USD",
);

describe("a payment", () => {
  test("is told with its charge and with the fee of its balance transaction", async () => {
    await act("paid-with-its-fee", "pay");
    const known = await rail.lookUpPayment("paid-with-its-fee");
    expect(known).toMatchObject({ status: "succeeded", amount: 450_000n, fee: 13_080n, method: "card" });
    expect(known.railReference).toMatch(/^ch_/);
  });

  test.each(["wrong_amount", "wrong_currency"] as const)("that brought a %s is told as it came", async (fault) => {
    const reference = `paid-${fault.replace("_", "-")}`;
    emulator.stripe.script({ fault, on: "pay", reference, times: 1 });
    await act(reference, "pay");
    const known = await rail.lookUpPayment(reference);
    const came = fault === "wrong_amount" ? { amount: 449_900n, currency: "USD" } : { amount: 450_000n, currency: "NGN" };
    expect(known).toMatchObject({ status: "succeeded", ...came });
  });

  test("in naira is opened and told in naira", async () => {
    await act("paid-in-naira", "pay", "NGN");
    expect(await rail.lookUpPayment("paid-in-naira")).toMatchObject({ status: "succeeded", amount: 450_000n, currency: "NGN" });
  });

  test("that waits for the payer's bank is pending, and succeeds later", async () => {
    emulator.stripe.script({ fault: "pending", on: "pay", reference: "paid-hours-later", times: 1 });
    await act("paid-hours-later", "pay");
    expect(await rail.lookUpPayment("paid-hours-later")).toMatchObject({ status: "pending", receipts: [] });
    await emulator.clock.advance(6 * 3_600_000);
    expect(await rail.lookUpPayment("paid-hours-later")).toMatchObject({ status: "succeeded", amount: 450_000n });
  });

  test("that nobody makes is abandoned when its page has lapsed", async () => {
    await rail.openPayment(asked("never-paid-at-all"));
    await emulator.clock.advance(day);
    expect(await rail.lookUpPayment("never-paid-at-all")).toMatchObject({ status: "abandoned", receipts: [] });
  });

  test("whose opening was not answered is neither open nor unknown, and the next try opens the same page", async () => {
    emulator.stripe.script({ fault: "timeout_after", on: "POST /v1/checkout/sessions", reference: "opened-unheard", times: 1 });
    await expect(rail.openPayment(asked("opened-unheard"))).rejects.toBeInstanceOf(NoAnswer);
    await expect(rail.lookUpPayment("opened-unheard")).rejects.toBeInstanceOf(NoAnswer);
    // Other words do not make it another page: what is asked for stands since the first try.
    const { url } = await rail.openPayment({ ...asked("opened-unheard"), description: "Said otherwise" });
    expect(await rail.openPayment(asked("opened-unheard"))).toEqual({ url });
    await fetch(`${url}?act=pay`, { redirect: "manual" });
    expect((await rail.lookUpPayment("opened-unheard")).receipts).toHaveLength(1);
  });

  test("whose opening was not answered has one page, not two", async () => {
    emulator.stripe.script({ fault: "timeout_after", on: "POST /v1/checkout/sessions", reference: "opened-but-once", times: 1 });
    await expect(rail.openPayment(asked("opened-but-once"))).rejects.toBeInstanceOf(NoAnswer);
    await rail.openPayment(asked("opened-but-once"));
    await emulator.clock.advance(day);
    const lapsed = emulator.stripe.events().map((one) => JSON.stringify(one));
    expect(lapsed.filter((one) => one.includes("checkout.session.expired") && one.includes("opened-but-once"))).toHaveLength(1);
  });

  test("whose opening was never answered is abandoned once its page must have lapsed", async () => {
    emulator.stripe.script({ fault: "timeout_before", on: "POST /v1/checkout/sessions", reference: "opened-nowhere", times: 1 });
    await expect(rail.openPayment(asked("opened-nowhere"))).rejects.toBeInstanceOf(NoAnswer);
    await emulator.clock.advance(2 * day);
    expect(await rail.lookUpPayment("opened-nowhere")).toMatchObject({ status: "abandoned" });
  });

  test("is found by whoever remembers nothing", async () => {
    await act("paid-before-forgotten", "pay");
    const stranger = makeStripe({ ...stage(), memory: memoryOfThisProcess() });
    expect(await stranger.lookUpPayment("paid-before-forgotten")).toEqual(await rail.lookUpPayment("paid-before-forgotten"));
    await stranger.close();
  });
});

describe("an event", () => {
  test("that is signed with another secret is rejected, and the true one beside it is not", async () => {
    emulator.stripe.script({ fault: "webhook_forged", on: "pay", reference: "told-of-by-a-forger", times: 1 });
    await emulator.clock.idle();
    const before = heard.all.length;
    await act("told-of-by-a-forger", "pay");
    await emulator.clock.idle();
    const read = heard.all.slice(before).map(({ raw, headers }) => {
      try {
        return rail.parseEvent(raw, headers).type;
      } catch (error) {
        return error instanceof RailEventRejected ? "rejected" : error;
      }
    });
    expect(read.map(String).toSorted()).toEqual([
      "payment.changed",
      "payment.changed",
      "payment.changed",
      "rejected",
      "rejected",
      "rejected",
    ]);
  });

  test("is good for five minutes after it was signed", async () => {
    await act("told-of-in-time", "pay");
    await emulator.clock.idle();
    const last = heard.all.at(-1);
    if (last === undefined) throw new Error("no event came");
    const signed = emulator.clock.now().getTime();
    const at = (ms: number) => makeStripe({ ...stage(), clock: () => new Date(signed + ms) }).parseEvent(last.raw, last.headers);
    expect(at(300_000).reference).toBe("told-of-in-time");
    expect(() => at(302_000)).toThrow(RailEventRejected);
  });

  test("whose body says something that we do not read is kept as unknown", () => {
    const raw = Buffer.from(JSON.stringify({ id: "evt_1", object: "event", type: "payout.paid", created: 1, data: { object: {} } }));
    expect(rail.parseEvent(raw, sign(raw))).toMatchObject({ eventId: "evt_1", type: "unknown" });
  });
});

/** The header of an event that Stripe would sign now. */
function sign(raw: Buffer): Record<string, string> {
  const time = Math.floor(emulator.clock.now().getTime() / 1000);
  const signature = createHmac("sha256", emulator.stripe.secrets["webhook_secret"] ?? "")
    .update(`${time}.${raw.toString("utf8")}`)
    .digest("hex");
  return { "stripe-signature": `t=${time},v1=${signature}` };
}

describe("a dispute", () => {
  test.each(["won", "lost"] as const)("takes the money when it opens; that it was %s is told with its fee", async (outcome) => {
    const reference = `disputed-and-${outcome}`;
    await act(reference, "pay");
    const { railReference = "" } = await rail.lookUpPayment(reference);
    const events = await told(async () => {
      const { id } = emulator.stripe.levers.openDispute(railReference, 100_000n) as { id: string };
      emulator.stripe.levers.resolveDispute(id, outcome);
    });
    const about = { railReference, amount: 100_000n, currency: "USD", moneyTaken: true };
    expect(events.filter((one) => one.type !== "unknown")).toMatchObject([
      { type: "payment.dispute_opened", ...about },
      { type: `payment.dispute_${outcome}`, ...about, fee: 1500n },
    ]);
  });

  test("that is only an inquiry has taken nothing", () => {
    const object = { id: "dp_1", charge: "ch_1", amount: 100, currency: "usd", status: "warning_needs_response", balance_transactions: [] };
    const raw = Buffer.from(JSON.stringify({ id: "evt_2", type: "charge.dispute.created", created: 1, data: { object } }));
    expect(rail.parseEvent(raw, sign(raw))).toMatchObject({ type: "payment.dispute_opened", moneyTaken: false, railReference: "ch_1" });
  });
});

test("a payment settles when it becomes available, net of its fee, and the balance then holds it", async () => {
  const held = async () => (await rail.balances?.())?.find((one) => one.currency === "USD")?.available ?? 0n;
  await emulator.clock.advance(3 * day);
  await act("paid-before-available", "pay");
  const from = emulator.clock.now();
  const before = await held();
  expect(await rail.settlements?.(from)).toEqual([]);
  await emulator.clock.advance(2 * day);
  const settled = (await rail.settlements?.(from)) ?? [];
  expect(settled).toMatchObject([
    {
      currency: "USD",
      amount: 436_920n,
      settledAt: new Date(from.getTime() + 2 * day),
      lines: [{ kind: "payment", reference: "paid-before-available", gross: 450_000n, fee: 13_080n, net: 436_920n }],
    },
  ]);
  expect((await held()) - before).toBe(436_920n);
});

test("every currency that it takes is one that can be booked", () => {
  expect(rail.can.takes.filter((code) => !isCurrency(code))).toEqual([]);
});

test("a payment or a payout that Stripe cannot count exactly is refused before anything is asked", async () => {
  await expect(rail.openPayment({ ...asked("opened-too-finely"), amount: 1234n, currency: "KWD" })).rejects.toThrow(Fault);
  const request = { ...payout("paid-out-too-finely"), amount: 501n, currency: "MGA" };
  expect(await rail.send(request)).toMatchObject({ status: "failed", fault: "rail" });
});
