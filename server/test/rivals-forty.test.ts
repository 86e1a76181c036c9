import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { agree, openAgreedCheckout } from "../src/actions/agree.ts";
import { cancel } from "../src/actions/cancel.ts";
import type { Answer, Command } from "../src/actions/command.ts";
import { confirmReturn } from "../src/actions/confirm-return.ts";
import { contestReturn } from "../src/actions/contest.ts";
import { deliver } from "../src/actions/deliver.ts";
import { expire } from "../src/actions/expire.ts";
import type { Lanes } from "../src/actions/lanes.ts";
import { lapse } from "../src/actions/lapse.ts";
import { makeOffer } from "../src/actions/offer.ts";
import { openCheckout } from "../src/actions/open-checkout.ts";
import { createProject } from "../src/actions/projects.ts";
import { receivePayment } from "../src/actions/receive-payment.ts";
import { redeliver } from "../src/actions/redeliver.ts";
import { reject } from "../src/actions/reject.ts";
import { startSending } from "../src/actions/send.ts";
import { agreeSplit, reopen, rule, withdrawDispute } from "../src/actions/settle-dispute.ts";
import { must } from "../src/domain/fault.ts";
import type { OrderState } from "../src/domain/order-table.ts";
import { isRefusal } from "../src/domain/refusals.ts";
import { verifyBooks } from "../src/ledger/verify.ts";
import { checkoutInput } from "./setup/ready-commands.ts";
import { openedPayment, receiptOf, sendAsk } from "./setup/ready-money.ts";
import { secondProcess } from "./setup/second-process.ts";
import { fallDue, reach } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";
import { newTokenHash } from "./setup/token-hash.ts";

let world: World;
let engines: readonly Lanes[];
beforeAll(async () => {
  world = await testWorld();
  await world.float();
  engines = [world.engine.lanes, secondProcess(world)];
});
afterEach(async () => {
  const { findings } = await verifyBooks(world.database.ownerPool);
  if (findings.length > 0) throw new Error(findings.map((finding) => finding.says).join("; "));
});
afterAll(async () => {
  await engines[1]?.close();
  await world.close();
});

/** Each command in its turn to another engine, all at once. */
const atOnce = (commands: readonly Command[], on = engines): Promise<Answer[]> =>
  Promise.all(commands.map((one, i) => must(on[i % on.length], "an engine").one(one)));
/** Forty, of which each maker makes its share; the makers take turns, but not in step with the engines. */
const forty = (makers: readonly (() => Command)[]) =>
  Array.from({ length: 40 }, (_, i) => must(makers[(i + Math.floor(i / makers.length)) % makers.length], "a maker")());
const won = (answers: readonly Answer[]) => answers.filter((answer) => !isRefusal(answer) && !answer.replayed);
const count = async (sql: string, values: unknown[] = []) =>
  Number((await world.engine.pool.query(`SELECT count(*) AS n FROM ${sql}`, values)).rows[0]?.["n"]);
const moves = (id: number, state: string) =>
  count("transitions WHERE object = 'order' AND object_id = $1 AND from_state = $2 AND to_state <> $2", [id, state]);

const offerOf = async (id: number, kind: "split" | "redelivery") =>
  Number((await world.done(makeOffer(world.on("seller", id), { kind, buyerGets: 225_000n })))["offer"]);

interface Conflict {
  readonly name: string;
  readonly state: OrderState;
  /** true: whoever wins, nothing of the others can be the next step after it. */
  readonly final: boolean;
  rivals(id: number): Promise<readonly (() => Command)[]>;
}

