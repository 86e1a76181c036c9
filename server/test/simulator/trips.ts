import { createHash } from "node:crypto";
import type pg from "pg";
import type { QueryConfig, QueryResult } from "pg";
import { openLane } from "../../src/db/connect.ts";
import { railEventQueries } from "../../src/db/rail-events.ts";
import type { Lane } from "../../src/db/lane.ts";
import type { Gate } from "./gate.ts";
import { patient } from "./gate.ts";

interface Asked {
  readonly query: QueryConfig;
  resolve(result: QueryResult): void;
  reject(error: unknown): void;
}

/**
 * A pool with one connection, used in turns. What is asked for before its turn comes travels together, and all are answered at the same moment,
 * so that nothing depends on how the answers were cut into packets. Every statement is prepared
 * and, as in a lane, planned once: until the tables have been counted anew.
 */
export class Trips {
  readonly #url: string;
  readonly #role: string;
  readonly #gate: Gate;
  #lane: Promise<Lane> | undefined;
  #asked: Asked[] = [];
  readonly #unsent: QueryConfig[] = [];

  /** Acts as `role`; `none` is the url's own user. */
  constructor(url: string, role: string, gate: Gate) {
    this.#url = url;
    this.#role = role;
    this.#gate = gate;
  }

  /** Takes the place of the pool's own connections. */
  under(pool: pg.Pool): pg.Pool {
    const query = (...given: [string | QueryConfig, unknown[]?]) => this.#query(queryOf(...given));
    const end = pool.end.bind(pool);
    const close = async () => {
      await (await this.#lane)?.end();
      await end();
    };
    return Object.assign(pool, { query, connect: () => this.#connect(), end: close });
  }

  #open(): Promise<Lane> {
    const extraOptions = { role: this.#role, ...patient };
    this.#lane ??= openLane(this.#url, { applicationName: "simulated pool", onLost: () => undefined, extraOptions });
    return this.#lane;
  }

  #query(query: QueryConfig): Promise<QueryResult> {
    if (unanswered.test(query.text)) {
      this.#unsent.push(query);
      return Promise.resolve(nothing);
    }
    return new Promise((resolve, reject) => {
      this.#asked.push({ query, resolve, reject });
      if (this.#asked.length === 1) void this.#leave();
    });
  }

  async #leave(): Promise<void> {
    const done = await this.#gate.enter();
    const asked = this.#asked.splice(0);
    try {
      const lane = await this.#open();
      for (const one of this.#unsent.splice(0)) lane.query(one).catch(() => undefined);
      const results = await Promise.allSettled(asked.map(({ query }) => send(lane, query)));
      // Together they are one transaction: after an error none of them has happened, and each is asked for alone.
      if (asked.length > 1 && results.some(({ status }) => status === "rejected"))
        for (const [i, { query }] of asked.entries())
          [results[i] as PromiseSettledResult<QueryResult>] = await Promise.allSettled([send(lane, query)]);
      for (const [i, { resolve, reject }] of asked.entries()) {
        const result = results[i] as PromiseSettledResult<QueryResult>;
        if (result.status === "fulfilled") resolve(result.value);
        else reject(result.reason);
      }
    } catch (error) {
      for (const { reject } of asked) reject(error);
    } finally {
      done();
    }
  }

  /** The connection for a transaction, until it is released. BEGIN waits for the first statement. */
  async #connect(): Promise<unknown> {
    const done = await this.#gate.enter();
    const lane = await this.#open();
    const unsent = this.#unsent.splice(0);
    const query = (...given: [string | QueryConfig, unknown[]?]) => {
      const asked = queryOf(...given);
      if (unanswered.test(asked.text)) {
        unsent.push(asked);
        return Promise.resolve(nothing);
      }
      // One trip: if one of them fails, so do those behind it, COMMIT too.
      for (const one of unsent.splice(0)) lane.query(one).catch(() => undefined);
      return lane.query(asked);
    };
    return { query, on: () => undefined, off: () => undefined, release: () => done() };
  }
}

/**
 * Nobody reads these answers, so nobody waits for them: they travel with the next statement. Without it a transaction of the sandbox rail would be
 * seven trips, and half of a simulated year would be spent on them.
 */
const unanswered =
  /^(BEGIN$|SELECT pg_advisory_xact_lock|INSERT INTO sandbox_rail\.(movements|events|receipts)|UPDATE sandbox_rail\.)(?!.*RETURNING)/s;
const nothing: QueryResult = { command: "", rows: [], rowCount: 0, oid: 0, fields: [] };

/** The one statement that needs a plan for how much is due just then: planned once for all, it reads every event that ever was. */
const plannedAnew = railEventQueries.claim.name;
const planning = (mode: string): QueryConfig => ({ name: `simulator_${mode}`, text: `SET plan_cache_mode = ${mode}` });
const [anew, once] = [planning("force_custom_plan"), planning("force_generic_plan")];

function send(lane: Lane, query: QueryConfig): Promise<QueryResult> {
  if (query.name !== plannedAnew) return lane.query(query);
  lane.query(anew).catch(() => undefined);
  const answer = lane.query(query);
  lane.query(once).catch(() => undefined);
  return answer;
}

const names = new Map<string, string>();

/** The statement under a name, so that it is planned once. */
function queryOf(asked: string | QueryConfig, values?: unknown[]): QueryConfig {
  if (typeof asked !== "string") return asked.name === undefined ? { ...asked, name: nameOf(asked.text) } : asked;
  return { name: nameOf(asked), text: asked, values: values ?? [] };
}

function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `simulator_${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
    names.set(text, name);
  }
  return name;
}
