import type { Lane } from "../../src/db/lane.ts";

/** How a query goes wrong. `error`: the database refuses it; `lost_before` and `lost_after`: the connection breaks, and the query took effect only in the second. */
export type Failure = "error" | "lost_before" | "lost_after";
export const failures: readonly Failure[] = ["error", "lost_before", "lost_after"];

interface Sent {
  readonly name?: string;
}
type Send = (config: Sent) => Promise<unknown>;

const gone = () => new Error("Connection terminated unexpectedly");

/**
 * A lane whose n-th query (the first is 0; or the one of that name) fails as told. Nothing that was sent behind a broken connection reaches the server; as the
 * server would when it notices, `settle` rolls back what was open, so that the real connection underneath can be used again.
 */
export function faultyLane(
  real: Lane,
  at: number | string,
  failure: Failure,
): { lane: Lane; sent: () => readonly string[]; settle(): Promise<void> } {
  const names: string[] = [];
  const query = real.query.bind(real) as Send;
  let broken = false;
  // What was sent behind the failing query in the same breath must not overtake it.
  let gate: Promise<unknown> | undefined;
  const fail = async (config: Sent): Promise<unknown> => {
    if (failure === "error") return query({ text: "SELECT 1 / 0" } as Sent);
    broken = true;
    if (failure === "lost_after") await query(config);
    throw gone();
  };
  const send: Send = (config) => {
    if (broken) return Promise.reject(gone());
    const place = names.push(config.name ?? "?") - 1;
    if (place === at || config.name === at) {
      gate = fail(config);
      return gate;
    }
    return gate === undefined || failure === "error" ? query(config) : gate.then(() => query(config));
  };
  const lane = { query: send, end: async () => undefined } as unknown as Lane;
  return { lane, sent: () => names, settle: async () => void (await query({ text: "ROLLBACK" } as Sent)) };
}

/** A lane that really loses its connection at COMMIT: before the server gets it, or after it took effect and before it is told. */
export function cutAtCommit(real: Lane, when: "before" | "after"): Lane {
  const query = real.query.bind(real) as Send;
  const cut = () => (real as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  Object.assign(real, {
    query: async (config: Sent) => {
      if (config.name !== "commit") return query(config);
      if (when === "after") await query(config);
      cut();
      throw gone();
    },
  });
  return real;
}
