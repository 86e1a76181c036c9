import { randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actOnce } from "../src/actions/act.ts";
import type { Command } from "../src/actions/command.ts";
import { Ids } from "../src/actions/ids.ts";
import { joinSeller } from "../src/actions/join-seller.ts";
import { Lanes } from "../src/actions/lanes.ts";
import { openCheckout } from "../src/actions/open-checkout.ts";
import type { Lane } from "../src/db/lane.ts";
import { openLane } from "../src/db/connect.ts";
import { sellers } from "../src/db/tables.ts";
import { must } from "../src/domain/fault.ts";
import { isRefusal } from "../src/domain/refusals.ts";
import { verifyBooks } from "../src/ledger/verify.ts";
import { exportedActions } from "./setup/actions-exported.ts";
import { dumpOf } from "./setup/dump.ts";
import type { Failure } from "./setup/faulty-lane.ts";
import { cutAtCommit, failures, faultyLane } from "./setup/faulty-lane.ts";
import { readyCommands } from "./setup/ready-commands.ts";
import type { World } from "./setup/world.ts";
import { details, testWorld } from "./setup/world.ts";
import { newTokenHash } from "./setup/token-hash.ts";

let world: World;
let real: Lane;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
  real = await open();
});
afterAll(async () => {
  await real.end();
  await world.close();
});

const open = () => openLane(world.database.ownerUrl, { applicationName: "faults", onLost: () => undefined });
/** Looks something up later and takes no step: there is nothing to find again, and asking twice puts it off twice. */
const stepless = ["askLater", "lookLater"];

/** Lanes that break at the first two COMMITs, once before the server heard and once after, and are whole from then on. */
function breaking(): Lanes {
  const cuts: ("before" | "after")[] = ["before", "after"];
  return new Lanes(
    async () => {
      const lane = await open();
      const when = cuts.shift();
      return when === undefined ? lane : cutAtCommit(lane, when);
    },
    () => world.settings,
    { lanes: 1, batch: 128, perSeller: 32, waitingPerSeller: 1_000 },
  );
}

/** Fails each query of the command in each way; what every table holds afterwards must be what it held before. */
async function failEverywhere(command: Command): Promise<number> {
  const before = await dumpOf(world);
  const fail = async (at: number | string, failure: Failure) => {
    const faulty = faultyLane(real, at, failure);
    await expect(actOnce(faulty.lane, [command], world.settings, new Ids()), `query ${at} ${failure}`).rejects.toThrow();
    await faulty.settle();
    return faulty.sent();
  };
  const queries = await fail("commit", "lost_before");
  for (let n = 0; n < queries.length; n += 1) {
    // A connection lost after COMMIT took effect is the one failure that leaves something; `breaking` is for that.
    for (const failure of failures) if (failure !== "lost_after" || queries[n] !== "commit") await fail(n, failure);
    expect(await dumpOf(world), `after query ${n} (${queries[n]}) failed`).toEqual(before);
  }
  return queries.length;
}

async function effectsOf(command: Command): Promise<{ count: number; answer: unknown }> {
  const { rows } = await world.engine.pool.query("SELECT answer FROM transitions WHERE seller_id = $1 AND command_id = $2 AND step = 1", [
    command.sellerId,
    command.id,
  ]);
  return { count: rows.length, answer: rows[0]?.["answer"] };
}

/** The clock and the rail carry no keys; everybody else's command has one, and is repeated under it with another id. */
function again(command: Command): Command {
  return command.key === undefined ? command : { ...command, id: randomUUID() };
}

describe("every action, failed at each of its queries, changes nothing; cut at COMMIT, it happens once and answers truly", () => {
  test.each(exportedActions())("%s", async (name) => {
    const ready = await must(readyCommands[name], `a ready command for ${name} in setup/ready-commands.ts`)(world);
    const keyed = !["clock", "rail"].includes(ready.actor.party);
    const command = keyed ? { ...ready, key: { key: `once ${name}`, fingerprint: "ab".repeat(32) } } : ready;

    expect(await failEverywhere(command)).toBeGreaterThan(10);

    const lanes = breaking();
    const answer = await lanes.one(command);
    if (isRefusal(answer)) throw new Error(`${name} was refused: ${answer.detail}`);
    const effect = await effectsOf(command);
    if (stepless.includes(name)) {
      expect(effect.count).toBe(0);
    } else {
      expect(answer, "it was done before the answer was lost, and is remembered").toEqual({ done: effect.answer, replayed: true });
      expect(effect.count).toBe(1);
      const after = await dumpOf(world);
      expect(await lanes.one(again(command))).toEqual(answer);
      expect(await dumpOf(world), "a retry leaves no trace").toEqual(after);
    }
    await lanes.close();
    const { findings } = await verifyBooks(world.database.ownerPool);
    expect(findings).toEqual([]);
  });
});

test("a waiting order that is handed out again takes no step, and is handed out although the answer was lost", async () => {
  const order = await world.checkout({ shopOrderId: "asked twice" });
  const input = { contact: world.contact, productCost: 400_000n, currency: "NGN", amountFx: null, shopOrderId: "asked twice", details };
  const payees = { projectId: null, providerId: null, share: null, operatorId: null };
  const lanes = breaking();
  const second = newTokenHash();
  const again = openCheckout(world.as("buyer"), { ...input, ...payees, source: "browser", payAgain: false, tokenHash: second });
  expect(await lanes.one(again)).toMatchObject({ done: { order, reused: true } });
  await lanes.close();
  const { rows } = await world.engine.pool.query("SELECT order_id::int AS order FROM checkouts WHERE encode(token_hash, 'hex') = $1", [
    second,
  ]);
  expect(rows).toEqual([{ order }]);
});

test("a seller who joins is there whole or not at all, whichever query fails, and once", async () => {
  const { email, phone, role } = { email: "new@seller.example", phone: "+2348055550001", role: "business" as const };
  const { rows } = await world.engine.pool.query(`SELECT ${sellers.select("s")} FROM sellers s WHERE id = $1`, [world.seller]);
  const input = { ...sellers.read(must(rows[0], "the seeded seller")), email, phone, role, publicKey: "pk_new", sealedKey: "sealed" };
  const before = await dumpOf(world);
  let joined: Awaited<ReturnType<typeof joinSeller>> | undefined;
  let queries = 0;
  for (let n = 0; joined === undefined; n += 1) {
    for (const failure of ["error", "lost_before"] as const) {
      const faulty = faultyLane(real, n, failure);
      const client = {
        query: (text: unknown) => faulty.lane.query(text as string),
        on: () => client,
        off: () => client,
        release: () => undefined,
      };
      const pool = { connect: async () => client } as unknown as pg.Pool;
      const outcome = await joinSeller(pool, input, new Date()).catch(() => undefined);
      await faulty.settle();
      if (n < faulty.sent().length) expect(outcome, `query ${n} ${failure}`).toBeUndefined();
      joined ??= outcome;
    }
    if (joined === undefined) expect(await dumpOf(world), `after query ${n} failed`).toEqual(before);
    queries = n;
  }
  expect(queries).toBeGreaterThanOrEqual(9);
  expect(joined).toMatchObject({ email, state: "active" });
  expect(await joinSeller(world.engine.pool, input, new Date())).toMatchObject({ refused: "invalid", facts: { field: "email" } });
});

test("a ready command belongs to an action that is there", () => {
  expect(Object.keys(readyCommands).filter((name) => !exportedActions().includes(name))).toEqual([]);
});
