import { expect, test } from "vitest";
import { Fault } from "../src/domain/fault.ts";
import type { PayeeDetails, Rail, RailEvent, SendRequest } from "../src/rails/rail.ts";
import { RailEventRejected } from "../src/rails/rail.ts";

/** A rail set up for the contract, with what its outside world must be able to do. */
export interface RailUnderTest {
  readonly rail: Rail;
  /** The payer pays the whole of what was asked. */
  pay(reference: string): Promise<void>;
  /** The payer's bank says no. */
  decline(reference: string): Promise<void>;
  /** Events as they came, oldest first. */
  received(): readonly { readonly raw: Buffer; readonly headers: Record<string, string> }[];
  /** An account that is paid, several more, one that cannot be paid, and one whose call is lost after its effect. */
  readonly goodAccount: PayeeDetails;
  readonly otherAccounts: readonly PayeeDetails[];
  readonly deadAccount: PayeeDetails;
  readonly silentAccount: PayeeDetails;
  /** How often money really went out under a send's reference. */
  timesSent(reference: string): Promise<number>;
}

/** Registers the tests that every rail must pass. `make` is called once, at the first test. */
export function railContract(name: string, make: () => Promise<RailUnderTest>): void {
  let made: Promise<RailUnderTest> | undefined;
  const world = (): Promise<RailUnderTest> => (made ??= make());
  const asked = (reference: string) => ({
    sellerId: 7,
    reference,
    amount: 450_000n,
    currency: "NGN",
    description: "An order",
    returnUrl: "https://shop.example/back",
  });
  const payout = (reference: string, to: PayeeDetails): SendRequest => ({ reference, kind: "payout", amount: 5000n, currency: "NGN", to });

  test(`${name}: a page opened twice under one reference is one page, and asking for other money is a fault`, async () => {
    const { rail } = await world();
    const first = await rail.openPayment(asked("c-open"));
    expect(await rail.openPayment(asked("c-open"))).toEqual(first);
    await expect(rail.openPayment({ ...asked("c-open"), amount: 1n })).rejects.toThrow(Fault);
    expect(await rail.lookUpPayment("c-open")).toEqual({ reference: "c-open", status: "open", receipts: [] });
  });

  test(`${name}: a reference that the rail never saw is unknown, not failed`, async () => {
    const { rail } = await world();
    expect((await rail.lookUpPayment("c-nowhere")).status).toBe("unknown_reference");
    expect((await rail.lookUpSend("c-nowhere")).status).toBe("never_seen");
  });

  test(`${name}: a look-up and the event tell the same money`, async () => {
    const { rail, pay, received } = await world();
    await rail.openPayment(asked("c-paid"));
    await pay("c-paid");
    const seen = await rail.lookUpPayment("c-paid");
    expect(seen).toMatchObject({ status: "succeeded", amount: 450_000n, currency: "NGN" });
    expect(seen.receipts).toHaveLength(1);
    const event = eventsOf(rail, received()).find((e) => e.type === "payment.succeeded" && e.reference === "c-paid");
    expect(event).toMatchObject({ amount: seen.amount, currency: seen.currency, fee: seen.fee, railReference: seen.railReference });
  });

  test(`${name}: a declined payment can still be paid`, async () => {
    const { rail, pay, decline } = await world();
    await rail.openPayment(asked("c-declined"));
    await decline("c-declined");
    expect(await rail.lookUpPayment("c-declined")).toMatchObject({ status: "failed", receipts: [] });
    await pay("c-declined");
    expect((await rail.lookUpPayment("c-declined")).status).toBe("succeeded");
  });

  test(`${name}: one reference sends once, however often it is asked and how many ask at a time`, async () => {
    const { rail, goodAccount, timesSent } = await world();
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => rail.send(payout("c-once", goodAccount))));
    for (const outcome of outcomes) expect(outcome.status).toBe("succeeded");
    expect(await timesSent("c-once")).toBe(1);
    await expect(rail.send({ ...payout("c-once", goodAccount), amount: 5001n })).rejects.toThrow(Fault);
    expect(await timesSent("c-once")).toBe(1);
  });

  test(`${name}: one reference given to several payees at the same time pays one of them`, async () => {
    const { rail, otherAccounts, timesSent } = await world();
    const outcomes = await Promise.allSettled(otherAccounts.map((to) => rail.send(payout("c-mixed", to))));
    expect(outcomes.filter((o) => o.status === "fulfilled")).toHaveLength(1);
    expect(await timesSent("c-mixed")).toBe(1);
  });

  test(`${name}: a failure names whose fault it is and moves nothing`, async () => {
    const { rail, deadAccount, timesSent } = await world();
    const outcome = await rail.send(payout("c-dead", deadAccount));
    expect(outcome).toMatchObject({ status: "failed", fault: "payee" });
    expect(await rail.send(payout("c-dead", deadAccount))).toEqual(outcome);
    expect(await rail.lookUpSend("c-dead")).toEqual(outcome);
    expect(await timesSent("c-dead")).toBe(0);
  });

  test(`${name}: an answer that was lost is found by a look-up, and asking again sends nothing more`, async () => {
    const { rail, silentAccount, timesSent } = await world();
    await expect(rail.send(payout("c-silent", silentAccount))).rejects.toBeInstanceOf(Error);
    expect((await rail.lookUpSend("c-silent")).status).toBe("succeeded");
    expect((await rail.send(payout("c-silent", silentAccount))).status).toBe("succeeded");
    expect(await timesSent("c-silent")).toBe(1);
  });

  test(`${name}: refunds of a payment never exceed it, even when asked for at the same time`, async () => {
    const { rail, pay } = await world();
    await rail.openPayment(asked("c-back"));
    await pay("c-back");
    const refund = (reference: string): SendRequest => ({
      reference,
      kind: "refund",
      amount: 300_000n,
      currency: "NGN",
      to: { paymentReference: "c-back" },
    });
    const outcomes = await Promise.all(["c-back-1", "c-back-2", "c-back-3"].map((r) => rail.send(refund(r))));
    expect(outcomes.filter((o) => o.status === "succeeded")).toHaveLength(1);
  });

  test(`${name}: an event with a changed byte, a foreign signature or none is rejected`, async () => {
    const { rail, pay, received } = await world();
    await rail.openPayment(asked("c-forged"));
    await pay("c-forged");
    const last = received().at(-1);
    if (last === undefined) throw new Error("no event came");
    expect(rail.parseEvent(last.raw, last.headers).reference).toBe("c-forged");
    const changed = Buffer.from(last.raw.toString("utf8").replace("450000", "950000"), "utf8");
    expect(() => rail.parseEvent(changed, last.headers)).toThrow(RailEventRejected);
    expect(() => rail.parseEvent(last.raw, {})).toThrow(RailEventRejected);
    const foreign = Object.fromEntries(
      Object.entries(last.headers).map(([k, v]) => [k, v.replace(/[0-9a-f]$/, (c) => (c === "0" ? "1" : "0"))]),
    );
    expect(() => rail.parseEvent(last.raw, foreign)).toThrow(RailEventRejected);
  });
}

function eventsOf(rail: Rail, received: readonly { readonly raw: Buffer; readonly headers: Record<string, string> }[]): RailEvent[] {
  return received.map((e) => rail.parseEvent(e.raw, e.headers));
}
