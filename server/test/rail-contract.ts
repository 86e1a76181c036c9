import { expect, test } from "vitest";
import { Fault } from "../src/domain/fault.ts";
import type { PayeeDetails, Rail, RailEvent, SendRequest } from "../src/rails/rail.ts";
import { RailEventRejected } from "../src/rails/rail.ts";

/** A rail set up for the part of the contract that is about sends, with what its outside world must be able to do. */
export interface SendingRail {
  readonly rail: Rail;
  /** Events as they came, oldest first. */
  received(): readonly { readonly raw: Buffer; readonly headers: Record<string, string> }[];
  /** An account that is paid, several more, one that cannot be paid, one whose call is lost after its effect, and one of whose send the rail tells. */
  readonly goodAccount: PayeeDetails;
  readonly otherAccounts: readonly PayeeDetails[];
  readonly deadAccount: PayeeDetails;
  readonly silentAccount: PayeeDetails;
  readonly tellingAccount: PayeeDetails;
  /** How often money really went out under a send's reference. */
  timesSent(reference: string): Promise<number>;
  /** Lets the rail finish what it has begun: everything pending is decided afterwards. */
  finish(): Promise<void>;
  /** True where a refused send leaves nothing behind, so that a look-up says `never_seen`. */
  readonly forgetsRefused?: boolean;
}

/** A rail set up for all of the contract. */
export interface RailUnderTest extends SendingRail {
  /** The payer pays the whole of what was asked. */
  pay(reference: string): Promise<void>;
  /** The payer's bank says no. */
  decline(reference: string): Promise<void>;
  /** True where the rail's page is only ever open, paid or lapsed, so that a payment that the bank declined is still `open`. */
  readonly declinedStaysOpen?: boolean;
  /** True where nothing binds an event's body to its signature: then no event may say more than where to look. */
  readonly unboundEvents?: boolean;
}

/**
 * Registers the tests that every rail which takes payments must pass, in a currency that it takes and pays out. `make` is called once, at the
 * first test.
 */
export function railContract(name: string, make: () => Promise<RailUnderTest>, currency = "NGN"): void {
  let made: Promise<RailUnderTest> | undefined;
  const world = (): Promise<RailUnderTest> => (made ??= make());
  paymentContract(name, world, currency);
  sendContract(name, world, currency);
}

