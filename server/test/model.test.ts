import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { previewEnding } from "../src/actions/end-order.ts";
import { rule } from "../src/actions/settle-dispute.ts";
import { deadlineNames } from "../src/domain/deadlines.ts";
import { must } from "../src/domain/fault.ts";
import { allowedOrderActions } from "../src/domain/order-decide.ts";
import { isRefusal } from "../src/domain/refusals.ts";
import { verifyBooks } from "../src/ledger/verify.ts";
import { dumpOf } from "./setup/dump.ts";
import type { Try } from "./setup/model.ts";
import { attempt, partOf, verbs } from "./setup/model.ts";
import { bookOf, commandOf, counted, play, scripts } from "./setup/model-play.ts";
import type { Script } from "./setup/model-play.ts";
import { testSeed } from "./setup/seed.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterAll(() => world.close());

/** Each property plays scripts of its own: a batch of orders for some rounds, a few times over. Shrinking replays, so it stops early. */
const holds = (what: (script: Script) => Promise<void>, { orders = 32, rounds = 14, times = 2 } = {}) =>
  fc.assert(fc.asyncProperty(scripts(orders, rounds), what), { seed: testSeed, numRuns: times, endOnFailure: true });

const quarrel = [
  ["deliver", "seller"],
  ["reject", "buyer"],
  ["contest_return", "seller"],
  ["escalate", "buyer"],
] as const;
/** The same script, begun with a dispute over every order and ended with a ruling: where money is divided, and not only moved. */
function disputed({ costs, rounds }: Script): Script {
  const every = (verb: Try["verb"], party: Try["party"]) =>
    costs.map((_, i) => ({ verb, party, part: (i * 37 + 1) % 1_001, stale: false }));
  return { costs, rounds: [...quarrel.map(([verb, party]) => every(verb, party)), ...rounds.slice(0, 4), every("rule", "operator")] };
}

const ids = (players: readonly { id: number }[]) => players.map((one) => one.id);
const rowsOf = async (sql: string, values: unknown[]) => (await world.engine.pool.query(sql, values)).rows;

/** What stands on the credit side of accounts, by order where the account names one. */
async function owed(account: string): Promise<bigint> {
  return (await world.balances())[account] ?? 0n;
}

