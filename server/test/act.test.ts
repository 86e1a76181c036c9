import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { cancel } from "../src/actions/cancel.ts";
import type { Answer, Command } from "../src/actions/command.ts";
import { command } from "../src/actions/command.ts";
import { deliver } from "../src/actions/deliver.ts";
import { placeHold } from "../src/actions/holds.ts";
import { makeOffer } from "../src/actions/offer.ts";
import { openCheckout } from "../src/actions/open-checkout.ts";
import { createProject } from "../src/actions/projects.ts";
import { reject } from "../src/actions/reject.ts";
import { agreeSplit } from "../src/actions/settle-dispute.ts";
import { isRefusal } from "../src/domain/refusals.ts";
import { reach, several } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { details, testWorld } from "./setup/world.ts";
import { newTokenHash } from "./setup/token-hash.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterEach(() => world.sound());
afterAll(() => world.close());

const state = async (id: number) => (await world.order(id)).state;
const won = (answers: readonly Answer[]) => answers.filter((answer) => !isRefusal(answer) && !answer.replayed);
const keyed = (one: Command, key: string, fingerprint = "ab".repeat(32)): Command => ({ ...one, key: { key, fingerprint } });
const count = async (sql: string, values: unknown[] = []) =>
  Number((await world.engine.pool.query(`SELECT count(*) AS n FROM ${sql}`, values)).rows[0]?.["n"]);

describe("of rivals one wins", () => {
  test("accept and reject at once", async () => {
    for (let times = 0; times < 5; times += 1) {
      const id = await reach(world, "delivered");
      const rivals = [accept(world.on("buyer", id)), reject(world.on("buyer", id), { reason: "damaged" })];
      if (times % 2 === 1) rivals.reverse();
      // A rejection may be taken back, so accepting after it is no second winner but the next step.
      await world.engine.lanes.act(rivals);
      const { rows } = await world.engine.pool.query(
        "SELECT from_state, to_state FROM transitions WHERE object = 'order' AND object_id = $1 AND from_state = 'delivered'",
        [id],
      );
      expect(rows).toHaveLength(1);
    }
  });

  test("forty conflicting actions on one order leave one ending", async () => {
    const id = await reach(world, "delivered");
    const { offer } = await world.done(makeOffer(world.on("seller", id), { kind: "split", buyerGets: 225_000n }));
    const rivals = Array.from({ length: 40 }, (_, i) => {
      if (i % 3 === 0) return accept(world.on("buyer", id));
      return i % 3 === 1 ? cancel(world.on("seller", id)) : agreeSplit(world.on("buyer", id), { offerId: Number(offer) });
    });
    expect(won(await world.engine.lanes.act(rivals))).toHaveLength(1);
    expect(await count("entries WHERE order_id = $1 AND cause IN ('order.accept', 'order.cancel', 'order.agree_split')", [id])).toBe(1);
    await world.due();
    expect(await state(id)).toBe("completed");
  });
});

describe("an idempotency key", () => {
  test("sent twenty times at once has one effect and twenty equal answers", async () => {
    const make = () =>
      keyed(
        createProject(world.as("seller", "key"), { name: "K", description: "", contact: world.contact, startedBy: "seller" }),
        "twenty",
      );
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.act(make())));
    expect(new Set(answers.map((answer) => JSON.stringify(isRefusal(answer) ? answer : answer.done))).size).toBe(1);
    expect(won(answers)).toHaveLength(1);
    expect(await count("transitions WHERE key = 'twenty'")).toBe(1);
    const later = await world.act(make());
    expect(later).toMatchObject({ replayed: true });
  });

  test("in one batch as different requests is used once", async () => {
    const id = await reach(world, "funded");
    const other = await reach(world, "funded");
    const answers = await world.engine.lanes.act([
      keyed(deliver(world.on("seller", id)), "both", "11".repeat(32)),
      keyed(deliver(world.on("seller", other)), "both", "22".repeat(32)),
    ]);
    expect(answers.map((answer) => (isRefusal(answer) ? answer.refused : "done"))).toEqual(["done", "key_reused"]);
    expect([await state(id), await state(other)]).toEqual(["delivered", "funded"]);
  });

  test("with another body is refused, and stays what it was", async () => {
    const id = await reach(world, "funded");
    await world.done(keyed(deliver(world.on("seller", id)), "mine"));
    expect(await world.refused(keyed(cancel(world.on("seller", id)), "mine", "cd".repeat(32)))).toBe("key_reused");
    expect(await world.act(keyed(deliver(world.on("seller", id)), "mine"))).toMatchObject({ replayed: true, done: { state: "delivered" } });
    expect(await state(id)).toBe("delivered");
  });

  test("of another actor is another key", async () => {
    const id = await reach(world, "delivered");
    await world.done(keyed(makeOffer(world.on("seller", id), { kind: "split", buyerGets: 1n }), "shared"));
    expect(await world.act(keyed(makeOffer(world.on("buyer", id), { kind: "split", buyerGets: 2n }), "shared"))).toMatchObject({
      replayed: false,
    });
  });

  test("replays a refusal that sticks even after the order moved on, and judges the others anew", async () => {
    const id = await reach(world, "funded");
    const early = () => keyed(accept(world.on("buyer", id)), "early");
    const first = await world.act(early());
    expect(first).toMatchObject({ refused: "not_now" });
    await world.done(deliver(world.on("seller", id)));
    expect(await world.act(early())).toEqual(first);
    expect(await state(id)).toBe("delivered");
    const nothing = () => keyed(reject(world.on("buyer", id), { reason: " " }), "nothing");
    expect(await world.refused(nothing())).toBe("reason_needed");
    await world.done(keyed(reject(world.on("buyer", id), { reason: "late" }), "nothing"));
    expect(await state(id)).toBe("rejected");
  });
});