const conflicts: readonly Conflict[] = [
  {
    name: "accept, reject, cancel, lapse and a split",
    state: "delivered",
    final: false,
    rivals: async (id) => {
      const offerId = await offerOf(id, "split");
      await fallDue(world, id);
      return [
        () => accept(world.on("buyer", id)),
        () => reject(world.on("buyer", id), { reason: "damaged" }),
        () => cancel(world.on("seller", id)),
        () => lapse(world.on("clock", id)),
        () => agreeSplit(world.on("buyer", id), { offerId }),
      ];
    },
  },
  {
    name: "accept and reject by links of one version",
    state: "delivered",
    final: true,
    rivals: async (id) => {
      const { stateVersion: expectedVersion } = await world.order(id);
      return [
        () => accept({ ...world.on("buyer", id), expectedVersion }),
        () => reject({ ...world.on("buyer", id), expectedVersion }, { reason: "damaged" }),
        () => cancel({ ...world.on("seller", id), expectedVersion }),
      ];
    },
  },
  {
    name: "agree to a split, withdraw on either side, and rule",
    state: "disputed",
    final: true,
    rivals: async (id) => {
      const offerId = await offerOf(id, "split");
      return [
        () => agreeSplit(world.on("buyer", id), { offerId }),
        () => withdrawDispute(world.on("buyer", id)),
        () => withdrawDispute(world.on("seller", id)),
        () => rule(world.on("operator", id), { buyerGets: 100_000n }),
      ];
    },
  },
  {
    name: "deliver, cancel on either side, and lapse",
    state: "funded",
    final: false,
    rivals: async (id) => {
      await fallDue(world, id);
      return [
        () => deliver(world.on("seller", id)),
        () => cancel(world.on("buyer", id)),
        () => cancel(world.on("seller", id)),
        () => lapse(world.on("clock", id)),
      ];
    },
  },
  {
    name: "confirm a return, contest it, accept after all, agree to a second delivery",
    state: "rejected",
    final: false,
    rivals: async (id) => {
      const offerId = await offerOf(id, "redelivery");
      return [
        () => confirmReturn(world.on("seller", id)),
        () => contestReturn(world.on("seller", id)),
        () => accept(world.on("buyer", id)),
        () => redeliver(world.on("buyer", id), { offerId }),
      ];
    },
  },
  {
    name: "agree to a proposal and give it up",
    state: "proposed",
    final: false,
    rivals: async (id) => [() => agree(world.on("buyer", id), { version: 1 }), () => expire(world.on("seller", id))],
  },
  {
    name: "open the checkout of an agreement, forty times",
    state: "agreed",
    final: true,
    rivals: async (id) => [() => openAgreedCheckout(world.on("buyer", id), { tokenHash: newTokenHash() })],
  },
];

