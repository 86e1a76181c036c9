import { describe, expect, test } from "vitest";
import { permitted, readSteps } from "../../test/setup/step-lines.ts";
import type { AnyMachine } from "./machine.ts";
import { graphFaults } from "./machine.ts";
import { paymentMachine } from "./money-in-table.ts";
import { concludedStates, disbursementMachine, disbursementStates, sentStates } from "./money-out-table.ts";
import { disbursementNeeds, holdNeeds, offerNeeds, paymentNeeds } from "./side-needs.ts";
import { bookMachine, holdMachine, offerMachine, projectMachine, providerMachine, sellerMachine } from "./side-tables.ts";

/** Written down from the agreed descriptions, not from the tables they are compared with. */
const lives: readonly (readonly [AnyMachine, string])[] = [
  [
    paymentMachine,
    `
none | open | open | buyer | none
none open pending failed abandoned | receive | received | rail | receipt
open | pend | pending | rail | none
open pending | fail | failed | rail | none
open pending | abandon | abandoned | rail clock | none
received | dispute | disputed | rail | taken_back
disputed | win | received | rail | given_back
received disputed | lose | charged_back | rail | lost
received | hand_over | handed_over | operator | out_of_house
received | give_back | same | operator | unapplied_out`,
  ],
  [
    disbursementMachine,
    `
none | queue | queued | buyer seller operator rail clock | none
queued | send | sending | clock | sent
queued | park | parked | clock | none
sending | lose_sight | outcome_unknown | rail | none
sending outcome_unknown | accept_for_later | in_flight | rail | none
sending in_flight outcome_unknown | succeed | succeeded | rail | sent_arrived
sending in_flight outcome_unknown | fail | failed | rail | sent_came_back
failed | retry | queued | clock | none
failed | park | parked | clock | none
succeeded | reverse | reversed | rail | arrived_came_back
reversed | park | parked | clock | none
parked | requeue | queued | buyer seller operator clock | none
queued parked | cancel | cancelled | operator rail | none`,
  ],
  [
    offerMachine,
    `
none | make | open | buyer seller operator | none
open | accept | accepted | buyer seller operator | none
open | replace | replaced | buyer seller operator | none
open | void | voided | buyer seller operator rail clock | none
open | expire | expired | clock | none`,
  ],
  [
    holdMachine,
    `
none | place | standing | buyer seller operator rail clock | none
standing | keep | same | buyer | none
standing | lift | lifted | operator rail clock | none`,
  ],
  [
    projectMachine,
    `
none | create | open | buyer seller | none
open | update | same | buyer seller | none
open | close | closed | buyer seller | none`,
  ],
  [
    providerMachine,
    `
none | create | active | seller | none
active | update | same | seller | none
active | remove | removed | seller | none`,
  ],
  [
    sellerMachine,
    `
none | join | active | seller operator | none
active | set | same | seller operator | none
active | rotate_keys | same | seller operator | none
active | verify_identity | same | operator | none`,
  ],
  [
    bookMachine,
    `
none kept | settle | kept | rail | book
none kept | add_float | kept | operator | book
none kept | take_fees | kept | operator | book
none kept | change_money | kept | operator | book
none kept | write_off | kept | operator | book`,
  ],
];

describe.each(lives.map(([machine, life]) => ({ name: machine.name, machine, life })))("the life of a $name", ({ machine, life }) => {
  test("has no fault as a graph", () => {
    expect(graphFaults(machine)).toEqual([]);
  });

  test("every state × action × party is answered as it was agreed", () => {
    expect(permitted(machine)).toEqual(readSteps(life));
  });
});

test("every need of these tables has a sentence, and none is left over", () => {
  const used = (machine: AnyMachine) => [...new Set(machine.rows.flatMap((row) => row.needs))].toSorted();
  expect(used(disbursementMachine)).toEqual(Object.keys(disbursementNeeds).toSorted());
  expect(used(paymentMachine)).toEqual(Object.keys(paymentNeeds).toSorted());
  expect(used(offerMachine)).toEqual(Object.keys(offerNeeds).toSorted());
  expect(used(holdMachine)).toEqual(Object.keys(holdNeeds).toSorted());
});

test("money that is concluded or under way is never cancelled, and what waits has not left", () => {
  const waiting = disbursementStates.filter((state) => !sentStates.includes(state) && !concludedStates.includes(state));
  expect(waiting).toEqual(["queued", "parked"]);
});
