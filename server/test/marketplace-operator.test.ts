import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { deliver } from "../src/actions/deliver.ts";
import { setSeller, verifyIdentity } from "../src/actions/sellers.ts";
import { must } from "../src/domain/fault.ts";
import { workOff } from "../src/jobs/run-due.ts";
import { wakePayees } from "../src/jobs/wake-payees.ts";
import { account, provider } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterAll(() => world.close());

const seller = () => world.sellerOf("individual");
const operatorId = () => world.sellerOf("marketplace_operator");
const byOperator = (of = operatorId()) => world.as("operator", "operator:1", of);
/** An order in the seller's book of which the marketplace's operator gets a fifth; it was accepted and everything due was done. */
async function sold(): Promise<number> {
  const id = await world.checkout({ operatorId: operatorId(), share: 2_000 }, seller());
  await world.pay(id, "success", {}, seller());
  await world.done(deliver(world.on("seller", id, seller())));
  await world.done(accept(world.on("buyer", id, seller())));
  await world.due();
  return id;
}
const part = async (id: number, kind: "seller" | "operator") =>
  must(
    (await world.sends(id, seller())).find((one) => one.payeeKind === kind),
    kind,
  );
const states = async (id: number) => [(await part(id, "seller")).state, (await part(id, "operator")).state];
const bankTo = (ending: string) => world.done(setSeller(world.as("seller", "console", operatorId()), { bank: account(ending) }));
const rowsLeft = async () => (await world.engine.pool.query("SELECT 1 FROM changed_payees")).rows.length;

describe("the identity of a marketplace's operator", () => {
  afterEach(() => world.sound());

  test("is asked for before the first payout, in whichever book it is owed, and the operator's word sends it", async () => {
    world.settings.identityNeeded = true;
    try {
      const id = await sold();
      expect(await states(id)).toEqual(["parked", "parked"]);
      expect(await part(id, "operator")).toMatchObject({ reason: expect.stringContaining("identity must be verified"), dueAt: null });
      // The seller's own identity sets the seller's part free, and not the operator's.
      await world.done(verifyIdentity(byOperator(seller())));
      await world.due();
      expect(await states(id)).toEqual(["succeeded", "parked"]);
      // Nor does a new account of the operator's.
      await bankTo("0021");
      await world.due();
      expect(await states(id)).toEqual(["succeeded", "parked"]);
      await world.done(verifyIdentity(byOperator()));
      await world.due();
      expect(await states(id)).toEqual(["succeeded", "succeeded"]);
      expect((await world.order(id, seller())).state).toBe("completed");
      // Once and for all.
      expect(await states(await sold())).toEqual(["succeeded", "succeeded"]);
    } finally {
      world.settings.identityNeeded = false;
    }
  });

  test("is not asked for where the installation asks nobody's", async () => {
    await world.database.ownerPool.query("UPDATE sellers SET identity_verified_at = NULL");
    expect(await states(await sold())).toEqual(["succeeded", "succeeded"]);
  });
});

test("a marketplace operator hears that its payout came back, and by a new account it gets it", async () => {
  await bankTo("0009");
  const id = await sold();
  expect(await part(id, "operator")).toMatchObject({ state: "parked", fault: "payee" });
  const { rows } = await world.engine.pool.query(
    "SELECT m.kind, m.to_email = s.email AS its_own, m.due_at FROM messages m, sellers s WHERE s.id = $1 AND m.kind = 'payout.account_needed'",
    [operatorId()],
  );
  expect(rows).toEqual([{ kind: "payout.account_needed", its_own: true, due_at: null }]);
  await bankTo("0021");
  await world.due();
  expect((await part(id, "operator")).state).toBe("succeeded");
});

