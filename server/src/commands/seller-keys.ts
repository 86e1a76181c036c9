import type { Ask } from "../actions/command.ts";
import { noteRotation } from "../actions/sellers.ts";
import { run } from "../db/connect.ts";
import { sellerQueries } from "../db/sellers.ts";
import { later } from "../domain/deadlines.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { Seller } from "../domain/seller.ts";
import type { Engine } from "../jobs/engine.ts";
import { rotateKeys, rotationTime } from "../http/key-rotation.ts";
import { table } from "./table.ts";
import { CommandRefused } from "./usage-error.ts";

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
export async function newKeys({ pool, lanes, now }: Engine, seller: Seller, ask: Ask, secretKey: Buffer): Promise<string> {
  const at = now();
  const { publicKey, privateKey } = await rotateKeys(pool, secretKey, seller.id, at);
  const answer = await lanes.one(noteRotation(ask));
  if (isRefusal(answer)) throw new CommandRefused(answer.detail);
  const ends = later(at, rotationTime).toISOString();
  return `Public key   ${publicKey}\nPrivate key  ${privateKey}   (shown this once)\nThe pair before it works until ${ends}.`;
}
