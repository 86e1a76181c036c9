import { settlePayment } from "../actions/book-steps.ts";
import { inTransaction, run } from "../db/connect.ts";
import { breakQueries } from "../db/settlements.ts";
import type { LineState } from "../domain/reconciliation.ts";
import type { Refusal } from "../domain/refusals.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import type { Engine } from "./engine.ts";
import { byRail } from "./engine.ts";
import { alarmAndHold } from "./reconcile.ts";

/**
 * An operator has looked into a break: it ends with a note, its line is closed, and orders that no other break touches go on. A payment whose line
 * says another amount or fee is settled with what the line brought; what is left of it stays at the rail as not settled. With `book` the books
 * take the line's word instead: the difference is the rail's fee. Refuses `not_yours`, `reason_needed`, `not_now`.
 */
export async function closeBreak(
  engine: Engine,
  input: { readonly id: number; readonly note: string; readonly by: string; readonly book: boolean },
): Promise<Refusal | undefined> {
  const { id, note, by, book } = input;
  if (note.trim() === "") return refuse("reason_needed");
  const found = await run(engine.pool, breakQueries.one, [id]);
  const one = found.rows[0];
  if (one === undefined) return refuse("not_yours", `There is no break ${id}.`);
  if (one["state"] !== "open") return refuse("not_now", `Break ${id} is ${String(one["state"])} already.`);
  const state = await settleWhatCame(engine, one, book);
  if (typeof state !== "string") return state;
  await inTransaction(engine.pool, async (client) => {
    const { rows } = await run(client, breakQueries.end, [id, "closed", note.trim(), by, engine.now().toISOString()]);
    if (rows.length === 0 || one["line_id"] === null) return;
    const line = [one["rail"], one["settlement_id"], one["line_id"], note.trim(), state];
    await run(client, breakQueries.closeLine, line);
  });
  await alarmAndHold(engine);
  return undefined;
}

/** Books what the line of a payment brought, where the break is about how much that was. Answers where the line stands then. */
async function settleWhatCame(
  engine: Engine,
  one: Record<string, unknown>,
  book: boolean,
): Promise<Extract<LineState, "closed" | "explained" | "matched"> | Refusal> {
  const ofPayment = one["line_kind"] === "payment" && (one["kind"] === "wrong_fee" || one["kind"] === "wrong_amount");
  if (!ofPayment)
    return book ? refuse("not_now", "Only what a payment's line says of its amount or fee can be booked as it was settled.") : "closed";
  const net = one["net"] as bigint;
  const kept = (one["received"] as bigint) - net;
  const already = "The payment is settled in the books already, so nothing can be booked with it: close this without booking.";
  // Settled already, by the rail's own word or by a closing that was cut off here: what came is in the books.
  if (one["settled"] === true) return book ? refuse("not_now", already) : "explained";
  if (book && kept < 0n)
    return refuse("not_now", "More came than was received, which is no fee. Close this without booking, and add what is yours as float.");
  if (net <= 0n) return book ? refuse("not_now", "The line brought nothing that could be booked: close this without booking.") : "closed";
  const sellerId = Number(one["seller_id"]);
  const orderId = one["order_id"] === null ? null : Number(one["order_id"]);
  const ask = { ...byRail(sellerId, String(one["rail"])), paymentId: Number(one["payment_id"]), orderId };
  const answer = await engine.lanes.one(settlePayment(ask, { amount: net, ...(book ? { fee: kept } : {}) }));
  if (isRefusal(answer)) return answer;
  if (book && answer.done["again"] === true) return refuse("not_now", already);
  return book ? "matched" : "explained";
}
