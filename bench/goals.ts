/** One row of the results page. `more`: whether a larger number is better. Keys are what measures answer with. */
export interface Goal {
  readonly key: string;
  readonly says: string;
  readonly more: boolean;
  readonly goal: number;
  readonly stretch: number;
  readonly digits: number;
}

function atLeast(key: string, says: string, goal: number, stretch: number, digits = 2): Goal {
  return { key, says, more: true, goal, stretch, digits };
}

function atMost(key: string, says: string, goal: number, stretch: number, digits = 2): Goal {
  return { key, says, more: false, goal, stretch, digits };
}

/** What is measured, and how far it should go. "pgbench" is its best rate over the numbers of clients tried in this run. */
export const goals: readonly Goal[] = [
  atLeast("engine_128", "engine, 128 in flight ÷ pgbench", 1.5, 3),
  atLeast("same_rows", "… ÷ pgbench writing the very same rows one commit each", 3, 5),
  atLeast("http_32", "HTTP, 32 connections ÷ pgbench", 0.6, 0.9),
  atLeast("http_100", "HTTP, 100 connections ÷ pgbench", 1, 1.5),
  atLeast("list_100", "one `act()` of 100 commands ÷ pgbench", 1.5, 5),
  atLeast("one_seller", "one seller ÷ spread over all sellers", 0.95, 1),
  atLeast("one_seller_slow", "the same, `commit_delay=2000, commit_siblings=0`", 0.95, 1),
  atLeast("kysely", "÷ the same work as seven statements in a Kysely transaction", 5, 8),
  atLeast("pgledger_spread", "÷ pgledger, the same movement spread", 3, 5),
  atLeast("pgledger_hot", "÷ pgledger, the same movement on one hot account", 8, 10),
  atMost("p99_transition", "p99 of a transition at 1,000,000 orders ÷ at 10,000", 1.25, 1.1),
  atMost("p99_list", "p99 of the order list at 1,000,000 orders ÷ at 10,000", 1.25, 1.1),
  atLeast("integrity", "everything on ÷ chain, foreign keys, answers and events off", 0.6, 0.8),
  atLeast("engine_128_on_15", "engine, 128 in flight ÷ pgbench, both on PostgreSQL 15", 1.5, 3),
  atMost("single_p50", "single client p50 ÷ pgbench single client p50", 2.5, 1.8),
  atMost("trips", "round trips per transition, 32 in flight", 0.2, 0.1, 3),
  atMost("fsyncs", "fsyncs of the log per transition, 32 in flight", 0.05, 0.03, 3),
  atMost("wal", "log bytes per transition without full pages, 32 in flight", 2_500, 2_000, 0),
  atMost("postgres_micros", "PostgreSQL µs of processor per transition, 32 in flight", 200, 120, 0),
  atMost("node_micros", "Node µs of processor per transition through HTTP, 32 connections", 140, 80, 0),
  atMost("life_bytes", "bytes stored per completed order life", 6_000, 4_000, 0),
  atLeast("verified", "journal entries verified per second", 60_000, 200_000, 0),
  atMost("rail_event_p99", "p99 of a rail's notice, checked, stored and acknowledged, 100 a second beside other work, ms", 50, 20, 1),
  atMost("start", "warm `npm start` to the first answer, seconds", 2.5, 1),
];
