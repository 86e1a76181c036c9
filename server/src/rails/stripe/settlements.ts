import type { Settlement } from "../rail.ts";
import type { Piece } from "../read.ts";
import { currencyOf, fromStripe } from "./amounts.ts";
import type { StripeParts } from "./api.ts";
import { dataOf, everyOne, timeOf } from "./api.ts";
import { longestWait } from "./from-memory.ts";

/**
 * Payments that became available since then, oldest first. Stripe makes each available at its own time, so each is a settlement of one line.
 * What refunds, transfers and disputes take is taken from the balance at once and settles nothing.
 */
export async function settlements({ client }: StripeParts, since: Date): Promise<Settlement[]> {
  const settled: Settlement[] = [];
  const list = (page: object) => client.balanceTransactions.list({ ...page, expand: ["data.source"] });
  for await (const one of everyOne("the balance transactions", list)) {
    if (timeOf(one, "created").getTime() < since.getTime() - longestWait) break;
    const isPayment = ["charge", "payment"].includes(one.text("type"));
    if (isPayment && one.text("status") === "available" && timeOf(one, "available_on") >= since) settled.push(settlementOf(one));
  }
  return settled.toSorted((a, b) => a.settledAt.getTime() - b.settledAt.getTime());
}

function settlementOf(one: Piece): Settlement {
  const id = one.text("id");
  const currency = currencyOf(one.text("currency"));
  const charge = one.piece("source");
  const net = fromStripe(one.whole("net"), currency);
  const settledAt = timeOf(one, "available_on");
  const line = {
    id,
    kind: "payment" as const,
    reference: charge.textOr("transfer_group", null),
    railReference: charge.text("id"),
    gross: fromStripe(one.whole("amount"), currency),
    fee: fromStripe(one.whole("fee"), currency),
    net,
    at: timeOf(charge, "created"),
  };
  return { id, currency, amount: net, settledAt, lines: [line] };
}

export async function balances({ client }: StripeParts): Promise<{ currency: string; available: bigint }[]> {
  const balance = await dataOf("the balance", client.balance.retrieve());
  return balance.list("available").map((one) => {
    const currency = currencyOf(one.text("currency"));
    return { currency, available: fromStripe(one.whole("amount"), currency) };
  });
}
