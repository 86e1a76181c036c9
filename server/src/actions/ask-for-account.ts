import type { Disbursement } from "../domain/facts.ts";
import { accountLetter } from "./messages.ts";
import type { Writer } from "./writer.ts";

/** Money that its account did not take, or sent back: whoever can name another account hears of it. */
export function askForAccount(writer: Writer, one: Disbursement): void {
  const order = writer.book.orders.get(one.orderId);
  // Of what the platform bore nothing is sent again.
  if (order === undefined || one.borne === one.amount) return;
  const { sellerId } = order;
  if (one.payeeKind === "operator") return askOperator(writer, one, sellerId);
  const letter = accountLetter(one);
  if (letter === undefined) return;
  const message = { sellerId, id: writer.newId(), orderId: order.id, orderVersion: order.stateVersion, dueAt: writer.now };
  writer.effects.messages.push({ ...message, ...letter });
}

/** A marketplace's operator has its account in its own settings, and no page of the order: its letter names no link. */
function askOperator(writer: Writer, one: Disbursement, sellerId: number): void {
  const toEmail = writer.book.operators.get(one.payeeId)?.email;
  if (one.fault !== "payee" || toEmail === undefined) return;
  const about = { kind: "payout.account_needed", party: "seller", orderVersion: 0 } as const;
  writer.effects.notices.push({ ...about, sellerId, id: writer.newId(), toEmail, dueAt: writer.now });
}
