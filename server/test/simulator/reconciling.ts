import { askForDisputes } from "../../src/jobs/ask-disputes.ts";
import type { Engine } from "../../src/jobs/engine.ts";
import { reconcileRails } from "../../src/jobs/reconcile.ts";
import { runDue } from "../../src/jobs/run-due.ts";
import type { Clock } from "./clock.ts";
import type { RailSide } from "./rail-side.ts";

/** So often rail and jobs may answer each other within one step. */
const most = 40;
/** So often within one step a rail may ask to be left alone. */
const mostRests = 30;

/**
 * A step over real rails: what is disputed is asked for, settlements are held against the books once a day, and jobs and rail answer each
 * other until neither has anything more to say at this moment.
 */
export async function workWithRails(rail: RailSide, engines: readonly Engine[], first: Engine, clock: Clock): Promise<void> {
  await askForDisputes(first);
  await untilQuiet(rail, engines);
  if ((await reconcileRails(first)).length > 0) await untilQuiet(rail, engines);
  // A rail that is called too often is left alone for some seconds, of which a step has thousands.
  for (let rests = 0; rests < mostRests && engines.some(({ turns }) => turns.resting().length > 0); rests += 1) {
    await clock.set(new Date(clock.now().getTime() + 60_000));
    await rail.passed(false);
    await untilQuiet(rail, engines);
  }
}

async function untilQuiet(rail: RailSide, engines: readonly Engine[]): Promise<void> {
  for (let round = 0; round < most; round += 1) {
    const fired = await Promise.all(engines.map((engine) => runDue(engine, null)));
    const told = await rail.settle();
    if (!told && fired.every((one) => one.length === 0)) return;
  }
}

/** Rails that cannot be asked now, or that asked any of the processes to be left alone: what waits for them waits rightly. */
export function silentRails(engines: readonly Engine[], outOfReach: boolean): string[] {
  return engines.flatMap(({ rails, turns }) => (outOfReach ? [...rails.keys()] : turns.resting()));
}
