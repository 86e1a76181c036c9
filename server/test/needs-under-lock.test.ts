import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Lanes } from "../src/actions/lanes.ts";
import { must } from "../src/domain/fault.ts";
import { orderNeeds } from "../src/domain/order-needs.ts";
import { isRefusal } from "../src/domain/refusals.ts";
import { disbursementNeeds, holdNeeds, offerNeeds, paymentNeeds } from "../src/domain/side-needs.ts";
import { bookMachine, projectMachine } from "../src/domain/side-tables.ts";
import type { MakeCase } from "./setup/need-cases.ts";
import { orderCases } from "./setup/need-cases.ts";
import { sideCases } from "./setup/need-cases-sides.ts";
import { secondProcess } from "./setup/second-process.ts";
import { bank } from "./setup/states.ts";
import { changedWhileWaiting, judged } from "./setup/under-lock.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

let world: World;
let second: Lanes;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
  second = secondProcess(world);
});
const usual = () => ({ secondOperatorAbove: 0n, identityNeeded: false, minimumPayout: usually });
let usually: bigint;
beforeAll(() => {
  usually = world.settings.minimumPayout;
});
afterEach(async () => {
  Object.assign(world.settings, usual());
  const { rowCount } = await world.database.ownerPool.query("SELECT 1 FROM sellers WHERE id = $1 AND bank IS NULL", [world.seller]);
  if (rowCount === 0) return;
  // What waited for the account goes out now, and is in no later case's way.
  await bank(world, "0011");
  await world.due();
});
afterAll(async () => {
  await second.close();
  await world.close();
});

const frozen = "nothing can change it while the order is in that state";
const brought = "it looks only at what the step brings with it";
/** Needs whose facts no other session can change, and why. */
const excused: Readonly<Record<string, string>> = {
  terms_given: brought,
  reason_given: brought,
  provider_given: `${brought}; the provider itself is read under the lock`,
  outage_recorded: brought,
  offer_makes_sense: `${brought} and at the amount, which is frozen once paid`,
  in_range: `${brought} and at the amount, which is frozen once paid`,
  made_by_form: frozen,
  agreed_beforehand: frozen,
  auto_acceptance: frozen,
  no_auto_acceptance: frozen,
  replacement_policy: frozen,
  lost_all: "escrow only shrinks while others act, so what was all stays all; the change that matters is lost_part's",
  rails_fault: "the fault is told by the very command that judges it",
  payees_fault: "the fault is told by the very command that judges it",
  stays_solvent:
    "it is about all books, of which a command locks one; whoever takes fees first takes a lock of its own (server/src/http/operator-acts.ts)",
};

const needs = [
  ...[orderNeeds, disbursementNeeds, paymentNeeds, offerNeeds, holdNeeds].flatMap((judges) => Object.keys(judges)),
  ...[projectMachine, bookMachine].flatMap((machine) => machine.rows.flatMap((row) => row.needs)),
];
const cases: Readonly<Record<string, MakeCase | undefined>> = { ...orderCases, ...sideCases };

describe("a fact that changes in one session while another waits for the book is seen by the one that waited", () => {
  test.each(needs.filter((need) => excused[need] === undefined))("%s", async (need) => {
    const { waiting, before, change, after, look } = await must(cases[need], `a case for the need ${need}`)(world);
    expect(await judged(world, waiting), "before the change").toBe(before);
    const answer = await changedWhileWaiting(world, second, change, waiting);
    const said = isRefusal(answer) ? answer.refused : "done";
    expect(look === undefined ? said : await look(), "after it").toBe(after);
    if (look !== undefined) expect(said).toBe("done");
    else expect(after).not.toBe(before);
  });
});

test("every need has a case or a reason, not both, and none is of a need that is not there", () => {
  const known = new Set(needs);
  expect(Object.keys(cases).filter((need) => !known.has(need) || excused[need] !== undefined)).toEqual([]);
  expect(Object.keys(excused).filter((need) => !known.has(need))).toEqual([]);
});