describe("played on paper and on the engine", () => {
  test("every try is answered as the model says, and leaves the order in the model's state", () =>
    holds(
      async (script) => {
        const { players, log } = await play(world, script);
        for (const { answer, expected, tried, after } of log) {
          expect(isRefusal(answer), `${JSON.stringify(tried)}, then ${after.state}: ${JSON.stringify(answer)}`).toBe(!expected);
          if (!isRefusal(answer) && answer.done["state"] !== undefined) expect(answer.done["state"]).toBe(after.state);
        }
        for (const { id, model } of players) expect((await world.order(id)).state).toBe(model.state);
      },
      { times: 4 },
    ));

  test("each order's escrow holds what the model says: all of it, or nothing", () =>
    holds(async (script) => {
      const { players } = await play(world, script);
      const balances = await world.balances();
      for (const { id, model } of players) expect(balances[`order:${id}:escrow`] ?? 0n).toBe(model.escrow);
    }));

  test("buyer and seller are to get what the model says, to the kobo", () =>
    holds(async (script) => {
      const { players } = await play(world, disputed(script));
      for (const { id, model } of players) {
        const sends = (await world.sends(id)).filter((one) => one.state !== "cancelled");
        const sum = (kind: string) => sends.filter((one) => one.kind === kind).reduce((all, one) => all + one.amount, 0n);
        expect([sum("refund"), sum("payout")], `order ${id}, ${model.state}`).toEqual([model.toBuyer, model.toSeller]);
      }
    }));

  test("what was paid is in escrow, on its way, or kept as a fee: nothing is lost or made", () =>
    holds(async (script) => {
      const accounts = [`payee:seller:${world.seller}:payable`, "platform:escrow_fees"];
      const before = await Promise.all(accounts.map(owed));
      const { players } = await play(world, disputed(script));
      const sum = (pick: (model: (typeof players)[number]["model"]) => bigint) => players.reduce((all, one) => all + pick(one.model), 0n);
      const grown = (await Promise.all(accounts.map(owed))).map((now, i) => now - must(before[i], "a balance"));
      expect(grown).toEqual([sum((one) => one.toSeller), sum((one) => one.keptEscrowFee)]);
      const parts = sum((one) => one.escrow + one.toBuyer + one.toSeller + one.keptEscrowFee + one.keptRailFee);
      expect(parts).toBe(sum((one) => one.paid));
    }));

  test("a refused try leaves no trace, and neither does a repeat of anything, which is answered as it was", () =>
    holds(async (script) => {
      const { log } = await play(world, script);
      const before = await dumpOf(world);
      // What was refused then may be right now; only what is refused still is repeated.
      const again = log.filter(({ expected, player, tried }) => expected || attempt(player.model, tried) === undefined);
      const answers = await world.engine.lanes.act(again.map((one) => one.command));
      counted.commands += again.length;
      again.forEach((one, i) => {
        const answer = must(answers[i], "an answer");
        if (isRefusal(one.answer)) expect(isRefusal(answer), JSON.stringify(one.tried)).toBe(true);
        else expect(answer).toEqual({ ...one.answer, replayed: true });
      });
      expect(await dumpOf(world)).toEqual(before);
    }));

  test("a key is one command's for good: repeated under another id it answers the same, with another body it is refused", () =>
    holds(async (script) => {
      const prints = ["ab", "cd"].map((two) => two.repeat(32));
      const [fingerprint, another] = [must(prints[0], "a print"), must(prints[1], "a print")];
      const { log } = await play(world, script, (one) => ({ ...one, key: { key: one.id, fingerprint } }));
      const done = log.filter((one) => !isRefusal(one.answer));
      const repeat = (print: string) =>
        world.engine.lanes.act(done.map(({ command }) => ({ ...command, id: randomUUID(), key: { key: command.id, fingerprint: print } })));
      const [same, other] = [await repeat(fingerprint), await repeat(another)];
      counted.commands += 2 * done.length;
      done.forEach(({ answer }, i) => {
        expect(same[i]).toEqual({ ...answer, replayed: true });
        expect(other[i]).toMatchObject({ refused: "key_reused" });
      });
    }));

  test("what an order's page offers each party is what would succeed, and nothing else", () =>
    holds(async (script) => {
      const { players } = await play(world, script);
      const book = await bookOf(world, ids(players));
      for (const player of players) {
        const order = must(book.orders.get(player.id), "the order");
        for (const party of ["buyer", "seller", "operator", "clock"] as const) {
          const actor = { party, name: party };
          const offered: readonly string[] = allowedOrderActions(book.factsOf(order, actor, {}, false));
          for (const verb of verbs.filter((one) => !one.startsWith("offer_"))) {
            const tried = { verb, party, part: 500, stale: false };
            const says = `${verb} by the ${party} of an order that is ${order.state}`;
            const would = !isRefusal(commandOf(world, player, tried).decide(book));
            expect(offered.includes(verb), says).toBe(would);
            expect(would, says).toBe(attempt(player.model, tried) !== undefined);
          }
        }
      }
    }));

  test("every chain verifies, every history replays", () =>
    holds(async (script) => {
      await play(world, script);
      expect((await verifyBooks(world.database.ownerPool)).findings).toEqual([]);
    }));

  test("no other seller's book changes", () =>
    holds(async (script) => {
      const others = async () => {
        const tables = await rowsOf(
          "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'seller_id' ORDER BY 1",
          [],
        );
        const of = ({ table_name: name }: Record<string, unknown>) =>
          `SELECT '${String(name)}' AS name, count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) AS holds FROM ${String(name)} t WHERE seller_id <> ${world.seller}`;
        return (await world.database.ownerPool.query(tables.map(of).join(" UNION ALL "))).rows;
      };
      const before = await others();
      expect(before.length).toBeGreaterThan(15);
      await play(world, script);
      expect(await others()).toEqual(before);
    }));

  test("time runs forward: steps are numbered without a gap, none is before the one it follows, and no deadline lies behind its step", () =>
    holds(async (script) => {
      const { players, log } = await play(world, script);
      const steps = await rowsOf(
        "SELECT object_id::int AS id, version::int AS version, at, seq::int AS seq FROM transitions WHERE object = 'order' AND object_id = ANY($1) ORDER BY object_id, seq",
        [ids(players)],
      );
      for (const { id } of players) {
        const own = steps.filter((step) => step["id"] === id);
        expect(own.map((step) => step["version"])).toEqual(own.map((_, i) => i + 1));
        for (let i = 1; i < own.length; i += 1) expect(own[i]?.["at"].getTime()).toBeGreaterThanOrEqual(own[i - 1]?.["at"].getTime());
        const order = await world.order(id);
        for (const name of deadlineNames) {
          const at = order[name];
          // `deliverBy` is kept through delivery and the free time to cancel is a fact of the past; both began in the future all the same.
          if (at !== null) expect(at.getTime(), `${name} of order ${id}`).toBeGreaterThan(order.createdAt.getTime());
        }
        if (order.dueAt !== null) expect(order.dueAt.getTime()).toBeGreaterThan(order.updatedAt.getTime());
      }
      expect(log.length).toBeGreaterThan(0);
    }));

  test("what a ruling is said to do is what it does", () =>
    holds(async (script) => {
      const quarrelled = disputed(script);
      const { players } = await play(world, { ...quarrelled, rounds: quarrelled.rounds.slice(0, quarrel.length) });
      const open = players.filter((one) => one.model.state === "disputed");
      const promised = await Promise.all(
        open.map(async (one, i) => previewEnding(await world.order(one.id), { buyerGets: partOf(one.model.paid, (i * 37) % 1_001) })),
      );
      await world.engine.lanes.act(
        open.map((one, i) => rule(world.on("operator", one.id), { buyerGets: partOf(one.model.paid, (i * 37) % 1_001) })),
      );
      expect(open).toHaveLength(players.length);
      counted.commands += open.length;
      for (const [i, { id }] of open.entries()) {
        const ending = must((await world.order(id)).ending, "an ending");
        const { escrowFeeKept, railFeeRecovered, lost, ...rest } = must(promised[i], "a preview");
        expect(lost).toBe(0n);
        expect(ending).toMatchObject({ ...rest, escrowFee: escrowFeeKept, railFee: railFeeRecovered });
      }
    }));

  test("that were five thousand commands at least", () => {
    expect(counted.commands).toBeGreaterThanOrEqual(5_000);
  });
});