describe("of forty conflicting actions over two engines exactly one wins", () => {
  test.each(conflicts)("$name", async ({ state, final, rivals }) => {
    for (let round = 0; round < 3; round += 1) {
      const id = await reach(world, state);
      const commands = forty(await rivals(id));
      const answers = await atOnce(commands);
      expect(await moves(id, state)).toBe(1);
      if (final) expect(won(answers)).toHaveLength(1);
      // Whoever was told so did it, and nobody else.
      const { rows } = await world.engine.pool.query<{ command_id: string }>(
        "SELECT command_id FROM transitions WHERE step = 1 AND command_id = ANY($1::uuid[])",
        [commands.map((one) => one.id)],
      );
      const told = commands.filter((_, i) => !isRefusal(must(answers[i], "an answer")));
      expect(rows.map((row) => row.command_id).toSorted()).toEqual(told.map((one) => one.id).toSorted());
      expect(await count("entries WHERE order_id = $1 AND cause LIKE 'order.%'", [id])).toBeLessThanOrEqual(1);
    }
  });

  test("forty receipts, half of them one told again and again: one funds the order, every other is kept", async () => {
    const opened = await openedPayment(world);
    const receipt = receiptOf(opened);
    const other = () => ({ ...receipt, railReference: `R-${randomUUID()}` });
    const rail = () => world.as("rail", "rail:sandbox");
    await atOnce(forty([() => receivePayment(rail(), receipt), () => receivePayment(rail(), other())]));
    expect(await count("transitions WHERE object = 'order' AND object_id = $1 AND action = 'fund'", [opened.orderId])).toBe(1);
    const payments = await world.paymentsOf(opened.orderId);
    expect(payments).toHaveLength(21);
    expect(payments.reduce((sum, one) => sum + one.unapplied, 0n)).toBe(20n * 450_000n);
    expect((await world.balances())[`order:${opened.orderId}:escrow`]).toBe(450_000n);
  });

  test("forty times to send one payout, each under another reference: one attempt", async () => {
    const id = await world.accepted();
    const [payout] = await world.sends(id);
    const one = must(payout, "a payout");
    await atOnce(forty([() => startSending(sendAsk(world, one), { reference: `out-${randomUUID()}` })]));
    expect(await count("attempts a JOIN disbursements d ON d.attempt_id = a.id WHERE d.id = $1", [one.id])).toBe(1);
    expect(await count("transitions WHERE object = 'disbursement' AND object_id = $1 AND action = 'send'", [one.id])).toBe(1);
  });

  test("reopening a ruling and sending its money: either the order is disputed again and nothing goes out, or it goes out and stays resolved", async () => {
    for (let round = 0; round < 3; round += 1) {
      const id = await reach(world, "resolved");
      const sends = await world.sends(id);
      const rivals = sends.map((one) => () => startSending(sendAsk(world, one), { reference: `out-${randomUUID()}` }));
      await atOnce(
        forty(round === 0 ? [() => reopen(world.on("operator", id)), ...rivals] : [...rivals, () => reopen(world.on("operator", id))]),
      );
      const left = (await world.sends(id)).map((one) => one.state);
      const { state } = await world.order(id);
      expect(
        left.every((one) => one === (state === "disputed" ? "cancelled" : "sending")),
        `${state}: ${left.join(" ")}`,
      ).toBe(true);
    }
  });
});

describe("one idempotency key, twenty times at once", () => {
  const same: Readonly<Record<string, () => Promise<() => Command>>> = {
    "a project": async () => () =>
      createProject(world.as("seller", "key"), { name: "K", description: "", contact: world.contact, startedBy: "seller" }),
    "a checkout": async () => () => openCheckout(world.as("buyer", "checkout"), checkoutInput(world)),
    "an acceptance": async () => {
      const id = await reach(world, "delivered");
      return () => accept(world.on("buyer", id));
    },
    "an offer": async () => {
      const id = await reach(world, "disputed");
      return () => makeOffer(world.on("seller", id), { kind: "split", buyerGets: 1n });
    },
    "a ruling": async () => {
      const id = await reach(world, "disputed");
      return () => rule(world.on("operator", id), { buyerGets: 100_000n });
    },
    "a refusal that sticks": async () => {
      const id = await reach(world, "funded");
      return () => accept(world.on("buyer", id));
    },
  };

  describe.each([1, 2])("spread over %i engines", (processes) => {
    test.each(Object.keys(same))("%s: one effect and twenty equal answers", async (name) => {
      const make = await must(same[name], name)();
      const key = { key: `${name} over ${processes}`, fingerprint: "ab".repeat(32) };
      const commands = Array.from({ length: 20 }, () => ({ ...make(), key }));
      const answers = await atOnce(commands, engines.slice(0, processes));
      const said = answers.map((answer) =>
        JSON.stringify(isRefusal(answer) ? answer : Object.entries(answer.done).toSorted(([a], [b]) => (a < b ? -1 : 1))),
      );
      expect(new Set(said).size).toBe(1);
      const refused = name === "a refusal that sticks";
      expect(won(answers)).toHaveLength(refused ? 0 : 1);
      expect(await count("transitions WHERE key = $1", [key.key])).toBe(refused ? 0 : 1);
      expect(await count("refusals WHERE key = $1", [key.key])).toBe(refused ? 1 : 0);
    });
  });
});
