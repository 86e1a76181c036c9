import type pg from "pg";
import { makePool } from "../../src/db/connect.ts";
import { storeRailEvent } from "../../src/db/rail-events.ts";
import type { RailEvent } from "../../src/rails/rail.ts";
import { makeSandboxRail } from "../../src/rails/sandbox/sandbox.ts";
import type { Gate } from "./gate.ts";
import { EventPost, faultyRail } from "./outside.ts";
import type { RailSide, SideParts } from "./rail-side.ts";
import { SandboxRecord } from "./record.ts";
import { Trips } from "./trips.ts";

/** The sandbox rail: the world's, so its connections are its own, and nobody restarts it. */
export function sandboxSide(parts: SideParts, ownerUrl: string, ownerPool: pg.Pool, gate: Gate | undefined): RailSide {
  const { seed, clock, counts, outages } = parts;
  const pool = makePool(ownerUrl, { role: "tranche_app", max: 6, applicationName: "simulated rail" });
  if (gate !== undefined) new Trips(ownerUrl, "tranche_app", gate).under(pool);
  const events = new EventPost(seed, clock, counts);
  const rail = makeSandboxRail({
    pool,
    clock: clock.now,
    baseUrl: "http://127.0.0.1:4000",
    secret: "simulated",
    deliver: (raw, headers) =>
      events.take(nameOf(rail.parseEvent(raw, headers)), raw, headers, async (body, heads) => {
        const event = rail.parseEvent(body, heads);
        const { eventId, type, reference } = event;
        await storeRailEvent(pool, { rail: "sandbox", eventId, type, reference, body, parsed: event, at: clock.now() });
      }),
  });
  const reached = new Map([["sandbox", faultyRail(rail, seed, clock, counts, outages, parts.onSend)]]);
  return {
    name: "sandbox",
    settings: {},
    payers: rail,
    never: [],
    dollars: false,
    floats: [
      { currency: "NGN", perYear: 100_000_000n },
      { currency: "USD", perYear: 1_000_000n },
    ],
    // The sandbox rail knows nothing of it, and is asked for nothing that it lacks.
    fill: () => undefined,
    record: new SandboxRecord(ownerPool, rail),
    reached: () => reached,
    passed: (all) => events.release(all),
    settle: async () => (await rail.settle(clock.now())) > 0,
    tend: () => Promise.resolve(),
    calm: () => Promise.resolve(),
    close: () => pool.end(),
  };
}

/** An event by what the simulation decides: send references have chance in them. */
function nameOf(event: RailEvent): string {
  return event.type.startsWith("send.") ? `${event.type} ${event.amount}` : `${event.type} ${event.reference}`;
}
