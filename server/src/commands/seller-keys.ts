import type { Ask } from "../actions/command.ts";
import { noteRotation } from "../actions/sellers.ts";
import { inTransaction, run } from "../db/connect.ts";
import { sellerQueries } from "../db/sellers.ts";
import { later } from "../domain/deadlines.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { Seller } from "../domain/seller.ts";
import type { Engine } from "../jobs/engine.ts";
import { seal } from "../secrets/box.ts";
import { newPrivateKey, newPublicKey } from "../secrets/tokens.ts";
import { keyContext } from "./secrets.ts";
import { table } from "./table.ts";
import { CommandRefused } from "./usage-error.ts";

/** How long a key pair goes on working beside a new one; the same as on the seller's page. */
const overlap = 7 * 86_400_000;

/** The key pairs that work now. Private keys are shown only when they are made. */
export async function listKeys({ pool, now }: Engine, seller: Seller): Promise<string> {
  const { rows } = await run<{ public_key: string; created_at: Date; valid_until: Date | null; last_used_at: Date | null }>(
    pool,
    sellerQueries.keys,
    [seller.id],
  );
  const at = now();
  const lines = rows
    .filter((row) => row.valid_until === null || row.valid_until > at)
    .map((row) => [
      row.public_key,
      day(row.created_at),
      row.last_used_at === null ? "never" : day(row.last_used_at),
      row.valid_until === null ? "" : row.valid_until.toISOString(),
    ]);
  return table(["public key", "made", "last used", "ends"], lines);
}

function day(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/** A new pair; the present one goes on for a week, one that was already running out ends: at most two work at a time. */
export async function rotateKeys({ pool, lanes, now }: Engine, seller: Seller, ask: Ask, secretKey: Buffer): Promise<string> {
  const at = now();
  const publicKey = newPublicKey();
  const privateKey = newPrivateKey();
  const ends = later(at, overlap);
  await inTransaction(pool, async (client) => {
    await run(client, sellerQueries.endRunningOut, [seller.id, at.toISOString()]);
    await run(client, sellerQueries.insertKey, [
      publicKey,
      seller.id,
      seal(secretKey, privateKey, keyContext(publicKey)),
      at.toISOString(),
    ]);
    await run(client, sellerQueries.retireKeys, [seller.id, publicKey, ends.toISOString()]);
  });
  const answer = await lanes.one(noteRotation(ask));
  if (isRefusal(answer)) throw new CommandRefused(answer.detail);
  return `Public key   ${publicKey}\nPrivate key  ${privateKey}   (shown this once)\nThe pair before it works until ${ends.toISOString()}.`;
}
