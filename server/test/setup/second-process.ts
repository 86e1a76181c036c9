import { Lanes } from "../../src/actions/lanes.ts";
import { openLane } from "../../src/db/connect.ts";
import type { World } from "./world.ts";

/** Lanes with connections of their own, as another process on the same database would have. Close them before the world. */
export function secondProcess(world: World, connections = 2, after: () => void = () => undefined): Lanes {
  return new Lanes(
    () => openLane(world.database.ownerUrl, { applicationName: "second process", onLost: () => undefined }),
    () => world.settings,
    { lanes: connections, batch: 128, perSeller: 32, waitingPerSeller: 1_000 },
    after,
  );
}
