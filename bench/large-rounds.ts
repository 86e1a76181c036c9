import { accept } from "../server/src/actions/accept.ts";
import { deliver } from "../server/src/actions/deliver.ts";
import type { Assembled } from "../server/src/commands/assemble.ts";
import { listOrders, readOrdersForWire } from "../server/src/db/orders.ts";
import { isRefusal } from "../server/src/domain/refusals.ts";
import { percentile99, rate, runChains } from "./measure.ts";
import { openLoop } from "./open-loop.ts";
import type { OpenOrder, Shop } from "./shop.ts";
import { ask, funding, openOrders } from "./shop.ts";
import { throughAct } from "./ways.ts";

export const page = 50;

/** Steps a second of each kind. */
export interface Load {
  readonly transition: number;
  readonly list: number;
}

export interface Side {
  readonly parts: Assembled;
  readonly shops: readonly Shop[];
  /** Whose lists are read. */
  readonly busy: readonly Shop[];
}

/** The newest page of a shop's orders, with what the wire shows of each. */
async function list({ parts, busy }: Side, nth: number): Promise<void> {
  const sellerId = busy[(nth * 7) % busy.length]?.sellerId ?? 0;
  const orders = await listOrders(parts.requests, sellerId, { state: null, before: null, most: page });
  if (orders.length < page) throw new Error(`shop ${sellerId} has only ${orders.length} orders: pages would be of different sizes`);
  await readOrdersForWire(parts.requests, sellerId, orders);
}

/**
 * Reads and writes as an installation has done that runs for long: some orders of every shop live to their end, and every busy shop's list is read.
 * Answers 60 % of the rates at which they went.
 */
export async function warm(side: Side, orders: number): Promise<Load> {
  await throughAct(side.parts.engine, await openOrders(side.parts.engine, side.shops, orders), 128);
  const acted = await throughAct(side.parts.engine, await openOrders(side.parts.engine, side.shops, orders), 128);
  const lists = (count: number) => Array.from({ length: count }, (_, i) => [() => list(side, i)]);
  await runChains(lists(Math.ceil(orders / 4)), 6);
  const listed = await runChains(lists(Math.ceil(orders / 4)), 6);
  return { transition: Math.max(1, Math.floor(0.6 * rate(acted))), list: Math.max(1, Math.floor(0.6 * rate(listed))) };
}

/** Funds, delivers and accepts every order, in this order, all orders of each step before the next. */
function transitions({ parts }: Side, orders: readonly OpenOrder[]): (() => Promise<void>)[] {
  const steps = [
    ...orders.map((order) => () => funding(order)),
    ...orders.map((order) => () => deliver(ask(order, "seller"))),
    ...orders.map((order) => () => accept(ask(order, "buyer"))),
  ];
  return steps.map((make) => async () => {
    const answer = await parts.engine.lanes.one(make());
    if (isRefusal(answer)) throw new Error(`${answer.refused}: ${answer.detail}`);
  });
}

/**
 * One round: each side is measured four times in turn, first one, then the other twice, then the first, and so on, `seconds` long each time, so that what else the
 * machine does meets both. Transitions and lists one after the other, so that neither waits for the other's processor. Answers the 99th percentiles in milliseconds.
 */
export async function round99<Name extends string>(
  sides: readonly (readonly [Name, Side])[],
  load: Load,
  seconds: number,
): Promise<Record<keyof Load, Record<Name, number>>> {
  const times = { transition: new Map<Name, number[]>(), list: new Map<Name, number[]>() };
  const turns = [sides, sides.toReversed(), sides, sides.toReversed()];
  const note = (what: keyof Load, name: Name, took: readonly number[]) =>
    times[what].set(name, [...(times[what].get(name) ?? []), ...took]);
  const orders = Math.ceil((seconds * load.transition) / 3);
  for (const turn of turns) {
    const open: OpenOrder[][] = [];
    for (const [, side] of turn) open.push(await openOrders(side.parts.engine, side.shops, orders));
    for (const [i, [name, side]] of turn.entries()) {
      await quiet();
      note("transition", name, await openLoop(transitions(side, open[i] ?? []), load.transition));
    }
  }
  for (const turn of turns) {
    for (const [name, side] of turn) {
      await quiet();
      const steps = Array.from({ length: Math.ceil(seconds * load.list) }, (_, i) => () => list(side, i));
      note("list", name, await openLoop(steps, load.list));
    }
  }
  const p99 = (of: ReadonlyMap<Name, readonly number[]>) =>
    Object.fromEntries([...of].map(([name, all]) => [name, percentile99(all)])) as Record<Name, number>;
  return { transition: p99(times.transition), list: p99(times.list) };
}

/** What the opening of orders left to be done in the background is done. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 500));
}
