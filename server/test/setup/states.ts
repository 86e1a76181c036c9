import { agree, openAgreedCheckout, propose } from "../../src/actions/agree.ts";
import { cancel } from "../../src/actions/cancel.ts";
import { confirmReturn } from "../../src/actions/confirm-return.ts";
import { contestReturn, escalate } from "../../src/actions/contest.ts";
import { expire } from "../../src/actions/expire.ts";
import { makeOffer } from "../../src/actions/offer.ts";
import type { CheckoutInput } from "../../src/actions/open-checkout.ts";
import { saveProvider } from "../../src/actions/providers.ts";
import { redeliver } from "../../src/actions/redeliver.ts";
import { reject } from "../../src/actions/reject.ts";
import { setSeller } from "../../src/actions/sellers.ts";
import { rule } from "../../src/actions/settle-dispute.ts";
import type { Disbursement } from "../../src/domain/facts.ts";
import { must } from "../../src/domain/fault.ts";
import type { OrderState } from "../../src/domain/order-table.ts";
import { isRefusal } from "../../src/domain/refusals.ts";
import type { World } from "./world.ts";
import { details } from "./world.ts";
import { newTokenHash } from "./token-hash.ts";

type Input = Partial<CheckoutInput>;

/** Brings a new order into a state, by the shortest way; no job has run since its last step. */
export async function reach(world: World, state: OrderState, input: Input = {}): Promise<number> {
  const { on, done } = world;
  const then = async (before: OrderState, step: (id: number) => Promise<unknown>) => {
    const id = await reach(world, before, input);
    await step(id);
    return id;
  };
  switch (state) {
    case "proposed":
      return proposal(world);
    case "agreed":
      return then("proposed", (id) => done(agree(on("buyer", id), { version: 1 })));
    case "awaiting_payment":
      return world.checkout(input);
    case "expired":
      return then("awaiting_payment", (id) => done(expire(on("buyer", id))));
    case "funded":
      return world.funded(input);
    case "redelivery":
      return then("rejected", async (id) => {
        const { offer } = await done(makeOffer(on("seller", id), { kind: "redelivery" }));
        await done(redeliver(on("buyer", id), { offerId: Number(offer) }));
      });
    case "delivered":
      return world.delivered(input);
    case "rejected":
      return then("delivered", (id) => done(reject(on("buyer", id), { reason: "damaged" })));
    case "contested":
      return then("rejected", (id) => done(contestReturn(on("seller", id))));
    case "disputed":
      return then("contested", (id) => done(escalate(on("buyer", id))));
    case "accepted":
      return world.accepted(input);
    case "cancelled":
      return then("funded", (id) => done(cancel(on("seller", id))));
    case "lapsed":
      return then("funded", async (id) => {
        await fallDue(world, id);
        await holdAll(world, () => world.due());
      });
    case "returned":
      return then("rejected", (id) => done(confirmReturn(on("seller", id))));
    case "resolved":
      return then("disputed", (id) => done(rule(on("operator", id), { buyerGets: 200_000n })));
    case "charged_back":
      return then("funded", (id) => lose(world, id));
    case "completed":
      return then("accepted", () => world.due());
  }
}

/** A proposal person to person by the seller (or the buyer), or of a project's milestone. */
export async function proposal(world: World, by: "seller" | "buyer" = "seller", projectId: number | null = null): Promise<number> {
  const { contact } = world;
  const input = { productCost: 400_000n, details, shopOrderId: "", contact, projectId };
  return Number((await world.done(propose(world.as(by), input)))["order"]);
}

/** A proposal that was agreed upon and whose checkout the buyer opened. */
export async function agreedCheckout(world: World): Promise<number> {
  const id = await reach(world, "agreed");
  await world.done(openAgreedCheckout(world.on("buyer", id), { tokenHash: newTokenHash() }));
  return id;
}

/**
 * This instant in whole milliseconds, as every time the engine writes: it reads its own clock in milliseconds, rounded down, so a row due
 * at 12:00:00.0004 would not be due for whoever looks within the same millisecond, and a job run at once would not see it.
 */
export const wholeNow = "date_trunc('milliseconds', clock_timestamp())";

/** Moves an order's deadlines so that the next one is now, `past` milliseconds ago. */
export async function fallDue(world: World, orderId: number, past = 0): Promise<void> {
  const names = [
    "agree_by",
    "pay_by",
    "free_cancel_until",
    "deliver_by",
    "respond_by",
    "accept_by",
    "return_by",
    "escalate_by",
    "rule_by",
    "due_at",
  ];
  const { rowCount } = await world.database.ownerPool.query(
    `UPDATE orders SET ${names.map((name) => `${name} = ${name} - d.by`).join(", ")}
     FROM (SELECT o.id, o.due_at - (${wholeNow} + b.clock_offset_ms * interval '1 millisecond') + $2 * interval '1 millisecond' AS by
           FROM orders o JOIN books b ON b.seller_id = o.seller_id) d WHERE d.id = orders.id AND orders.id = $1`,
    [orderId, past],
  );
  must(rowCount === 1 || undefined, `order ${orderId}`);
}

