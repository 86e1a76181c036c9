import type { Pool } from "pg";
import type { MovementKind } from "./store.ts";

/** What the sandbox rail says it holds and has moved, in one currency. An independent record: compare it with the ledger. */
export interface SandboxBooks {
  readonly currency: string;
  /** Everything payers paid, gross. */
  readonly takenIn: bigint;
  /** What the rail kept of pay-ins. */
  readonly fees: bigint;
  /** Net pay-ins that reached the balance. */
  readonly settled: bigint;
  /** Sent back to payers, and out to payees; reversed ones are counted here and again in `returned`. */
  readonly refunded: bigint;
  readonly paidOut: bigint;
  readonly sendCosts: bigint;
  readonly returned: bigint;
  /** Taken for disputes and not given back: still running, or lost. */
  readonly disputed: bigint;
  readonly disputeFees: bigint;
  /** Paid, not yet settled: takenIn − fees − settled. */
  readonly incoming: bigint;
  /** The balance: settled − refunded − paidOut − sendCosts + returned − disputed − disputeFees. May be negative; the sandbox lends. */
  readonly cash: bigint;
}

/** The totals per currency, in the currency's alphabetical order. */
export async function readBooks(pool: Pool): Promise<SandboxBooks[]> {
  const { rows } = await pool.query<{ currency: string; kind: MovementKind; total: bigint }>(
    `SELECT currency, kind, sum(amount)::bigint AS total FROM sandbox_rail.movements GROUP BY currency, kind ORDER BY currency, kind`,
  );
  const currencies = [...new Set(rows.map((r) => r.currency))];
  return currencies.map((currency) => {
    const sum = (kind: MovementKind): bigint => rows.find((r) => r.currency === currency && r.kind === kind)?.total ?? 0n;
    const takenIn = sum("payment");
    const fees = sum("payment_fee");
    const settled = sum("settlement");
    const refunded = sum("refund");
    const paidOut = sum("payout");
    const sendCosts = sum("send_cost");
    const returned = sum("send_returned");
    const disputed = sum("dispute_taken") - sum("dispute_returned");
    const disputeFees = sum("dispute_fee");
    const incoming = takenIn - fees - settled;
    const cash = settled - refunded - paidOut - sendCosts + returned - disputed - disputeFees;
    return { currency, takenIn, fees, settled, refunded, paidOut, sendCosts, returned, disputed, disputeFees, incoming, cash };
  });
}
