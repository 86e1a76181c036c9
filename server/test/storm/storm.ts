import type { RailName } from "../../../emulator/start.ts";
import { worldOver } from "../setup/over-rail.ts";
import { payoutsPart } from "../setup/rail-books.ts";
import type { WorldOver } from "../setup/over-rail.ts";
import { Random } from "../simulator/random.ts";
import type { Stormy } from "./orders.ts";
import { newOrder, step } from "./orders.ts";
import { letItBlow, letItRest, weatherOf } from "./weather.ts";

const hour = 3_600_000;

export interface StormReport {
  readonly orders: number;
  readonly days: number;
  readonly states: Readonly<Record<string, number>>;
  readonly attempts: number;
  readonly findings: readonly string[];
}

/**
 * Orders of a year over one rail's emulator with everything going wrong by chance: calls, money and notices. At the end the faults stop, all is
 * brought to its end, and what the rail says it moved must be what the books say, to the kobo.
 */
export async function storm(options: { readonly rail: RailName; readonly seed: number; readonly orders: number }): Promise<StormReport> {
  const { rail: name, seed } = options;
  const random = new Random(seed, `storm ${name}`);
  const world = await worldOver(name, { TRANCHE_ORDER_PAYMENT_EXPIRY: "PT72H" });
  try {
    world.emulated.levers.topUp("NGN", 1_000_000_000_000n);
    await world.float(1_000_000_000_000n, "NGN");
    const sellers = ["business", "individual", "marketplace_operator"].map((role) => world.sellerOf(role));
    letItBlow(world.emulated, weatherOf(world.calls));
    const all: Stormy[] = [];
    /** Disputes whose end nobody has brought about; where the rail itself does not end them, their orders would stand for ever. */
    const disputes: string[] = [];
    let days = 0;
    const forward = async (hours: number): Promise<void> => {
      days += hours / 24;
      await world.emulator.clock.advance(hours * hour);
      for (const seller of sellers) await world.advance(hours * hour, seller);
      await world.settleDown();
    };
    for (let left = new Set<number>(); all.length < options.orders || left.size > 0; left = await unfinished(world)) {
      for (let i = random.whole(0, 8); i > 0 && all.length < options.orders; i -= 1)
        all.push(await newOrder(world, sellers, all.length, new Random(seed, `order ${all.length}`)));
      for (const one of all) if ((left.has(one.id) || one.pages === 0) && one.random.chance(0.6)) await step(world, one);
      if (all.length < options.orders) await maybeDispute(world, all, random, disputes);
      else await calm(world, disputes);
      await forward(random.whole(1, 16));
      if (days > 1_500) break;
    }
    for (let i = 0; i < 8; i += 1) await forward(24);
    return { orders: all.length, days: Math.round(days), ...(await judge(world, all, name)) };
  } finally {
    await world.close();
  }
}

/** Nothing goes wrong any more, and whoever disputes hears the end of it. */
async function calm({ emulated }: WorldOver, disputes: string[]): Promise<void> {
  await letItRest(emulated);
  for (const id of disputes.splice(0)) {
    try {
      emulated.levers.resolveDispute(id, "won");
    } catch {
      // The rail has ended it by itself.
    }
  }
}

/** Now and then a payer's bank takes a payment back, or wants to. */
async function maybeDispute(world: WorldOver, all: readonly Stormy[], random: Random, disputes: string[]): Promise<void> {
  if (all.length === 0 || !random.chance(0.1)) return;
  const one = random.pick(all);
  const payment = (await world.paymentsOf(one.id, one.sellerId)).find((paid) => paid.state === "received");
  if (payment === undefined) return;
  try {
    const dispute = world.emulated.levers.openDispute(payment.reference, undefined) as { readonly id: number | string };
    if (random.chance(0.5)) disputes.push(String(dispute.id));
    else {
      await world.settleDown();
      world.emulated.levers.resolveDispute(String(dispute.id), random.pick(["won", "lost"] as const));
    }
  } catch {
    // It was refunded already, or is in dispute.
  }
}

/** Orders that are not at their end, or whose money is not. */
async function unfinished(world: WorldOver): Promise<Set<number>> {
  const { rows } = await world.engine.pool.query<{ id: bigint }>(
    `SELECT id FROM orders WHERE state NOT IN ('completed', 'expired', 'charged_back')
     UNION SELECT coalesce(order_id, 0) FROM disbursements WHERE state NOT IN ('succeeded', 'cancelled')
     UNION SELECT coalesce(order_id, 0) FROM payments WHERE state IN ('open', 'pending')`,
  );
  return new Set(rows.map(({ id }) => Number(id)));
}

async function judge(
  world: WorldOver,
  all: readonly Stormy[],
  name: RailName,
): Promise<Pick<StormReport, "states" | "attempts" | "findings">> {
  const findings: string[] = [];
  await world.sound().catch((error: unknown) => findings.push(error instanceof Error ? error.message : String(error)));
  const states: Record<string, number> = {};
  for (const { id, sellerId } of all) {
    const { state } = await world.order(id, sellerId);
    states[state] = (states[state] ?? 0) + 1;
    if (!["completed", "expired", "charged_back"].includes(state)) findings.push(`order ${id} is ${state} for ever`);
  }
  const { rows } = await world.engine.pool.query<{ what: string; currency: string; sum: bigint; n: bigint }>(
    `SELECT CASE WHEN d.kind = 'payout' OR d.details IS NOT NULL THEN 'banks' ELSE 'payers' END AS what, d.currency, sum(d.amount)::bigint AS sum, count(*) AS n
     FROM disbursements d WHERE d.state = 'succeeded' GROUP BY 1, 2`,
  );
  const lost = await world.engine.pool.query<{ currency: string; sum: bigint }>(
    "SELECT coalesce(received_currency, currency) AS currency, sum(charged_back)::bigint AS sum FROM payments GROUP BY 1",
  );
  for (const currency of ["NGN", "USD"]) {
    const booked = (what: string) => rows.find((row) => row.what === what && row.currency === currency)?.sum ?? 0n;
    const taken = lost.rows.find((row) => row.currency === currency)?.sum ?? 0n;
    const arrived = world.arrived(currency);
    if (arrived.banks !== booked("banks"))
      findings.push(`${currency} ${arrived.banks} reached banks, and the books say ${booked("banks")}`);
    if (arrived.payers !== booked("payers") + taken)
      findings.push(`${currency} ${arrived.payers} went back to payers, and the books say ${booked("payers") + taken}`);
  }
  const attempts = await world.engine.pool.query<{ n: bigint; open: bigint }>(
    "SELECT count(*) AS n, count(*) FILTER (WHERE state IN ('sending', 'in_flight', 'outcome_unknown')) AS open FROM attempts",
  );
  const open = Number(attempts.rows[0]?.open ?? 0n);
  if (open > 0) findings.push(`${open} attempts are undecided for ever`);
  if (findings.length > 0) findings.push(...(await payoutsPart(world.engine.pool, name, world.emulated)));
  return { states, attempts: Number(attempts.rows[0]?.n ?? 0n), findings };
}
