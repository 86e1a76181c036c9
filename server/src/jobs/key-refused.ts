import { raiseAlarmWhileItLasts } from "../db/alarms.ts";
import type { Engine } from "./engine.ts";

/** A rail that refuses its key goes on so until a person acts, and everything that it is asked for waits: an alarm says so. */
export async function keyIsRefused({ pool, now, log }: Pick<Engine, "pool" | "now" | "log">, rail: string): Promise<void> {
  const says = `${rail} refuses its key. What is to be sent or asked there waits. Put in a key that it takes, and start again; nothing is lost meanwhile.`;
  try {
    await raiseAlarmWhileItLasts(pool, { kind: "rail_refuses_key", about: rail, says, at: now() });
  } catch (error) {
    // The call is what counts: whoever made it hears what the rail said, and the next one rings.
    log.warn({ rail, error: error instanceof Error ? error.message : "" }, "an alarm could not be raised");
  }
}
