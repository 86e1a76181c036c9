import { actOnce } from "../../src/actions/act.ts";
import type { Answer, Command } from "../../src/actions/command.ts";
import { Ids } from "../../src/actions/ids.ts";
import type { Lanes } from "../../src/actions/lanes.ts";
import { loadBooks } from "../../src/actions/load.ts";
import type { Lane } from "../../src/db/lane.ts";
import { openLane, run } from "../../src/db/connect.ts";
import { must } from "../../src/domain/fault.ts";
import { isRefusal } from "../../src/domain/refusals.ts";
import type { World } from "./world.ts";

const open = (world: World) => openLane(world.database.ownerUrl, { applicationName: "first session", onLost: () => undefined });

/** What the command would be answered if it were its turn now: `done`, or the code of a refusal. Nothing is kept. */
export async function judged(world: World, one: Command): Promise<string> {
  const lane = await open(world);
  await run(lane, { name: "begin", text: "BEGIN" });
  const { books } = await loadBooks(lane, [one], world.settings);
  const plan = one.decide(must(books.get(one.sellerId), "the book"));
  await lane.end();
  return isRefusal(plan) ? plan.refused : "done";
}

/** What changes while the other waits: a command, or SQL for a fact that no command can change at will. */
export type Change = Command | { readonly sql: string; readonly values: readonly unknown[] };

/**
 * One session has locked the book and written the change but not committed; the command is sent by another and waits for the book; then
 * the first commits. Answers what the command was told.
 */
export async function changedWhileWaiting(world: World, second: Lanes, change: Change, waiting: Command): Promise<Answer> {
  const lane = await open(world);
  const atCommit = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const changed =
    "sql" in change
      ? byHand(lane, waiting.sellerId, change, atCommit.resolve, release.promise)
      : actOnce(held(lane, atCommit.resolve, release.promise), [change], world.settings, new Ids());
  const happened = changed.then((answers) => {
    const [first] = answers;
    if (first !== undefined && isRefusal(first)) throw new Error(`the change was refused: ${first.detail}`);
  });
  await Promise.race([atCommit.promise, happened]);
  const answer = second.one(waiting);
  try {
    await isWaiting(world);
  } finally {
    release.resolve();
  }
  await happened;
  await lane.end();
  return answer;
}

/** A lane that says when it has come to COMMIT, and waits there until it is let go. */
function held(lane: Lane, reached: () => void, go: Promise<void>): Lane {
  const query = lane.query.bind(lane) as (config: { name?: string }) => Promise<unknown>;
  const send = async (config: { name?: string }) => {
    if (config.name !== "commit") return query(config);
    reached();
    await go;
    return query(config);
  };
  return { query: send } as unknown as Lane;
}

async function byHand(
  lane: Lane,
  sellerId: number,
  change: Exclude<Change, Command>,
  reached: () => void,
  go: Promise<void>,
): Promise<Answer[]> {
  await lane.query("RESET role");
  await lane.query("BEGIN");
  await lane.query("SELECT 1 FROM books WHERE seller_id = $1 FOR NO KEY UPDATE", [sellerId]);
  const { rowCount } = await lane.query(change.sql, [...change.values]);
  if (rowCount !== 1) throw new Error(`the change met ${rowCount} rows: ${change.sql}`);
  reached();
  await go;
  await lane.query("COMMIT");
  return [];
}

async function isWaiting(world: World): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { rows } = await world.database.ownerPool.query(
      "SELECT 1 FROM pg_stat_activity WHERE application_name = 'second process' AND datname = current_database() AND wait_event_type = 'Lock'",
    );
    if (rows.length > 0) return;
  }
  throw new Error("the second session never waited for the book");
}
