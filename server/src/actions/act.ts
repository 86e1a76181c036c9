import type { Lane } from "../db/lane.ts";
import { must } from "../domain/fault.ts";
import type { RefusalCode } from "../domain/refusals.ts";
import { isRefusal, refusalCatalogue, refuse } from "../domain/refusals.ts";
import { run } from "../db/connect.ts";
import { toJson } from "../db/table.ts";
import type { Book } from "./book.ts";
import type { Answer, Command, Result } from "./command.ts";
import type { Effects } from "./effects.ts";
import { noEffects } from "./effects.ts";
import { Known } from "./known.ts";
import type { Ids, IdSource } from "./ids.ts";
import type { Memory } from "./load.ts";
import { loadBooks } from "./load.ts";
import type { ActSettings } from "./settings.ts";
import { store } from "./store.ts";
import { Writer } from "./writer.ts";

const begin = { name: "begin", text: "BEGIN" };
const commit = { name: "commit", text: "COMMIT" };
const rollback = { name: "rollback", text: "ROLLBACK" };
const rememberRefusals = {
  name: "remember_refusals",
  text: `INSERT INTO refusals (seller_id, actor, key, fingerprint, code, detail, facts, at)
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::json[], $8::timestamptz[])
         ON CONFLICT DO NOTHING`,
};
export const actQueries = { begin, commit, rollback, rememberRefusals };

/** Thrown when a transaction could not be finished; says nothing about whether it took effect. The commands may be run again with the same ids. */
export class Uncommitted extends Error {
  override readonly name = "Uncommitted";
}

/**
 * Runs a list of commands in one transaction: locks their books, reads every fact, decides each in turn (each seeing what those before
 * it did), and then, past the line where nothing may refuse, writes everything set-wise and commits. Answers come in the commands'
 * order. A refused command leaves nothing; a fault or a database error throws, and nothing of the list is kept.
 *
 * At most one command per order and per project: the lanes see to it. `known` is what the process remembers.
 */
export async function actOnce(
  lane: Lane,
  commands: readonly Command[],
  settings: ActSettings,
  ids: Ids,
  known = new Known(),
): Promise<Answer[]> {
  const own = await ids.prepare(lane, commands.length);
  const effects = noEffects();
  const started = run(lane, begin);
  // It is waited for with the rest; if the connection breaks before, nobody may be left without having heard of it.
  started.catch(() => undefined);
  try {
    const { books, memory } = await loadBooks(lane, commands, settings, known);
    // Answered before the facts were. Had BEGIN failed (somebody cancelled it), each write would be a transaction of its own.
    await started;
    const answers = commands.map((one) => answer(one, books, memory, effects, own));
    const refused = rememberable(commands, answers, books, effects);
    const touched = [...books.values()];
    // A waiting order that is handed out again gets another checkout token, and nothing else changes.
    const changes = effects.transitions.length > 0 || effects.checkouts.length > 0 || touched.some((book) => book.dirty);
    if (!changes && refused === undefined) {
      await run(lane, rollback);
      return answers;
    }
    const written = changes ? store(lane, touched, effects, known) : [];
    if (refused !== undefined) written.push(run(lane, rememberRefusals, refused).then(() => 0));
    const committed = run(lane, commit);
    const results = await Promise.allSettled([...written, committed]);
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    // A COMMIT of a failed transaction answers ROLLBACK without an error.
    const { command } = await committed;
    if (command !== "COMMIT") throw new Uncommitted(`COMMIT answered ${command}`);
    known.keepAccounts(effects.balances.keys());
    return answers;
  } catch (error) {
    await run(lane, rollback).catch(() => undefined);
    throw error;
  } finally {
    own.giveBack();
  }
}

function answer(one: Command, books: ReadonlyMap<number, Book>, memory: Memory, effects: Effects, ids: IdSource): Answer {
  const remembered = recall(one, memory, effects);
  if (remembered !== undefined) return remembered;
  const book = books.get(one.sellerId);
  if (book === undefined) return refuse("not_yours", "There is no such seller.");
  const plan = one.decide(book);
  if (isRefusal(plan)) return plan;
  // The line. From here on nothing refuses.
  const first = effects.transitions.length;
  const result = plan(new Writer(book, one, effects, ids));
  const step = effects.transitions[first];
  // A plan that found nothing to do (a rail's event told twice) leaves no trace and is judged anew if it comes again.
  if (step !== undefined) effects.transitions[first] = { ...step, answer: result };
  return { done: result, replayed: false };
}

/** The answer a command already got: from its own transition (its answer was lost), or under its idempotency key. */
function recall(one: Command, memory: Memory, effects: Effects): Answer | undefined {
  const own = memory.earlier.find((row) => Number(row["seller_id"]) === one.sellerId && row["command_id"] === one.id);
  if (own !== undefined) return { done: own["answer"] as Result, replayed: true };
  const { key } = one;
  if (key === undefined) return undefined;
  const same = (row: Record<string, unknown>) =>
    Number(row["seller_id"]) === one.sellerId && row["actor"] === one.actor.name && row["key"] === key.key;
  const used = memory.keys.find(same) ?? memory.refusals.find(same);
  const inBatch = effects.transitions.find(
    (step) => step.sellerId === one.sellerId && step.actor === one.actor.name && step.key === key.key,
  );
  if (used === undefined && inBatch === undefined) return undefined;
  const fingerprint = inBatch === undefined ? hexOf(used?.["fingerprint"]) : inBatch.fingerprint;
  if (fingerprint !== key.fingerprint) return refuse("key_reused");
  if (inBatch !== undefined) return { done: inBatch.answer as Result, replayed: true };
  const row = must(used, "a remembered answer");
  if (typeof row["code"] === "string") {
    return { refused: row["code"] as RefusalCode, detail: String(row["detail"]), facts: (row["facts"] ?? {}) as Record<string, unknown> };
  }
  return { done: row["answer"] as Result, replayed: true };
}

function hexOf(value: unknown): string | null {
  return Buffer.isBuffer(value) ? value.toString("hex") : null;
}

/** Refusals that stick get a row under their key, so that a repeat hears the same even when the order has moved on. */
function rememberable(
  commands: readonly Command[],
  answers: readonly Answer[],
  books: ReadonlyMap<number, Book>,
  effects: Effects,
): unknown[] | undefined {
  const rows = commands.flatMap((one, i) => {
    const given = answers[i];
    if (one.key === undefined || given === undefined || !isRefusal(given) || !refusalCatalogue[given.refused].sticks) return [];
    if (given.refused === "key_reused") return [];
    const book = books.get(one.sellerId);
    const taken = effects.transitions.some(
      (step) => step.sellerId === one.sellerId && step.actor === one.actor.name && step.key === one.key?.key,
    );
    return book === undefined || taken ? [] : [{ one, key: one.key, given, at: book.now }];
  });
  if (rows.length === 0) return undefined;
  return [
    rows.map((row) => row.one.sellerId),
    rows.map((row) => row.one.actor.name),
    rows.map((row) => row.key.key),
    rows.map((row) => `\\x${row.key.fingerprint}`),
    rows.map((row) => row.given.refused),
    rows.map((row) => row.given.detail),
    rows.map((row) => (row.given.facts === undefined ? null : toJson(row.given.facts))),
    rows.map((row) => row.at.toISOString()),
  ];
}