function paymentContract(name: string, world: () => Promise<RailUnderTest>, currency: string): void {
  const asked = (reference: string) => ({
    sellerId: 7,
    reference,
    amount: 450_000n,
    currency,
    description: "An order",
    returnUrl: "https://shop.example/back",
    payerEmail: "buyer@shop.example",
  });

  test(`${name}: a page opened twice under one reference is one page, and asking for other money is a fault`, async () => {
    const { rail } = await world();
    const first = await rail.openPayment(asked("contract-open-page"));
    expect(await rail.openPayment(asked("contract-open-page"))).toEqual(first);
    await expect(rail.openPayment({ ...asked("contract-open-page"), amount: 1n })).rejects.toThrow(Fault);
    expect(await rail.lookUpPayment("contract-open-page")).toEqual({ reference: "contract-open-page", status: "open", receipts: [] });
  });

  test(`${name}: a payment's reference that the rail never saw is unknown, not failed`, async () => {
    const { rail } = await world();
    expect((await rail.lookUpPayment("contract-seen-nowhere")).status).toBe("unknown_reference");
  });

  test(`${name}: a look-up and the event tell the same money`, async () => {
    const { rail, pay, received, finish } = await world();
    await rail.openPayment(asked("contract-paid-page"));
    await pay("contract-paid-page");
    await finish();
    const seen = await rail.lookUpPayment("contract-paid-page");
    expect(seen).toMatchObject({ status: "succeeded", amount: 450_000n, currency });
    expect(seen.receipts).toHaveLength(1);
    const event = eventsOf(rail, received()).find(
      (e) => (e.type === "payment.succeeded" || e.type === "payment.changed") && e.reference === "contract-paid-page",
    );
    // A hint says only where to look.
    if (event?.type === "payment.changed") expect(event.amount).toBeUndefined();
    else expect(event).toMatchObject({ amount: seen.amount, currency: seen.currency, fee: seen.fee, railReference: seen.railReference });
  });

  test(`${name}: a declined payment can still be paid`, async () => {
    const { rail, pay, decline, declinedStaysOpen = false } = await world();
    await rail.openPayment(asked("contract-declined-page"));
    await decline("contract-declined-page");
    const status = declinedStaysOpen ? "open" : "failed";
    expect(await rail.lookUpPayment("contract-declined-page")).toMatchObject({ status, receipts: [] });
    await pay("contract-declined-page");
    expect((await rail.lookUpPayment("contract-declined-page")).status).toBe("succeeded");
  });

  const refund = (reference: string, paymentReference: string, amount = 300_000n): SendRequest => ({
    reference,
    kind: "refund",
    amount,
    currency,
    to: { paymentReference },
  });
  const paidFor = async (reference: string): Promise<void> => {
    const { rail, pay, finish } = await world();
    await rail.openPayment(asked(reference));
    await pay(reference);
    await finish();
  };

  test(`${name}: refunds of a payment never exceed it, even when asked for at the same time`, async () => {
    const { rail, finish } = await world();
    await paidFor("contract-money-back");
    const names = ["contract-money-back-1", "contract-money-back-2", "contract-money-back-3"];
    await Promise.all(names.map((r) => rail.send(refund(r, "contract-money-back"))));
    await finish();
    const known = await Promise.all(names.map((r) => rail.lookUpSend(refund(r, "contract-money-back"))));
    expect(known.filter((one) => one.status === "succeeded")).toHaveLength(1);
    for (const one of known) expect(["succeeded", "failed"]).toContain(one.status);
  });

  test(`${name}: one refund asked for by several at the same time goes back once, and two parts of a payment are two refunds`, async () => {
    const { rail, finish, timesSent } = await world();
    await paidFor("contract-back-in-parts");
    const asked8 = Array.from({ length: 8 }, () => rail.send(refund("contract-first-part", "contract-back-in-parts", 100_000n)));
    for (const outcome of await Promise.all(asked8)) expect(["succeeded", "pending", "unknown"]).toContain(outcome.status);
    await rail.send(refund("contract-second-part", "contract-back-in-parts", 100_000n));
    await finish();
    for (const part of ["contract-first-part", "contract-second-part"]) {
      expect((await rail.lookUpSend(refund(part, "contract-back-in-parts", 100_000n))).status).toBe("succeeded");
      expect(await timesSent(part)).toBe(1);
    }
    await expect(rail.send(refund("contract-first-part", "contract-back-in-parts", 100_001n))).rejects.toThrow(Fault);
  });

  test(`${name}: an event with a changed byte, a foreign signature or none is rejected`, async () => {
    const { rail, pay, received, finish, unboundEvents = false } = await world();
    await rail.openPayment(asked("contract-forged-event"));
    await pay("contract-forged-event");
    await finish();
    const last = received().at(-1);
    if (last === undefined) throw new Error("no event came");
    expect(rail.parseEvent(last.raw, last.headers).reference).toBe("contract-forged-event");
    const changed = Buffer.from(last.raw.toString("utf8").replace("4500", "9500"), "utf8");
    expect(changed.equals(last.raw)).toBe(false);
    if (unboundEvents) {
      for (const event of [rail.parseEvent(changed, last.headers), ...eventsOf(rail, received())]) {
        expect(event.type).toMatch(/^(payment|send|refund)\.changed$/);
        expect(Object.keys(event).toSorted()).toEqual(["eventId", "occurredAt", "reference", "type"]);
      }
    } else expect(() => rail.parseEvent(changed, last.headers)).toThrow(RailEventRejected);
    expect(() => rail.parseEvent(last.raw, {})).toThrow(RailEventRejected);
    const foreign = Object.fromEntries(
      Object.entries(last.headers).map(([k, v]) => [k, v.replace(/[0-9a-f]$/, (c) => (c === "0" ? "1" : "0"))]),
    );
    expect(() => rail.parseEvent(last.raw, foreign)).toThrow(RailEventRejected);
  });
}

