import { NoAnswer } from "../rail.ts";
import type { RailEvent } from "../rail.ts";
import type { Piece } from "../read.ts";
import type { Flutterwave } from "./api.ts";
import { dayOf, everyPage } from "./api.ts";
import { minorOf } from "./decimals.ts";
import { chargebackStatuses } from "./from-memory.ts";
import { verify } from "./payments.ts";

/**
 * Chargebacks opened since then: the opening of each, and its end once it has one. Flutterwave sends no notices of them, so they are told
 * each time they are asked for, always under the same ids.
 */
export async function disputes(flutterwave: Flutterwave, since: Date): Promise<RailEvent[]> {
  const listed = await everyPage(flutterwave, `/v3/chargebacks?from=${dayOf(since)}`, "the chargebacks");
  const told: RailEvent[] = [];
  for (const one of listed.toReversed()) told.push(...(await eventsOf(flutterwave, one)));
  return told;
}

async function eventsOf(flutterwave: Flutterwave, chargeback: Piece): Promise<RailEvent[]> {
  const id = chargeback.text("id");
  const { reference, railReference, currency } = await paymentOf(flutterwave, chargeback);
  const openedAt = chargeback.date("created_at");
  const about = { reference, railReference, disputeId: id, currency, amount: minorOf(chargeback.raw("amount"), currency) };
  const said = chargeback.text("status").toLowerCase();
  const state = chargebackStatuses[said];
  const now = flutterwave.clock();
  if (state === undefined) return [{ eventId: `chargeback-${id}-${said}`, type: "unknown", reference, occurredAt: now }];
  const opened: RailEvent = {
    ...about,
    eventId: `chargeback-${id}-open`,
    type: "payment.dispute_opened",
    moneyTaken: false,
    occurredAt: openedAt,
  };
  if (state === "open") return [opened];
  const type = state === "won" ? "payment.dispute_won" : "payment.dispute_lost";
  return [opened, { ...about, eventId: `chargeback-${id}-${state}`, type, occurredAt: now }];
}

/** A chargeback names its payment, and no currency. What never changes of it is remembered: the list is read again and again. */
async function paymentOf(
  flutterwave: Flutterwave,
  chargeback: Piece,
): Promise<{ readonly reference: string; readonly railReference: string; readonly currency: string }> {
  const id = chargeback.text("id");
  const known = await flutterwave.memory.recall("chargeback", id);
  const note = known?.value ?? (await noteOf(flutterwave, chargeback, id));
  return { reference: String(note["reference"]), railReference: String(note["railReference"]), currency: String(note["currency"]) };
}

async function noteOf(flutterwave: Flutterwave, chargeback: Piece, id: string) {
  const by = chargeback.has("transaction_id") ? { id: chargeback.text("transaction_id") } : { reference: chargeback.text("tx_ref") };
  const transaction = await verify(flutterwave, by);
  if (transaction === undefined) throw new NoAnswer(`Flutterwave does not know the payment of chargeback ${id}`);
  const note = { reference: transaction.text("tx_ref"), railReference: transaction.text("id"), currency: transaction.text("currency") };
  return (await flutterwave.memory.keep("chargeback", id, note, flutterwave.clock())).value;
}
