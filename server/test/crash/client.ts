import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../simulator/random.ts";

/** What came back, as far as anybody looks at it. */
export interface Answered {
  readonly status: number;
  readonly location: string | null;
  readonly text: string;
  readonly replayed: boolean;
}

/** One thing that somebody asked for, and whether an answer came. The client's own memory: it is held against the rows after each kill. */
export interface Asked {
  readonly order: number;
  readonly action: string;
  /** Set where the call carries an Idempotency-Key; then also what it was called with. */
  readonly key: string | undefined;
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
  answer: Answered | undefined;
  /** How often it was asked without an answer. */
  unanswered: number;
  /** Nobody answered, and it turned out to have been done. */
  foundDone: boolean;
}

/** A shop's, buyer's and operator's HTTP, over whichever server is picked. No answer and a 5xx are the same: nobody knows what happened. */
export class Client {
  requests = 0;
  unanswered = 0;
  bearer = "";
  /** Nobody begins another order. */
  stopped = false;
  /** Something was found: nobody goes on with anything. */
  broken = false;
  readonly asked: Asked[] = [];
  readonly #urls: readonly string[];
  readonly #random: Random;

  constructor(urls: readonly string[], random: Random) {
    this.#urls = urls;
    this.#random = random;
  }

  async send(path: string, fields?: Readonly<Record<string, string>>, key?: string): Promise<Answered | undefined> {
    if (this.broken) throw new Error("the run was broken off");
    this.requests += 1;
    const headers: Record<string, string> = { accept: "application/json" };
    if (path.startsWith("/operator/api/")) headers["authorization"] = `Bearer ${this.bearer}`;
    if (key !== undefined) headers["idempotency-key"] = key;
    try {
      const answer = await fetch(`${this.#random.pick(this.#urls)}${path}`, {
        method: fields === undefined ? "GET" : "POST",
        redirect: "manual",
        headers,
        signal: AbortSignal.timeout(20_000),
        ...(fields === undefined ? {} : { body: new URLSearchParams(fields) }),
      });
      const text = await answer.text();
      if (answer.status < 500) {
        const location = answer.headers.get("location");
        return { status: answer.status, location, text, replayed: answer.headers.get("idempotency-replayed") === "true" };
      }
    } catch {
      // The connection was refused or cut: the same as a 5xx.
    }
    this.unanswered += 1;
    await sleep(100);
    return undefined;
  }

  /** Asks until somebody answers. Only for what may be asked again as it is. */
  async insist(path: string, fields?: Readonly<Record<string, string>>, key?: string): Promise<Answered> {
    for (const until = performance.now() + 120_000; performance.now() < until; ) {
      const answer = await this.send(path, fields, key);
      if (answer !== undefined) return answer;
    }
    throw new Error(`${path} was not answered for two minutes`);
  }

  note(order: number, action: string, path: string, fields: Readonly<Record<string, string>>, key?: string): Asked {
    const one: Asked = { order, action, key, path, fields, answer: undefined, unanswered: 0, foundDone: false };
    this.asked.push(one);
    return one;
  }
}
