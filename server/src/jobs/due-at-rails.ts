import type { DueAtRails, DueRow, OfRails } from "../db/due.ts";
import { readDueAtRails } from "../db/due.ts";
import type { Engine } from "./engine.ts";

/** Work that a rail is called for and that is due, of the rails named or of all; never of one that asked to be left alone for a while. */
export async function dueAtRails(engine: Engine, kind: DueAtRails, sellerId: number | null, of: OfRails | null): Promise<DueRow[]> {
  const resting = engine.turns.resting();
  const asked = leaveOut(of, resting);
  if (asked?.only === true && asked.rails.length === 0) return [];
  return readDueAtRails(engine.pool, kind, { now: engine.now(), sellerId, most: 50, of: asked });
}

function leaveOut(of: OfRails | null, resting: readonly string[]): OfRails | null {
  if (resting.length === 0) return of;
  if (of === null) return { rails: resting, only: false };
  if (of.only) return { rails: of.rails.filter((rail) => !resting.includes(rail)), only: true };
  return { rails: [...of.rails, ...resting], only: false };
}
