import type { Payment } from "../domain/facts.ts";
import type { Writer } from "./writer.ts";

type Known = "orderId" | "rail" | "reference" | "asked" | "currency" | "contactEmail" | "contactPhone" | "dueAt";

/** A payment that does not exist yet, as its first step finds it: nothing has come. */
export function newPayment(writer: Writer, fields: Pick<Payment, Known>): Payment {
  return writer.book.payments.insert({
    ...fields,
    sellerId: writer.book.sellerId,
    id: writer.newId(),
    railReference: null,
    state: "open",
    version: 0,
    received: 0n,
    receivedCurrency: null,
    unapplied: 0n,
    railFee: 0n,
    disputed: 0n,
    takenAtOnce: false,
    chargedBack: 0n,
    disputeId: null,
    settled: false,
    openedAt: writer.now,
    receivedAt: null,
  });
}
