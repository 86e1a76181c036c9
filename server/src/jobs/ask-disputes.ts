import { storeRailEvent } from "../db/rail-events.ts";
import type { RailEvent } from "../rails/rail.ts";
import type { Engine } from "./engine.ts";

/** A payer's bank may dispute a payment so long after it, and takes its time to decide. */
const lookBack = 180 * 86_400_000;

/**
 * Asks the rails that send no notices of disputes for those they have, and stores what they say like any other event: the same ones each
 * time, under the same ids, so that what was heard before is only counted. A rail that gives no answer is asked again at the next turn.
 */
export async function askForDisputes(engine: Engine): Promise<void> {
  const since = new Date(engine.now().getTime() - lookBack);
  for (const rail of engine.rails.values()) {
    if (rail.disputes === undefined) continue;
    try {
      const events = await engine.turns.call(rail.name, async () => (await rail.disputes?.(since)) ?? []);
      for (const event of events) await store(engine, rail.name, event);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      engine.log.warn({ rail: rail.name, error: said }, "the rail did not say what is disputed; it is asked again");
    }
  }
}

function store(engine: Engine, rail: string, event: RailEvent): Promise<unknown> {
  const { eventId, type, reference } = event;
  const body = Buffer.from(
    JSON.stringify(event, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
    "utf8",
  );
  return storeRailEvent(engine.pool, { rail, eventId, type, reference, body, parsed: event, at: engine.now() });
}
