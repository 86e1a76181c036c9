import type { AnyMachine, Party } from "./machine.ts";
import { endedStates, holdingStates, unpaidStates } from "./order-table.ts";

type Row = AnyMachine["rows"][number];

/** A sentence about a machine's rows that must never be true, and how to see that it is. */
export interface NeverRule {
  readonly machine: "order" | "payment" | "disbursement" | "offer" | "hold";
  readonly never: string;
  /** True for a row that makes the sentence true. */
  broken(row: Row): boolean;
}

const anyOf = (list: readonly string[]) => (one: string) => list.includes(one);
const holding = anyOf(holdingStates);
const ended = anyOf(endedStates);
const unpaid = anyOf(["none", ...unpaidStates]);
const by = (row: Row, party: Party) => row.by.includes(party);
const onlyBy = (row: Row, party: Party) => row.by.every((one) => one === party);
const leaves = (row: Row, state: string) => row.from.includes(state) && row.to !== "same" && row.to !== state;
const lacks = (row: Row, ...needs: readonly string[]) => needs.some((need) => !row.needs.includes(need));
const fromHolding = (row: Row) => row.from.some(holding);
/** From money in escrow to an end. */
const ends = (row: Row) => fromHolding(row) && ended(row.to);

const emptying = anyOf([
  "release",
  "refund",
  "refund_less_late_fee",
  "refund_less_escrow_fee",
  "refund_less_reason_fee",
  "split",
  "escrow_to_rail",
]);
const refunding = anyOf(["refund", "refund_less_late_fee", "refund_less_escrow_fee", "refund_less_reason_fee"]);
const sentAway = ["sending", "in_flight", "outcome_unknown", "succeeded"];

/**
 * Hand-written, and on purpose not made from the tables: a test that is read off a table cannot see a wrong table. Whoever changes a
 * table so that one of these becomes true has changed the promise made to buyers and sellers.
 */
