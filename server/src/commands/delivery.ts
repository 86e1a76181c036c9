import type pg from "pg";
import type { Config } from "../config.ts";
import { run } from "../db/connect.ts";
import { sellerQueries } from "../db/sellers.ts";
import type { Delivery, SellerKeys } from "../jobs/deliver.ts";
import { allowedNetworks, safePost } from "../net/safe-post.ts";
import { open } from "../secrets/box.ts";
import { keyContext } from "../http/keys.ts";

/** How long a receiver may take to connect and to begin its answer, and for all of it, in milliseconds. */
export interface DeliveryTimes {
  readonly timeout: number;
  readonly total: number;
}

const usualTimes: DeliveryTimes = { timeout: 10_000, total: 15_000 };

/** What the job that tells sellers' shops works with. */
export function makeDelivery(
  input: { readonly config: Config; readonly pool: pg.Pool; readonly secretKey: Buffer; readonly now: () => Date },
  times: DeliveryTimes = usualTimes,
): Delivery {
  const { config, pool, secretKey, now } = input;
  const poster = safePost({
    allow: allowedNetworks(config.callback.allowCidrs, config.host, config.mode),
    httpsOnly: config.mode === "live",
    ...times,
  });
  return {
    keys: (sellerId) => newestKeys(pool, secretKey, sellerId, now()),
    poster,
    perReceiver: 4,
    atOnce: 500,
    lease: times.total + 3_000,
    patience: Math.min(times.total, 3_000),
    running: new Set(),
    stop: new AbortController(),
  };
}

/** Calls off what is under way and waits until that is written down. */
export async function stopDelivery({ running, stop, poster }: Delivery): Promise<void> {
  stop.abort();
  await Promise.all(running);
  await poster.close();
}

/** A seller's key pairs that work at `now`, opened, the newest first. */
async function newestKeys(pool: pg.Pool, secretKey: Buffer, sellerId: number, now: Date): Promise<SellerKeys[]> {
  const { rows } = await run<{ public_key: string; private_key_sealed: string; last_used_at: Date | null }>(
    pool,
    sellerQueries.sealedKeys,
    [sellerId, now.toISOString()],
  );
  return rows.map((row) => ({
    publicKey: row.public_key,
    privateKey: open(secretKey, row.private_key_sealed, keyContext(row.public_key)),
    used: row.last_used_at !== null,
  }));
}