/** Registers the tests of sends alone, in that currency: what a rail that only pays out must pass, and every other one too. */
export function sendContract(name: string, make: () => Promise<SendingRail>, currency: string): void {
  let made: Promise<SendingRail> | undefined;
  const world = (): Promise<SendingRail> => (made ??= make());
  const payout = (reference: string, to: PayeeDetails): SendRequest => ({ reference, kind: "payout", amount: 5000n, currency, to });

  test(`${name}: a send's reference that the rail never saw is unknown, not failed`, async () => {
    const { rail, goodAccount } = await world();
    expect((await rail.lookUpSend(payout("contract-seen-nowhere", goodAccount))).status).toBe("never_seen");
  });

  test(`${name}: one reference sends once, however often it is asked and how many ask at a time`, async () => {
    const { rail, goodAccount, timesSent, finish } = await world();
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => rail.send(payout("contract-sent-once", goodAccount))));
    for (const outcome of outcomes) expect(["succeeded", "pending"]).toContain(outcome.status);
    await finish();
    expect((await rail.send(payout("contract-sent-once", goodAccount))).status).toBe("succeeded");
    expect(await timesSent("contract-sent-once")).toBe(1);
    await expect(rail.send({ ...payout("contract-sent-once", goodAccount), amount: 5001n })).rejects.toThrow(Fault);
    expect(await timesSent("contract-sent-once")).toBe(1);
  });

  test(`${name}: one reference given to several payees at the same time pays one of them`, async () => {
    const { rail, otherAccounts, timesSent, finish } = await world();
    const outcomes = await Promise.allSettled(otherAccounts.map((to) => rail.send(payout("contract-sent-to-several", to))));
    await finish();
    expect(outcomes.filter((o) => o.status === "fulfilled")).toHaveLength(1);
    expect(await timesSent("contract-sent-to-several")).toBe(1);
  });

  test(`${name}: a failure names whose fault it is and moves nothing`, async () => {
    const { rail, deadAccount, timesSent, forgetsRefused = false } = await world();
    const outcome = await rail.send(payout("contract-dead-account", deadAccount));
    expect(outcome).toMatchObject({ status: "failed", fault: "payee" });
    expect(await rail.send(payout("contract-dead-account", deadAccount))).toEqual(outcome);
    const known = await rail.lookUpSend(payout("contract-dead-account", deadAccount));
    if (forgetsRefused) expect(known).toEqual({ status: "never_seen" });
    else expect(known).toEqual(outcome);
    expect(await timesSent("contract-dead-account")).toBe(0);
  });

  test(`${name}: an answer that was lost is found by a look-up, and asking again sends nothing more`, async () => {
    const { rail, silentAccount, timesSent, finish } = await world();
    await expect(rail.send(payout("contract-answer-lost", silentAccount))).rejects.toBeInstanceOf(Error);
    await finish();
    expect((await rail.lookUpSend(payout("contract-answer-lost", silentAccount))).status).toBe("succeeded");
    expect((await rail.send(payout("contract-answer-lost", silentAccount))).status).toBe("succeeded");
    expect(await timesSent("contract-answer-lost")).toBe(1);
  });

  test(`${name}: what it tells of a send leads to our reference, and is not believed without its signature`, async () => {
    const { rail, tellingAccount, received, finish } = await world();
    const before = received().length;
    await rail.send(payout("contract-told-of-send", tellingAccount));
    await finish();
    const told = received().slice(before);
    expect(told.length).toBeGreaterThan(0);
    for (const one of told) {
      const parsed = rail.parseEvent(one.raw, one.headers);
      const { reference, type } = (await rail.placeEvent?.(parsed)) ?? parsed;
      expect(reference).toBe("contract-told-of-send");
      expect(type).toMatch(/^send\./);
      expect(() => rail.parseEvent(one.raw, {})).toThrow(RailEventRejected);
      // Every header says something else: the signature does too.
      const foreign = Object.entries(one.headers).map(([k, v]) => [k, v.replace(/[0-9a-zA-Z]/, (c) => (c === "0" ? "1" : "0"))]);
      expect(() => rail.parseEvent(one.raw, Object.fromEntries(foreign) as Record<string, string>)).toThrow(RailEventRejected);
    }
  });
}

function eventsOf(rail: Rail, received: readonly { readonly raw: Buffer; readonly headers: Record<string, string> }[]): RailEvent[] {
  return received.map((e) => rail.parseEvent(e.raw, e.headers));
}
