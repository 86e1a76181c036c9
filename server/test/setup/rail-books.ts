import type pg from "pg";
import type { EmulatedRail, RailName } from "../../../emulator/start.ts";

/** What the rail itself says it holds of ours, fees left out, per currency. */
function heldBy(rail: Pick<EmulatedRail, "audit">): Map<string, bigint> {
  return new Map(
    rail.audit().map(({ currency, held }) => [
      currency,
      Object.entries(held)
        .filter(([account]) => !account.startsWith("outside:") && account !== "fees")
        .reduce((sum, [, amount]) => sum + amount, 0n),
    ]),
  );
}

/**
 * What the rail kept of sends that the books call failed, because they had succeeded and come back before anybody looked. Where the rail's
 * answer is then the same as for one that never succeeded, no book can have it (docs/rails.md, Flutterwave).
 */
export async function keptUnseen(pool: pg.Pool, rail: Pick<EmulatedRail, "movements">): Promise<ReadonlyMap<string, bigint>> {
  const { rows } = await pool.query<{ reference: string }>("SELECT reference FROM attempts WHERE state = 'failed'");
  const failed = new Set(rows.map(({ reference }) => reference));
  const kept = new Map<string, bigint>();
  for (const { to, currency, reference, amount } of rail.movements())
    if (to === "fees" && failed.has(reference)) kept.set(currency, (kept.get(currency) ?? 0n) + amount);
  return kept;
}

/** Where the books say something else of a rail than that rail says of itself, in any currency, but for what no book can have. */
export async function booksAndRailPart(
  pool: pg.Pool,
  name: RailName,
  rail: Pick<EmulatedRail, "audit">,
  unseen: ReadonlyMap<string, bigint> = new Map(),
): Promise<string[]> {
  const { rows } = await pool.query<{ currency: string; held: bigint }>(
    `SELECT currency, sum(amount)::bigint AS held FROM (
       SELECT debit AS account, currency, amount FROM postings UNION ALL SELECT credit, currency, -amount FROM postings) p
     WHERE account IN ($1, $2, $3) GROUP BY currency`,
    [`rail:${name}:cash`, `rail:${name}:incoming`, `rail:${name}:disputed`],
  );
  return [...heldBy(rail)].flatMap(([currency, theirs]) => {
    const ours = rows.find((row) => row.currency === currency)?.held ?? 0n;
    return ours - (unseen.get(currency) ?? 0n) === theirs ? [] : [`${name} holds ${theirs} ${currency}, and the books say ${ours}`];
  });
}

/** How a rail's record is to be read. */
export interface Reading {
  /** What the rail calls what we call by that reference. */
  readonly nameOf: (reference: string) => string;
  /** Whether it takes its fee out of what it is to send; others take it on top. */
  readonly feeWithin: boolean;
}

const plainly: Reading = { nameOf: (reference) => reference, feeWithin: false };

/** The payouts of which rail and books do not say the same, each by its reference: where to begin to look. */
export async function payoutsPart(
  pool: pg.Pool,
  name: RailName,
  rail: Pick<EmulatedRail, "movements">,
  { nameOf, feeWithin }: Reading = plainly,
): Promise<string[]> {
  const { rows } = await pool.query<{ reference: string; state: string; said: string | null; amount: bigint }>(
    "SELECT reference, state, said, amount FROM attempts WHERE NOT sent_to ? 'paymentReference' AND rail = $1 ORDER BY id",
    [name],
  );
  const net = new Map<string, bigint>();
  const fees = new Map<string, bigint>();
  for (const { reference, from, to, amount } of rail.movements()) {
    if (feeWithin && to === "fees") fees.set(reference, (fees.get(reference) ?? 0n) + amount);
    const change = (to === "outside:banks" ? amount : 0n) - (from === "outside:banks" ? amount : 0n);
    net.set(reference, (net.get(reference) ?? 0n) + change);
  }
  return rows.flatMap(({ reference, state, said, amount }) => {
    const booked = state === "succeeded" ? amount : 0n;
    const there = net.get(nameOf(reference)) ?? 0n;
    const arrived = there > 0n ? there + (fees.get(nameOf(reference)) ?? 0n) : there;
    return booked === arrived ? [] : [`payout ${reference} is ${state} (${said ?? "nothing said"}) with ${booked}; at banks is ${arrived}`];
  });
}