describe("a marketplace operator's new account", () => {
  afterEach(() => world.sound());

  test("wakes what was parked for want of one, in the books of others", async () => {
    await world.database.ownerPool.query("UPDATE sellers SET bank = NULL WHERE id = $1", [operatorId()]);
    const id = await sold();
    expect(await states(id)).toEqual(["succeeded", "parked"]);
    await bankTo("0022");
    await world.due();
    expect([await states(id), await rowsLeft()]).toEqual([["succeeded", "succeeded"], 0]);
  });

  test("wakes what its bank refused, which then goes to the new one", async () => {
    // The sandbox's banks refuse accounts that end so.
    await bankTo("0009");
    const id = await sold();
    expect(await part(id, "operator")).toMatchObject({ state: "parked", fault: "payee" });
    await world.done(setSeller(world.as("seller", "console", operatorId()), { callbackUrl: null }));
    await world.due();
    expect((await part(id, "operator")).state).toBe("parked");
    await bankTo("0023");
    await world.due();
    const paid = await part(id, "operator");
    expect(paid).toMatchObject({ state: "succeeded", fault: null });
    const { rows } = await world.engine.pool.query("SELECT sent_to->>'accountNumber' AS number FROM attempts WHERE id = $1", [
      paid.attemptId,
    ]);
    expect(rows).toEqual([{ number: "0123450023" }]);
  });

  test("is not forgotten where the process dies before it was passed on, nor where it changes once more meanwhile", async () => {
    await bankTo("0009");
    const id = await sold();
    await bankTo("0019");
    // Nothing ran yet: what is to be done stands in a row.
    expect(await rowsLeft()).toBe(1);
    // While it is passed on, another change comes.
    const lanes = {
      one: async (command: Parameters<typeof world.engine.lanes.one>[0]) => {
        await world.database.ownerPool.query("UPDATE changed_payees SET version = version + 1");
        return world.engine.lanes.one(command);
      },
    } as typeof world.engine.lanes;
    await wakePayees({ ...world.engine, lanes });
    expect(await rowsLeft()).toBe(1);
    await workOff(world.engine, null);
    expect([await rowsLeft(), (await part(id, "operator")).state]).toEqual([0, "succeeded"]);
  });
});

test.each([
  ["a seller", "seller"],
  ["a service provider", "service_provider"],
])("more than one look takes: all that waits for %s is woken, however much it is", async (_, kind) => {
  const parked = async () =>
    (
      await world.engine.pool.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM disbursements WHERE seller_id = $1 AND state = 'parked' AND payee_kind = $2",
        [world.seller, kind],
      )
    ).rows[0]?.n;
  const carpenter = await provider(world, "0009");
  const moveTo = (ending: string) =>
    kind === "seller"
      ? world.done(setSeller(world.as("seller", "console"), { bank: account(ending) }))
      : provider(world, ending, 1, carpenter);
  await moveTo("0009");
  const id = await world.accepted(kind === "seller" ? {} : { providerId: carpenter, share: 5_000 });
  await world.due();
  expect(await parked()).toBe(1);
  // As many more as no command reads at once. No step stands behind them, so the books are not proven after this.
  await world.database.ownerPool.query(
    `INSERT INTO disbursements (seller_id, id, kind, order_id, payment_id, payee_kind, payee_id, source, amount, currency, out_amount, out_currency, rail, state, version, attempts, fault, reason, created_at)
     SELECT d.seller_id, nextval('thing_ids'), d.kind, NULL, NULL, d.payee_kind, d.payee_id, d.source, d.amount, d.currency, d.out_amount, d.out_currency, d.rail, 'parked', 1, 0, d.fault, d.reason, d.created_at
     FROM disbursements d, generate_series(1, 450) WHERE d.seller_id = $1 AND d.order_id = $2 AND d.payee_kind = $3`,
    [world.seller, id, kind],
  );
  await moveTo("0024");
  await wakePayees(world.engine);
  expect(await parked()).toBe(0);
  // Nobody owes what was added, so nothing of it may be sent.
  await world.database.ownerPool.query("UPDATE disbursements SET state = 'cancelled', due_at = NULL WHERE order_id IS NULL");
});
