import { createHash, randomUUID } from "node:crypto";
import type pg from "pg";
import { addFloat } from "../actions/book-steps.ts";
import type { Lanes } from "../actions/lanes.ts";
import type { Query } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { Fault } from "../domain/fault.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { SellerTerms } from "../domain/seller.ts";
import type { Seeded } from "../sandbox/seed.ts";
import { drawPeople, renewPeople, seedSandbox } from "../sandbox/seed.ts";
import { knownPeople, writeEarly } from "./sandbox-file.ts";
import { seedSecrets } from "./secrets.ts";

export const seedHomeQueries = {
  key: { name: "known_keys", text: "SELECT FROM api_keys WHERE public_key = ANY($1::text[])" },
} satisfies Record<string, Query>;

/** What the sandbox lends the operator: a million naira, and ten thousand dollars for payees who are paid in them. */
const lent = [
  { key: "sandbox-float", amount: 100_000_000n, currency: "NGN" },
  { key: "sandbox-float-usd", amount: 1_000_000n, currency: "USD" },
] as const;

/**
 * Fills the sandbox if it is not full yet, and answers its people with the secrets that are theirs now. New secrets are written down in the
 * home folder before they count in the database; where they were lost with the folder, the people get new ones.
 */
export async function seedHome(
  home: string,
  { pool, lanes }: { readonly pool: pg.Pool; readonly lanes: Lanes },
  secretKey: Buffer,
  now: Date,
  terms: SellerTerms,
): Promise<Seeded> {
  const secrets = seedSecrets(secretKey);
  const known = await knownPeople(home);
  const people = known ?? drawPeople(secrets);
  if (known === undefined) await writeEarly(home, people);
  const seeded = await seedSandbox(pool, secrets, now, terms, people);
  if (seeded === undefined && !(await isKnown(pool, people))) await renewPeople(pool, secrets, people, now);
  await lendFloat(lanes);
  return people;
}

/** Whether these secrets belong to this database, not to another that was started with the same folder. */
async function isKnown(pool: pg.Pool, { sellers }: Seeded): Promise<boolean> {
  const { rowCount } = await run(pool, seedHomeQueries.key, [sellers.map((seller) => seller.public_key)]);
  return rowCount === sellers.length;
}

/**
 * The rail keeps its fee of each pay-in, and pays in dollars what came in naira, so a platform needs some money of its own before it is solvent.
 * The key sees to it that it is lent once.
 */
async function lendFloat(lanes: Lanes): Promise<void> {
  for (const { key: name, amount, currency } of lent) {
    const key = { key: name, fingerprint: createHash("sha256").update(`${amount} ${currency}`).digest("hex") };
    const ask = { id: randomUUID(), sellerId: 0, actor: { party: "operator", name: "installation" } as const, key };
    const answer = await lanes.one(addFloat(ask, { amount, currency, rail: "sandbox" }));
    if (isRefusal(answer)) throw new Fault(`the sandbox got no float: ${answer.detail}`);
  }
}
