import { setTimeout as sleep } from "node:timers/promises";
import type { Embedded } from "../db/embedded.ts";
import { MovedAway } from "../db/embedded.ts";
import type { Log } from "../jobs/engine.ts";

/** How long a dead database may refuse to come back before the server gives up, in milliseconds. */
const patience = 60_000;

/**
 * Looks every second whether the embedded PostgreSQL lives, and starts it again when it was killed. When it cannot be had back within a minute,
 * `onLost` gets one sentence for a person. Answers how to end the watch.
 */
export function keepRunning(embedded: Pick<Embedded, "revive">, log: Log, onLost: (sentence: string) => void, every = 1_000): () => void {
  const ended = new AbortController();
  const watch = async () => {
    let failingSince: number | undefined;
    while (!ended.signal.aborted) {
      await sleep(every, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
      if (ended.signal.aborted) return;
      try {
        if (await embedded.revive()) log.error({}, "the embedded PostgreSQL had died; it was started again");
        failingSince = undefined;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        failingSince ??= performance.now();
        // Right after a kill its children may still hold its memory for a moment.
        log.warn({ error: reason }, "the embedded PostgreSQL has died and does not start yet; it is tried again");
        if (!(error instanceof MovedAway) && performance.now() - failingSince < patience) continue;
        onLost(`The embedded PostgreSQL died and could not be started again: ${reason}`);
        return;
      }
    }
  };
  void watch();
  return () => ended.abort();
}
