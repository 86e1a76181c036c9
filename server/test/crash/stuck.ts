import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";

/** Everything that some process has taken and not finished. `mark` changes when another process takes it over. */
const taken = `
  SELECT 'notification' AS kind, seller_id, id, tries::text AS mark FROM notifications WHERE state = 'queued' AND leased_until IS NOT NULL
  UNION ALL SELECT 'message', seller_id, id, tries::text FROM messages WHERE due_at IS NOT NULL AND tries > 0
  UNION ALL SELECT 'rail event', 0, id, tries::text FROM rail_events WHERE due_at IS NOT NULL AND tries > 0
  UNION ALL SELECT 'attempt', seller_id, id, due_at::text FROM attempts WHERE state = 'sending'`;

/** How long a process that died may keep others from its work, in milliseconds. */
export const takeoverWithin = 30_000;

/** Watches what a kill left half done until somebody takes it over. */
export class Stuck {
  slowest = 0;
  readonly counts = new Map<string, number>();
  readonly findings: string[] = [];
  readonly #pool: pg.Pool;
  readonly #open = new Map<string, { kind: string; since: number; told: boolean }>();
  #ended = false;
  #watching: Promise<void> | undefined;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
    this.#watching = this.#watch();
  }

  /** To be called when the dead process is gone and the rows can be read: all that is taken now counts from the moment of the kill. */
  async left(killedAt: number): Promise<void> {
    for (const [name, kind] of await this.#read()) {
      if (this.#open.has(name)) continue;
      this.#open.set(name, { kind, since: killedAt, told: false });
      this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    }
  }

  get open(): number {
    return this.#open.size;
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#watching;
  }

  async #read(): Promise<Map<string, string>> {
    const { rows } = await this.#pool.query<{ kind: string; seller_id: bigint; id: bigint; mark: string }>(taken);
    return new Map(rows.map(({ kind, seller_id: seller, id, mark }) => [`${kind} ${seller}/${id} (${mark})`, kind]));
  }

  async #watch(): Promise<void> {
    for (; !this.#ended; await sleep(200)) {
      if (this.#open.size === 0) continue;
      const now = await this.#read().catch(() => undefined);
      if (now === undefined) continue;
      for (const [name, one] of this.#open) {
        const age = performance.now() - one.since;
        if (!now.has(name)) {
          this.#open.delete(name);
          this.slowest = Math.max(this.slowest, age);
        }
        if (age > takeoverWithin && !one.told) {
          one.told = true;
          this.slowest = Math.max(this.slowest, age);
          this.findings.push(`${name} was left by a kill and taken over by nobody within 30 s`);
        }
      }
    }
  }
}
