import type pg from "pg";
import { inTransaction, run } from "../db/connect.ts";
import { solvencyStoreQueries } from "../db/solvency.ts";
import type { KeptLeaf } from "../db/solvency.ts";
import { must } from "../domain/fault.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import { solvencyFacts } from "../ledger/solvency-facts.ts";
import { withSnapshot } from "../ledger/verify.ts";
import type { SignedStatement } from "../proof/statement.ts";
import { newSigningKey, signStatement } from "../proof/statement.ts";
import { open, seal } from "../secrets/box.ts";

const place = (publicKey: string) => `solvency key ${publicKey}`;

/** Makes the key that signs proofs of solvency where there is none. Two processes that start at once end with one. Answers the public key. */
export async function ensureSigningKey(pool: pg.Pool, secretKey: Buffer, now: Date): Promise<string> {
  const there = await run<{ public_key: string }>(pool, solvencyStoreQueries.signer);
  if (there.rows[0] !== undefined) return there.rows[0].public_key;
  const key = newSigningKey();
  const sealed = seal(secretKey, key.privateKey, place(key.publicKey));
  await run(pool, solvencyStoreQueries.insertKey, [key.publicKey, sealed, now.toISOString()]);
  const { rows } = await run<{ public_key: string }>(pool, solvencyStoreQueries.signer);
  return must(rows[0], "a signing key").public_key;
}

/** A new key signs from now on; the old one's public half stays published, because what it signed stays good. Answers the new public key. */
export async function rotateSigningKey(pool: pg.Pool, secretKey: Buffer, now: Date): Promise<string> {
  const key = newSigningKey();
  await inTransaction(pool, async (client) => {
    await run(client, solvencyStoreQueries.retireKeys, [now.toISOString()]);
    const sealed = seal(secretKey, key.privateKey, place(key.publicKey));
    await run(client, solvencyStoreQueries.insertKey, [key.publicKey, sealed, now.toISOString()]);
  });
  return key.publicKey;
}

/** Reads one snapshot, signs what it says, and keeps it with its leaves, from which receipts are made. Refuses `solvency_unproven`. */
export async function proveSolvency(
  pool: pg.Pool,
  secretKey: Buffer,
  mode: "sandbox" | "live",
  now: Date,
): Promise<SignedStatement | Refusal> {
  const publicKey = await ensureSigningKey(pool, secretKey, now);
  const facts = await withSnapshot(pool, undefined, (client) => solvencyFacts(client));
  if (isRefusal(facts)) return facts;
  const { rows } = await run<{ public_key: string; private_key_sealed: string }>(pool, solvencyStoreQueries.signer);
  const signer = must(rows[0], `the signing key ${publicKey}`);
  const document = signStatement(
    {
      format: "tranche-solvency-v1",
      mode,
      at: facts.at.toISOString(),
      books: facts.books,
      currencies: facts.currencies,
      public_key: signer.public_key,
    },
    open(secretKey, signer.private_key_sealed, place(signer.public_key)),
  );
  const leaves: KeptLeaf[] = [...facts.leaves].flatMap(([currency, list]) =>
    list.map(({ holder, amount, salt }) => ({ currency, holder, amount: amount.toString(), salt })),
  );
  await run(pool, solvencyStoreQueries.insert, [document.statement.at, JSON.stringify(document), JSON.stringify(leaves)]);
  await run(pool, solvencyStoreQueries.makeRoom);
  return document;
}
