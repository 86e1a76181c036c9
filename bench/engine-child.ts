import { assemble } from "../server/src/commands/assemble.ts";
import { readConfig } from "../server/src/config.ts";
import { rate } from "./measure.ts";
import type { Shop } from "./shop.ts";
import { openOrders } from "./shop.ts";
import { throughAct } from "./ways.ts";

/** What the bench asks of this process: lives of so many orders. The shops come with the first. */
export interface EngineAsk {
  readonly orders: number;
  readonly shops?: readonly Shop[];
}

export type EngineTold = { readonly rate: number } | { readonly failed: string };

const silent = { info: () => undefined, warn: console.warn, error: console.error };
const [url = ""] = process.argv.slice(2);
const parts = assemble({
  config: readConfig({}),
  ownerUrl: url,
  baseUrl: "http://127.0.0.1:4000",
  secretKey: Buffer.alloc(32),
  log: silent,
});
let shops: readonly Shop[] = [];

process.on("message", (ask: EngineAsk) => {
  shops = ask.shops ?? shops;
  void lives(ask.orders).then(
    (told) => process.send?.(told),
    (error: unknown) => process.send?.({ failed: String(error) } satisfies EngineTold),
  );
});
process.once("disconnect", () => void parts.close().then(() => process.exit(0)));

async function lives(count: number): Promise<EngineTold> {
  return { rate: rate(await throughAct(parts.engine, await openOrders(parts.engine, shops, count), 128)) };
}