describe("one bad command never spoils its neighbours", () => {
  const bad = (decide: Command["decide"]): Command => command("test.bad", world.as("seller"), {}, decide);
  const badOnes: readonly { name: string; make: () => Command }[] = [
    {
      name: "throws while it decides",
      make: () =>
        bad(() => {
          throw new Error("bug");
        }),
    },
    {
      name: "throws in the middle of its plan",
      make: () =>
        bad(() => (writer) => {
          writer.record({
            object: "seller",
            objectId: 1,
            version: 9_999,
            action: "set",
            fromState: "active",
            toState: "active",
            event: "x",
          });
          throw new Error("bug");
        }),
    },
    {
      name: "records a step that no table has",
      make: () =>
        bad(() => (writer) => {
          writer.record({ object: "order", objectId: 1, version: 1, action: "rob", fromState: "funded", toState: "completed", event: "x" });
          return {};
        }),
    },
    {
      name: "would overdraw an account",
      make: () =>
        bad(() => (writer) => {
          const [debit, credit] = ["order:1:escrow", "platform:escrow_fees"] as never[];
          writer.record({
            object: "seller",
            objectId: 1,
            version: 9_998,
            action: "set",
            fromState: "active",
            toState: "active",
            event: "x",
          });
          if (debit !== undefined && credit !== undefined) writer.post("test", null, [{ debit, credit, amount: 5n, currency: "NGN" }]);
          return {};
        }),
    },
  ];

  test.each(badOnes)("one that $name", async ({ make }) => {
    const ids = await several(6, () => world.funded());
    const good = ids.map((id) => deliver(world.on("seller", id)));
    const refused = accept(world.on("buyer", ids[0] ?? 0));
    const all = [...good.slice(0, 3), make(), refused, ...good.slice(3)];
    const settled = await Promise.allSettled(all.map((one) => world.engine.lanes.one(one)));
    expect(settled.map((one) => one.status)).toEqual(all.map((one) => (one.action === "test.bad" ? "rejected" : "fulfilled")));
    for (const id of ids) expect(["delivered", "accepted"]).toContain(await state(id));
    expect(await count("transitions WHERE event = 'x'")).toBe(0);
    // The refused one was judged after the first of its order, so it found a delivered one.
    expect(await state(ids[0] ?? 0)).toBe("accepted");
    await world.due();
  });
});

describe("the journal", () => {
  const tables = [
    "entries",
    "postings",
    "transitions",
    "refusals",
    "rail_events",
    "payment_references",
    "attempt_references",
    "operator_orders",
    "outages",
  ];

  test.each(tables)("%s: the application's role can neither delete nor empty it", async (table) => {
    await expect(world.engine.pool.query(`DELETE FROM ${table}`)).rejects.toThrow("permission denied");
    await expect(world.engine.pool.query(`TRUNCATE ${table}`)).rejects.toThrow("permission denied");
  });

  test.each([
    "UPDATE entries SET at = at",
    "UPDATE postings SET amount = amount",
    "UPDATE transitions SET answer = answer",
    "UPDATE refusals SET code = code",
    "UPDATE rail_events SET body = body",
    "UPDATE attempt_references SET attempt_id = attempt_id",
    "UPDATE installation SET mode = mode",
    "DELETE FROM orders",
    "DELETE FROM books",
    "DELETE FROM accounts",
    "DELETE FROM disbursements",
  ])("%s is refused to the application's role", async (sql) => {
    await expect(world.engine.pool.query(sql)).rejects.toThrow("permission denied");
  });
});

test("a command for a seller that does not exist is refused, not a fault", async () => {
  expect(await world.refused(placeHold({ ...world.as("operator"), sellerId: 987_654 }, { orderId: 1, note: "x" }))).toBe("not_yours");
});

test("a command whose answer was lost answers from its own transition", async () => {
  const id = await reach(world, "funded");
  const one = deliver(world.on("seller", id));
  const first = await world.done(one);
  expect(await world.act({ ...one })).toEqual({ done: first, replayed: true });
  const form = {
    contact: world.contact,
    productCost: 400000n,
    currency: "NGN",
    amountFx: null,
    shopOrderId: randomUUID(),
    projectId: null,
    providerId: null,
    share: null,
    operatorId: null,
    details,
    source: "browser" as const,
    payAgain: false,
    tokenHash: newTokenHash(),
  };
  const checkout = openCheckout(world.as("buyer"), form);
  const opened = await world.done(checkout);
  expect(await world.done(checkout)).toEqual(opened);
});

test("a command that makes hundreds of rows finds numbers for all of them", async () => {
  const big = command("test.big", world.as("seller"), {}, () => (writer) => {
    const ids = new Set(Array.from({ length: 700 }, () => writer.newId()));
    return { ids: ids.size };
  });
  expect(await world.done(big)).toEqual({ ids: 700 });
});
