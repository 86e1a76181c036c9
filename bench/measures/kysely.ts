import { Kysely, PostgresDialect, sql } from "kysely";
import type { Generated } from "kysely";
import type { Bench, Measure } from "../bench.ts";
import { once, rivalsPool } from "../cluster.ts";
import { rate, runChains } from "../measure.ts";
import { throughAct } from "../ways.ts";

/** The tables of somebody who writes the same thing the usual way: no more columns and indexes than this work needs. */
interface Database {
  orders: { id: number; seller_id: number; state: string; version: number; details: string; updated_at: Date };
  transitions: {
    id: Generated<number>;
    order_id: number;
    version: number;
    action: string;
    from_state: string;
    to_state: string;
    at: Date;
    answer: string;
  };
  entries: { id: Generated<number>; seller_id: number; order_id: number; cause: string; at: Date };
  postings: { id: Generated<number>; entry_id: number; debit: string; credit: string; amount: number; currency: string };
  balances: { seller_id: number; account: string; balance: number };
  messages: { id: Generated<number>; order_id: number; kind: string; due_at: Date };
}

const orders = 100_000;
const sellers = 1_000;
const schema = [
  `CREATE TABLE orders (id bigint PRIMARY KEY, seller_id bigint NOT NULL, state text NOT NULL, version integer NOT NULL, details text NOT NULL,
     updated_at timestamptz NOT NULL)`,
  `CREATE TABLE transitions (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders, version integer NOT NULL,
     action text NOT NULL, from_state text NOT NULL, to_state text NOT NULL, at timestamptz NOT NULL, answer json NOT NULL, UNIQUE (order_id, version))`,
  `CREATE TABLE entries (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, seller_id bigint NOT NULL, order_id bigint NOT NULL REFERENCES orders,
     cause text NOT NULL, at timestamptz NOT NULL)`,
  `CREATE TABLE postings (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, entry_id bigint NOT NULL REFERENCES entries, debit text NOT NULL,
     credit text NOT NULL, amount bigint NOT NULL CHECK (amount > 0), currency text NOT NULL)`,
  "CREATE TABLE balances (seller_id bigint NOT NULL, account text NOT NULL, balance bigint NOT NULL CHECK (balance >= 0), PRIMARY KEY (seller_id, account))",
  "CREATE TABLE messages (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders, kind text NOT NULL, due_at timestamptz NOT NULL)",
  "CREATE INDEX ON messages (due_at)",
  `INSERT INTO orders SELECT i, 1 + i % ${sellers}, 'new', 0, repeat('x', 200), now() FROM generate_series(1, ${orders}) i`,
  `INSERT INTO balances SELECT s, a, 1000000000000 FROM generate_series(1, ${sellers}) s, unnest(ARRAY['escrow', 'payable']) a`,
  "VACUUM ANALYZE",
];

interface Rival {
  readonly db: Kysely<Database>;
  next: number;
}

/** One connection more than this waits only for the others on the usual two processors; fewer leave commits without company. */
const connections = 32;
let rival: Promise<Rival> | undefined;

export const kysely: Measure = {
  name: "kysely",
  round: async (bench) => {
    const made = await (rival ??= makeRival(bench));
    const ours = rate(await throughAct(bench.parts.engine, await bench.orders(Math.ceil(1_200 * bench.scale)), 128));
    const steps = Array.from({ length: Math.ceil(3_000 * bench.scale) }, () => [() => step(made.db, 1 + (made.next++ % orders))]);
    return { kysely: ours / rate(await runChains(steps, 128)) };
  },
  end: async () => {
    await (await rival)?.db.destroy();
  },
};

async function makeRival(bench: Bench): Promise<Rival> {
  const url = new URL(bench.url);
  await once(url.href, ["CREATE DATABASE kysely"]);
  url.pathname = "/kysely";
  await once(url.href, schema);
  const pool = rivalsPool(url.href, connections);
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const made = { db, next: 0 };
  await runChains(
    Array.from({ length: 200 }, () => [() => step(db, 1 + (made.next++ % orders))]),
    connections,
  );
  return made;
}

/** Seven statements: the order under its lock, its new state, the step with its answer, the entry, two postings, two balances, the letter. */
function step(db: Kysely<Database>, id: number): Promise<void> {
  return db.transaction().execute(async (trx) => {
    const now = new Date();
    const order = await trx.selectFrom("orders").selectAll().where("id", "=", id).forUpdate().executeTakeFirstOrThrow();
    const version = order.version + 1;
    await trx.updateTable("orders").set({ state: "moved", version, updated_at: now }).where("id", "=", id).execute();
    const answer = JSON.stringify({ order: Number(order.id), version, state: "moved", paid: 450_000, released: 383_250 });
    await trx
      .insertInto("transitions")
      .values({ order_id: id, version, action: "move", from_state: order.state, to_state: "moved", at: now, answer })
      .execute();
    const entry = await trx
      .insertInto("entries")
      .values({ seller_id: order.seller_id, order_id: id, cause: "order.move", at: now })
      .returning("id")
      .executeTakeFirstOrThrow();
    await trx
      .insertInto("postings")
      .values([
        { entry_id: entry.id, debit: "rail_incoming", credit: "escrow", amount: 450_000, currency: "NGN" },
        { entry_id: entry.id, debit: "escrow", credit: "payable", amount: 383_250, currency: "NGN" },
      ])
      .execute();
    await trx
      .updateTable("balances")
      .set({ balance: sql`balance + CASE account WHEN 'escrow' THEN 66750 ELSE 383250 END` })
      .where("seller_id", "=", order.seller_id)
      .where("account", "in", ["escrow", "payable"])
      .execute();
    await trx.insertInto("messages").values({ order_id: id, kind: "moved", due_at: now }).execute();
  });
}