/** Makes a payment, an attempt, a hold, an offer or a disbursement due now. */
export async function makeDue(
  world: World,
  table: "payments" | "attempts" | "disbursements" | "holds" | "offers",
  id: number,
): Promise<void> {
  const column = { holds: "lifts_at", offers: "expires_at", payments: "due_at", attempts: "due_at", disbursements: "due_at" }[table];
  await world.database.ownerPool.query(
    `UPDATE ${table} t SET ${column} = ${wholeNow} + b.clock_offset_ms * interval '1 millisecond' FROM books b WHERE b.seller_id = t.seller_id AND t.id = $1`,
    [id],
  );
}

/** Runs something while nothing of the seller's can be sent. */
export async function holdAll<T>(world: World, work: () => Promise<T>): Promise<T> {
  const put = (on: boolean) =>
    on
      ? world.database.ownerPool.query(
          `INSERT INTO holds (seller_id, id, reason, scope, note, state, version, placed_at) VALUES ($1, 900000000, 'operator', 'seller', 'test', 'standing', 1, now())`,
          [world.seller],
        )
      : world.database.ownerPool.query("DELETE FROM holds WHERE id = 900000000");
  await put(true);
  try {
    return await work();
  } finally {
    await put(false);
    await world.database.ownerPool.query("UPDATE disbursements SET due_at = date_trunc('milliseconds', now()) WHERE state = 'queued'");
  }
}

/** The reference of an order's first payment. */
export async function referenceOf(world: World, orderId: number): Promise<string> {
  return must((await world.paymentsOf(orderId))[0], `a payment of order ${orderId}`).reference;
}

/** The buyer's bank disputes the order's first payment; the engine has heard of it when this answers. */
export async function dispute(world: World, orderId: number, amount?: bigint, takenAtOnce = true): Promise<string> {
  const reference = await referenceOf(world, orderId);
  expectDone(await world.rail.openDispute(reference, amount, takenAtOnce));
  await world.due();
  return reference;
}

/** The dispute is opened and lost; the engine has heard of both. */
export async function lose(world: World, orderId: number, amount?: bigint, fee = 0n, takenAtOnce = true): Promise<void> {
  const reference = await dispute(world, orderId, amount, takenAtOnce);
  expectDone(await world.rail.loseDispute(reference, amount, fee));
  await world.due();
}

export function expectDone<T>(answer: T): Exclude<T, { refused: string }> {
  if (isRefusal(answer)) throw new Error(answer.detail);
  return answer as Exclude<T, { refused: string }>;
}

/** Gives the seller an account with that ending; the ending decides what the sandbox rail does with it. */
export async function bank(world: World, ending: string): Promise<void> {
  await world.done(setSeller(world.as("seller", "console"), { bank: account(ending) }));
}

export function account(ending: string) {
  return { bankCode: "058", nipBankCode: "000013", bankName: "GTB", accountNumber: `012345${ending}`, accountName: "Ada Okafor" };
}

/** A new service provider, paid in naira unless told otherwise. */
export async function provider(world: World, ending = "7777", type: 1 | 2 = 1, providerId: number | null = null): Promise<number> {
  const contact = { email: "carpenter@demo.tranche.test", phone: "+2348039999999" };
  const input = { type, firstName: "Musa", lastName: "Bala", ...contact, details: account(ending), providerId };
  return Number((await world.done(saveProvider(world.as("seller"), input)))["provider"]);
}

/** The rail's reference of the last attempt to send a disbursement. */
export async function attemptReference(world: World, one: Disbursement): Promise<string> {
  const { rows } = await world.engine.pool.query<{ reference: string }>("SELECT reference FROM attempts WHERE id = $1", [one.attemptId]);
  return must(rows[0], "an attempt").reference;
}

/** The order's payouts to one kind of payee, or its refunds, that were not cancelled. */
export async function payouts(world: World, orderId: number, payee: Disbursement["payeeKind"] = "seller"): Promise<Disbursement[]> {
  return (await world.sends(orderId)).filter((one) => one.payeeKind === payee && one.state !== "cancelled");
}

/** Replaces calls of the rail until the given work is done. */
export async function withRail<T>(world: World, calls: Partial<World["rail"]>, work: () => Promise<T>): Promise<T> {
  const before = Object.fromEntries(Object.keys(calls).map((name) => [name, world.rail[name as keyof World["rail"]]]));
  Object.assign(world.rail, calls);
  try {
    return await work();
  } finally {
    Object.assign(world.rail, before);
  }
}

/** Several, made one after the other: jobs that run at once take each other's work, and answer before it is done. */
export async function several<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let i = 0; i < count; i += 1) made.push(await make());
  return made;
}
