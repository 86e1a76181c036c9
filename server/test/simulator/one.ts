import { migrate } from "../../src/db/migrate.ts";
import type { Outcome, SimulationOptions } from "./run.ts";
import { simulate } from "./run.ts";

// A process of its own for one installation at a time: `main.ts` keeps as many busy as the machine has cores.
process.on("message", (options: SimulationOptions) => {
  live(options).then(
    (outcome) => process.send?.(outcome),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

// Whoever asked is gone: nobody waits for the answer any more.
process.on("disconnect", () => process.exit(1));

async function live(options: SimulationOptions): Promise<Outcome> {
  await migrate(options.ownerUrl);
  return simulate(options);
}
