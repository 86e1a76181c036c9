import { fork } from "node:child_process";
import { join } from "node:path";
import { accept } from "../server/src/actions/accept.ts";
import type { Command } from "../server/src/actions/command.ts";
import { deliver } from "../server/src/actions/deliver.ts";
import { isRefusal } from "../server/src/domain/refusals.ts";
import type { Engine } from "../server/src/jobs/engine.ts";
import type { Load, Loaded } from "./http-load.ts";
import type { Measured } from "./measure.ts";
import { percentile, runChains } from "./measure.ts";
import type { OpenOrder, Shop } from "./shop.ts";
import { ask, funding } from "./shop.ts";

/** Each order is funded, delivered and accepted, one after the other; three transitions, two of them with a journal entry. */
export async function throughAct(engine: Engine, orders: readonly OpenOrder[], inFlight: number): Promise<Measured> {
  const run = (make: () => Command) => async () => {
    const answer = await engine.lanes.one(make());
    if (isRefusal(answer)) throw new Error(`${answer.refused}: ${answer.detail}`);
  };
  const chains = orders.map((order) => {
    return [run(() => funding(order)), run(() => deliver(ask(order, "seller"))), run(() => accept(ask(order, "buyer")))];
  });
  const { done, seconds, times } = await runChains(chains, inFlight);
  return { done, seconds, p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

/** Deliveries by the seller's key, over HTTP, from another process. */
export async function throughHttp(
  url: string,
  shops: readonly Shop[],
  orders: readonly OpenOrder[],
  connections: number,
): Promise<Measured> {
  const tokens = new Map(shops.map((shop) => [shop.sellerId, shop.authtoken]));
  const bodies = orders.map(({ sellerId, orderId }) =>
    new URLSearchParams({
      authtoken: tokens.get(sellerId) ?? "",
      order: String(orderId),
      status: "delivered",
      phone_number: "",
      email: "",
    }).toString(),
  );
  const child = fork(join(import.meta.dirname, "http-load.ts"));
  const loaded = await new Promise<Loaded>((done, fail) => {
    child.once("message", (message) => done(message as Loaded));
    child.once("exit", (code) => fail(new Error(`the client ended with ${code}`)));
    const load: Load = { url: `${url}/api/callback/order`, connections, bodies };
    child.send(load);
  });
  child.removeAllListeners("exit");
  child.kill();
  if (loaded.failures.length > 0) throw new Error(`deliveries failed: ${loaded.failures.join("; ")}`);
  return { done: loaded.times.length, seconds: loaded.seconds, p50: percentile(loaded.times, 0.5), p99: percentile(loaded.times, 0.99) };
}
