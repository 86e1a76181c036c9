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
received charged_back | give_back | same | operator | unapplied_out`,
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

/** What each row needs, in that order, and what is told of it; a second word where an action has several rows. */
const neededAndTold: Readonly<Record<string, string>> = {
  "payment open": "payment.opened",
  "payment receive": "payment.received",
  "payment pend": "payment.pending",
  "payment fail": "payment.failed",
  "payment abandon rail": "payment.abandoned",
  "payment abandon clock": "rail_silent_too_long payment.abandoned",
  "payment dispute": "payment.disputed",
  "payment win": "payment.dispute_won",
  "payment lose": "payment.charged_back",
  "payment hand_over": "unapplied_in_house payment.handed_over",
  "payment give_back": "unapplied_in_house payment.given_back",
  "disbursement queue": "disbursement.queued",
  "disbursement send": "no_hold payee_ready above_minimum disbursement.sending",
  "disbursement park queued": "waits_for_payee disbursement.parked",
  "disbursement park failed": "payees_fault disbursement.parked",
  "disbursement park reversed": "disbursement.parked",
  "disbursement lose_sight": "disbursement.outcome_unknown",
  "disbursement accept_for_later": "disbursement.in_flight",
  "disbursement succeed": "disbursement.succeeded",
  "disbursement fail": "disbursement.failed",
  "disbursement retry": "rails_fault disbursement.queued",
  "disbursement reverse": "disbursement.reversed",
  "disbursement requeue": "obstacle_gone disbursement.queued",
  "disbursement cancel": "disbursement.cancelled",
  "offer make": "order_takes_offers offer_makes_sense offer.made",
  "offer accept": "not_own_offer offer.accepted",
  "offer replace": "offer.replaced",
  "offer void": "offer.voided",
  "offer expire": "offer_life_past offer.expired",
  "hold place": "hold.placed",
  "hold keep": "has_a_time hold.kept",
  "hold lift operator": "hold.lifted",
  "hold lift clock": "hold_time_past hold.lifted",
  "project create": "project.created",
  "project update": "project.updated",
  "project close": "no_milestone_holds_money project.closed",
  "provider create": "provider.created",
  "provider update": "provider.updated",
  "provider remove": "provider.removed",
  "seller join": "seller.joined",
  "seller set": "seller.changed",
  "seller rotate_keys": "seller.keys_rotated",
  "seller verify_identity": "seller.identity_verified",
  "book settle": "book.settled",
  "book add_float": "book.float_added",
  "book take_fees": "stays_solvent book.fees_taken",
  "book change_money": "stays_solvent book.money_changed",
  "book write_off": "book.written_off",
};

test("every row needs what was agreed, in that order, and is told by its own name", () => {
  const used = new Set<string>();
  for (const [machine] of lives) {
    for (const row of machine.rows) {
      const whole = `${machine.name} ${row.action}`;
      const name = [whole, `${whole} ${row.from[0]}`, `${whole} ${row.by[0]}`].find((one) => one in neededAndTold) ?? whole;
      expect([...row.needs, row.event].join(" "), name).toBe(neededAndTold[name]);
      expect(used.has(name), `${name} stands for two rows`).toBe(false);
      used.add(name);
    }
  }
  expect([...used].toSorted()).toEqual(Object.keys(neededAndTold).toSorted());
});

test("where a thing may rest for good, and what a step from there answers that no row permits", () => {
  expect(lives.map(([machine]) => `${machine.name}: ${machine.ends.join(" ")} | ${machine.ended}`)).toEqual([
    "payment: received failed abandoned charged_back handed_over | not_now",
    "disbursement: succeeded parked cancelled | not_now",
    "offer: accepted replaced voided expired | offer_not_open",
    "hold: lifted | not_now",
    "project: open closed | project_closed",
    "provider: active removed | provider_unknown",
    "seller: active | not_now",
    "book: kept | not_now",
  ]);
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
