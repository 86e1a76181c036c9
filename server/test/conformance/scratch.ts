import { createHash, randomUUID } from "node:crypto";
import type pg from "pg";
import { joinSeller } from "../../src/actions/join-seller.ts";
import { Lanes } from "../../src/actions/lanes.ts";
import { actSettings } from "../../src/commands/act-settings.ts";
import { readConfig } from "../../src/config.ts";
import { makePool, openLane } from "../../src/db/connect.ts";
import { paystackTariff } from "../../src/domain/fees.ts";
import { isRefusal } from "../../src/domain/refusals.ts";
import { defaultSellerTerms } from "../../src/domain/seller.ts";
import { entryId, headerDigest, legHash } from "../../src/ledger/chain.ts";
import type { JournalLeg, Ledger, Leg, Post, Posted } from "./ledger.ts";
import { postLegs } from "./post-legs.ts";

export interface ScratchLedger extends Ledger {
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/**
 * One scratch book in a migrated database that holds nothing else. It refuses a database with orders in it, and afterwards the database
 * itself refuses every step but a post, so it can be used for nothing else by accident.
 */
export async function scratchLedger(ownerUrl: string): Promise<ScratchLedger> {
  const owner = makePool(ownerUrl, { max: 2, applicationName: "tranche conformance owner" });
  const sellerId = await makeBook(owner);
  const pool = makePool(ownerUrl, { role: "tranche_app", max: 16, applicationName: "tranche conformance" });
  const settings = actSettings(readConfig({}), {
    takes: { NGN: ["sandbox"] },
    paysOut: {},
    payoutHours: {},
    watched: [],
    tariffs: { sandbox: { NGN: paystackTariff } },
  });
  const lanes = new Lanes(
    () => openLane(ownerUrl, { applicationName: "tranche conformance lane", onLost: () => undefined }),
    () => settings,
    // Every one of the kit's simultaneous calls may wait at once.
    { lanes: 2, batch: 128, perSeller: 128, waitingPerSeller: 10_000 },
  );
  return {
    pool,
    reset: async () => {
      await empty(owner);
      lanes.forget();
    },
    post: (post) => postTo(lanes, sellerId, post),
    balance: (account, currency) => balanceOf(pool, sellerId, account, currency),
    journal: () => journalOf(pool, sellerId),
    close: async () => {
      await lanes.close();
      await Promise.all([pool.end(), owner.end()]);
    },
  };
}

async function makeBook(owner: pg.Pool): Promise<number> {
  const { rows } = await owner.query("SELECT EXISTS (SELECT FROM orders) OR EXISTS (SELECT FROM postings) AS used");
  if (rows[0]?.["used"] === true)
    throw new Error(
      "This database holds orders or postings: the conformance kit empties what it is given, so it gets a database of its own.",
    );
  const nobody = { phone: "+2348000000000", firstName: "Scratch", lastName: "Book", businessName: null, passwordHash: null };
  const callback = { callbackUrl: null, callbackFormat: "auto", callbackToken: "documented", unsignedCheckout: "allow" } as const;
  const rest = {
    providerShareLimit: 10_000,
    origins: [],
    terms: defaultSellerTerms,
    bank: null,
    bankChangedAt: null,
    identityVerifiedAt: null,
  };
  const email = "scratch@conformance.test";
  const keys = { publicKey: randomUUID(), sealedKey: "none" };
  const seller = await joinSeller(owner, { role: "business", email, ...nobody, ...callback, ...rest, ...keys }, new Date());
  if (isRefusal(seller)) throw new Error(seller.detail);
  await empty(owner);
  await owner.query(`ALTER TABLE transitions DROP CONSTRAINT each_step_is_a_row_of_its_table,
    ADD CONSTRAINT a_scratch_database_knows_no_step_but_a_post CHECK (object = 'book' AND action = 'post')`);
  return seller.id;
}

async function empty(owner: pg.Pool): Promise<void> {
  await owner.query(`TRUNCATE postings, entries, transitions, accounts, refusals CASCADE`);
  await owner.query("UPDATE books SET entry_seq = 0, posting_seq = 0, event_seq = 0, chain_head = NULL");
}

async function postTo(lanes: Lanes, sellerId: number, post: Post): Promise<Posted> {
  // What the legs move is the request. A repeat is the same one, whatever new name its caller gave it.
  const request = JSON.stringify([
    post.allowOverdraft,
    post.legs.map(({ accountId, type, amountSubunits, currency }) => [accountId, type, amountSubunits, currency]),
  ]);
  const key = { key: post.idempotencyKey, fingerprint: createHash("sha256").update(request).digest("hex") };
  const ask = { id: randomUUID(), sellerId, actor: { party: "operator", name: "conformance" } as const, key };
  const answer = await lanes.one(postLegs(ask, post.legs, `conformance ${post.transactionId}`));
  const { transactionId } = post;
  if (isRefusal(answer)) return { status: "REJECTED", transactionId, reason: `${answer.refused}: ${answer.detail}` };
  return { status: answer.replayed ? "DUPLICATE" : "APPLIED", transactionId, reason: null };
}

/** The read path: the kept balance where the chart keeps one, the sum of the postings where it does not. */
async function balanceOf(pool: pg.Pool, sellerId: number, account: string, currency: string): Promise<number> {
  const kept = await pool.query<{ balance: bigint | null }>(
    "SELECT balance FROM accounts WHERE seller_id = $1 AND account = $2 AND currency = $3",
    [sellerId, account, currency],
  );
  const [row] = kept.rows;
  if (row === undefined) return 0;
  if (row.balance !== null) return Number(row.balance);
  const summed = await pool.query<{ sum: string }>(
    `SELECT coalesce(sum(CASE WHEN credit = $2 THEN amount ELSE -amount END), 0)::text AS sum
     FROM postings WHERE seller_id = $1 AND currency = $3 AND (debit = $2 OR credit = $2)`,
    [sellerId, account, currency],
  );
  return Number(summed.rows[0]?.sum);
}

/**
 * The journal as it is stored. Of a posting's two legs the credit's hash is the stored one; the debit's stands between it and the posting
 * before and is computed from the row. So whatever is changed in a row changes the debit's hash, and the stored one no longer follows from it.
 */
async function journalOf(pool: pg.Pool, sellerId: number): Promise<JournalLeg[]> {
  const { rows } = await pool.query(
    `SELECT p.seq, p.entry_seq, p.debit, p.credit, p.amount, p.currency, encode(p.hash, 'hex') AS hash, e.cause, e.at, e.order_digest, e.reverses
     FROM postings p JOIN entries e ON e.seller_id = p.seller_id AND e.seq = p.entry_seq WHERE p.seller_id = $1 ORDER BY p.seq`,
    [sellerId],
  );
  let prevHash = "GENESIS";
  return rows.flatMap((row): JournalLeg[] => {
    const header = { cause: String(row["cause"]), orderId: null, at: row["at"] as Date, orderDigest: null, reverses: null };
    const transactionId = entryId(sellerId, Number(row["entry_seq"]), headerDigest(header));
    const seq = Number(row["seq"]);
    const shared = { transactionId, amountSubunits: Number(row["amount"]), currency: String(row["currency"]) };
    const leg = (type: Leg["type"], accountId: string, sequence: number) => ({
      ...shared,
      entryId: String(sequence),
      accountId,
      type,
      sequence,
      accountSequence: sequence,
    });
    const debit = leg("DEBIT", String(row["debit"]), 2 * seq - 1);
    const credit = leg("CREDIT", String(row["credit"]), 2 * seq);
    const between = legHash(prevHash, { ...debit, amount: BigInt(debit.amountSubunits) });
    const stored = String(row["hash"]);
    const legs = [
      { ...debit, prevHash, entryHash: between },
      { ...credit, prevHash: between, entryHash: stored },
    ];
    prevHash = stored;
    return legs;
  });
}