export const neverRules: readonly NeverRule[] = [
  // money into and out of escrow
  {
    machine: "order",
    never: "anybody but the rail moves money into escrow",
    broken: (r) => r.moves === "into_escrow" && !onlyBy(r, "rail"),
  },
  {
    machine: "order",
    never: "an order is funded without money",
    broken: (r) => r.to === "funded" && (r.moves !== "into_escrow" || lacks(r, "paid_exactly")),
  },
  { machine: "order", never: "an order ends and its escrow is not emptied", broken: (r) => ends(r) && !emptying(r.moves) },
  {
    machine: "order",
    never: "escrow is emptied and the order has not ended",
    broken: (r) => emptying(r.moves) && !(r.from.every(holding) && ended(r.to)),
  },
  {
    machine: "order",
    never: "an unpaid order moves money, except by being funded",
    broken: (r) => r.from.some(unpaid) && r.moves !== "none" && r.moves !== "into_escrow",
  },
  { machine: "order", never: "an order that holds money becomes unpaid or expired", broken: (r) => fromHolding(r) && unpaid(r.to) },
  {
    machine: "order",
    never: "an ended order goes anywhere but to completed, or by reopening to disputed",
    broken: (r) => r.from.some(ended) && !["same", "completed"].includes(r.to) && r.action !== "reopen",
  },
  {
    machine: "order",
    never: "an order is completed before its money has arrived",
    broken: (r) => r.to === "completed" && (lacks(r, "all_concluded") || !onlyBy(r, "rail") || r.moves !== "none"),
  },
  { machine: "order", never: "anything leaves completed", broken: (r) => leaves(r, "completed") },
  { machine: "order", never: "anything leaves expired", broken: (r) => leaves(r, "expired") },
  // who may decide
  {
    machine: "order",
    never: "the seller, or the clock without auto-acceptance, accepts",
    broken: (r) =>
      r.to === "accepted" &&
      (r.by.some((p) => p !== "buyer" && p !== "clock") || (by(r, "clock") && lacks(r, "auto_acceptance", "accept_by_past"))),
  },
  {
    machine: "order",
    never: "the seller alone moves escrow to its own side",
    broken: (r) => by(r, "seller") && (r.moves === "release" || (r.moves === "split" && lacks(r, "open_split_offer"))),
  },
  {
    machine: "order",
    never: "the buyer alone takes the money back once the seller has delivered",
    broken: (r) =>
      by(r, "buyer") &&
      ((refunding(r.moves) && r.from.some(anyOf(["delivered", "rejected", "contested", "disputed"]))) ||
        (r.moves === "split" && lacks(r, "open_split_offer"))),
  },
  { machine: "order", never: "the clock leaves disputed", broken: (r) => by(r, "clock") && leaves(r, "disputed") },
  {
    machine: "order",
    never: "the operator acts on an order that is neither disputed nor resolved",
    broken: (r) => by(r, "operator") && !r.from.every(anyOf(["disputed", "resolved"])),
  },
  {
    machine: "order",
    never: "a ruling goes round the limits",
    broken: (r) => by(r, "operator") && r.moves === "split" && lacks(r, "in_range", "second_operator"),
  },
  {
    machine: "order",
    never: "anything but an unsent ruling is turned round",
    broken: (r) => r.moves === "reverse_ruling" && (!onlyBy(r, "operator") || lacks(r, "was_ruled", "nothing_sent", "slot_free_again")),
  },
  {
    machine: "order",
    never: "anything but a ruling's reopening brings money back into escrow",
    broken: (r) => r.from.some(ended) && holding(r.to) && r.moves !== "reverse_ruling",
  },
  {
    machine: "order",
    never: "the rail decides between the parties",
    broken: (r) => by(r, "rail") && (refunding(r.moves) || r.moves === "release" || r.moves === "split"),
  },
  {
    machine: "order",
    never: "anybody but the rail takes money for a chargeback",
    broken: (r) => anyOf(["escrow_to_rail", "part_to_rail", "recover"])(r.moves) && !onlyBy(r, "rail"),
  },
  {
    machine: "order",
    never: "an ended order refuses a chargeback",
    broken: (r) => r.moves === "recover" && (r.needs.length > 0 || !["completed", ...endedStates].every((state) => r.from.includes(state))),
  },
  // offers and versions
  {
    machine: "order",
    never: "a party agrees to its own version",
    broken: (r) => r.to === "agreed" && r.from.includes("proposed") && lacks(r, "not_own_version"),
  },
  { machine: "order", never: "a party accepts its own split", broken: (r) => r.action === "agree_split" && lacks(r, "open_split_offer") },
  {
    machine: "order",
    never: "a second delivery is agreed upon without the seller's offer or promise",
    broken: (r) => r.to === "redelivery" && by(r, "buyer") && lacks(r, "open_redelivery_offer"),
  },
  { machine: "order", never: "there are more than two deliveries", broken: (r) => r.to === "redelivery" && lacks(r, "first_redelivery") },
  {
    machine: "order",
    never: "a seller under the refund policy replaces instead",
    broken: (r) => r.to === "redelivery" && by(r, "seller") && lacks(r, "replacement_policy"),
  },
  // time
  {
    machine: "order",
    never: "the clock ends an order during a chargeback",
    broken: (r) => by(r, "clock") && ends(r) && lacks(r, "no_chargeback"),
  },
  {
    machine: "order",
    never: "the clock moves an order on before a deadline",
    broken: (r) => by(r, "clock") && r.to !== "same" && !r.needs.some((need) => need.endsWith("_past")),
  },
  {
    machine: "order",
    never: "silence after a delivery means two things",
    broken: (r) =>
      by(r, "clock") &&
      r.from.includes("delivered") &&
      ended(r.to) &&
      !r.needs.includes("auto_acceptance") &&
      !r.needs.includes("no_auto_acceptance"),
  },
  // money on its way in, and projects
  {
    machine: "order",
    never: "a checkout ends while a payment is in doubt",
    broken: (r) => leaves(r, "awaiting_payment") && r.moves !== "into_escrow" && lacks(r, "no_payment_in_doubt"),
  },
  {
    machine: "order",
    never: "a checkout opens beside a live milestone",
    broken: (r) => r.to === "awaiting_payment" && lacks(r, "slot_free"),
  },
  {
    machine: "order",
    never: "the provider of an ended order changes",
    broken: (r) => r.action === "assign_provider" && r.from.some(anyOf([...endedStates, "expired"])),
  },
  // payments
  {
    machine: "payment",
    never: "a receipt is refused",
    broken: (r) =>
      r.action === "receive" &&
      (r.needs.length > 0 || !["none", "open", "pending", "failed", "abandoned"].every((state) => r.from.includes(state))),
  },
  {
    machine: "payment",
    never: "anybody but the rail says that money came or went back",
    broken: (r) => anyOf(["receipt", "taken_back", "given_back", "lost"])(r.moves) && !onlyBy(r, "rail"),
  },
  {
    machine: "payment",
    never: "a receipt is forgotten",
    broken: (r) => ["received", "disputed"].some((state) => leaves(r, state)) && anyOf(["open", "pending", "failed", "abandoned"])(r.to),
  },
  {
    machine: "payment",
    never: "the clock gives up a payment that the rail may still decide",
    broken: (r) => by(r, "clock") && lacks(r, "rail_silent_too_long"),
  },
  {
    machine: "payment",
    never: "the operator moves money that belongs to an order",
    broken: (r) => by(r, "operator") && lacks(r, "unapplied_in_house"),
  },
  // money on its way out
  {
    machine: "disbursement",
    never: "money is sent while a hold stands, or to nowhere",
    broken: (r) => r.moves === "sent" && lacks(r, "no_hold", "payee_ready"),
  },
  {
    machine: "disbursement",
    never: "anybody but the rail says how a sending went",
    broken: (r) => ["sending", "in_flight", "outcome_unknown"].some((state) => leaves(r, state)) && !onlyBy(r, "rail"),
  },
  {
    machine: "disbursement",
    never: "what is under way or has arrived is cancelled, or sent again",
    broken: (r) => r.from.some(anyOf(sentAway)) && anyOf(["cancelled", "queued", "parked"])(r.to),
  },
  {
    machine: "disbursement",
    never: "money that failed to arrive does not come back first",
    broken: (r) => (r.to === "failed" && r.moves !== "sent_came_back") || (r.to === "reversed" && r.moves !== "arrived_came_back"),
  },
  {
    machine: "disbursement",
    never: "the seller or the buyer cancels a payout or refund",
    broken: (r) => r.to === "cancelled" && (by(r, "seller") || by(r, "buyer")),
  },
  {
    machine: "disbursement",
    never: "details that were at fault are tried again unchanged",
    broken: (r) => r.from.includes("failed") && r.to === "queued" && lacks(r, "rails_fault"),
  },
  // offers and holds
  { machine: "offer", never: "whoever made an offer accepts it", broken: (r) => r.to === "accepted" && lacks(r, "not_own_offer") },
  {
    machine: "offer",
    never: "the clock or the rail makes or accepts an offer",
    broken: (r) => (by(r, "clock") || by(r, "rail")) && anyOf(["open", "accepted"])(r.to),
  },
  { machine: "offer", never: "an offer moves money by itself", broken: (r) => r.moves !== "none" },
  { machine: "hold", never: "a party lifts a hold", broken: (r) => r.to === "lifted" && (by(r, "buyer") || by(r, "seller")) },
  {
    machine: "hold",
    never: "the clock lifts a hold before its time",
    broken: (r) => r.to === "lifted" && by(r, "clock") && lacks(r, "hold_time_past"),
  },
  { machine: "hold", never: "a hold moves money", broken: (r) => r.moves !== "none" },
];

/** What became true that must never be: the sentence and the row, for every rule about this machine. */
export function brokenRules(machine: AnyMachine): string[] {
  const rules = neverRules.filter((rule) => rule.machine === machine.name);
  return rules.flatMap((rule) =>
    machine.rows
      .filter((row) => rule.broken(row))
      .map((row) => `${rule.never}: ${row.from.join(", ")} ${row.action} → ${row.to} by ${row.by.join(", ")}`),
  );
}
