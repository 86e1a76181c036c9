import { describe, expect, test } from "vitest";
import { readRow } from "../../test/setup/step-lines.ts";
import { brokenRules, neverRules } from "./never-rules.ts";
import { offerMachine } from "./side-tables.ts";

/**
 * For each rule further rows that break it (✗), each by another half of its sentence, and rows that come near and do not (✓). Those that no
 * table could have are among them: a rule has to see them too.
 */
const judged: Readonly<Record<string, readonly string[]>> = {
  "anybody but the rail moves money into escrow": [
    "✗ awaiting_payment fund funded rail,seller paid_exactly into_escrow",
    "✓ awaiting_payment fund funded rail paid_exactly into_escrow",
    "✓ awaiting_payment fund funded seller paid_exactly none",
  ],
  "an order is funded without money": [
    "✗ awaiting_payment fund funded rail - into_escrow",
    "✓ awaiting_payment fund funded rail paid_exactly into_escrow",
    "✓ awaiting_payment agree agreed rail - none",
  ],
  "an order ends and its escrow is not emptied": [
    "✗ agreed,funded cancel cancelled seller - into_escrow",
    "✓ agreed cancel cancelled seller - none",
    "✓ funded deliver delivered seller - none",
    ...["release", "refund", "refund_less_late_fee", "refund_less_escrow_fee", "refund_less_reason_fee", "split", "escrow_to_rail"].map(
      (moves) => `✓ funded cancel cancelled seller - ${moves}`,
    ),
  ],
  "escrow is emptied and the order has not ended": [
    "✗ funded,agreed cancel cancelled seller - refund",
    "✗ agreed cancel cancelled seller - release",
    "✗ funded cancel agreed seller - split",
    "✓ funded,delivered cancel cancelled seller - refund",
    "✓ funded deliver delivered seller - none",
  ],
  "an unpaid order moves money, except by being funded": [
    "✗ none open_checkout awaiting_payment buyer - refund",
    "✗ funded,proposed cancel cancelled seller - refund",
    "✓ awaiting_payment fund funded rail - into_escrow",
    "✓ agreed expire expired seller - none",
    "✓ funded cancel cancelled seller - refund",
  ],
  "an order that holds money becomes unpaid or expired": [
    "✗ agreed,disputed amend proposed buyer - none",
    "✓ agreed expire expired buyer - none",
    "✓ funded deliver delivered seller - none",
  ],
  "an ended order goes anywhere but to completed, or by reopening to disputed": [
    "✗ funded,cancelled agree agreed buyer - none",
    "✓ accepted charge_back same rail - recover",
    "✓ accepted settle completed rail - none",
    "✓ resolved reopen disputed operator - none",
    "✓ funded deliver delivered seller - none",
  ],
  "an order is completed before its money has arrived": [
    "✗ accepted settle completed clock all_concluded none",
    "✗ accepted settle completed rail all_concluded release",
    "✗ accepted settle completed rail,clock all_concluded none",
    "✓ accepted settle completed rail all_concluded none",
    "✓ accepted charge_back same clock - recover",
  ],
  "anything leaves completed": [
    "✗ accepted,completed reopen disputed operator - none",
    "✓ completed charge_back same rail - recover",
    "✓ completed settle completed rail - none",
    "✓ accepted settle completed rail - none",
  ],
  "anything leaves expired": [
    "✗ agreed,expired agree agreed buyer - none",
    "✓ agreed expire expired clock - none",
    "✓ expired look same buyer - none",
  ],
  "the seller, or the clock without auto-acceptance, accepts": [
    "✗ delivered accept accepted seller - release",
    "✗ delivered accept accepted buyer,operator - release",
    "✗ delivered accept accepted clock auto_acceptance release",
    "✗ delivered accept accepted buyer,clock - release",
    "✓ delivered accept accepted clock auto_acceptance,accept_by_past release",
    "✓ delivered accept accepted buyer - release",
    "✓ delivered reject rejected seller,clock - none",
  ],
  "the seller alone moves escrow to its own side": [
    "✗ disputed agree_split resolved buyer,seller - split",
    "✓ disputed agree_split resolved seller open_split_offer split",
    "✓ disputed withdraw_dispute resolved buyer - release",
    "✓ disputed withdraw_dispute resolved seller - refund",
    "✓ disputed rule resolved operator - split",
  ],
  "the buyer alone takes the money back once the seller has delivered": [
    ...["delivered", "rejected", "contested", "disputed"].flatMap((from) => [
      `✗ funded,${from} cancel cancelled buyer - refund_less_late_fee`,
      `✓ ${from} cancel cancelled seller - refund`,
      `✓ ${from} accept accepted buyer - release`,
    ]),
    ...["refund", "refund_less_late_fee", "refund_less_escrow_fee", "refund_less_reason_fee"].map(
      (moves) => `✗ delivered cancel cancelled buyer - ${moves}`,
    ),
    "✗ funded agree_split resolved buyer - split",
    "✓ funded agree_split resolved buyer open_split_offer split",
    "✓ funded agree_split resolved seller - split",
    "✓ funded,redelivery cancel cancelled buyer - refund_less_late_fee",
  ],
  "the clock leaves disputed": [
    "✗ contested,disputed lapse lapsed seller,clock - none",
    "✓ disputed rule resolved operator - split",
    "✓ disputed remind same clock - none",
    "✓ contested escalate disputed clock - none",
  ],
  "the operator acts on an order that is neither disputed nor resolved": [
    "✗ funded rule resolved operator - split",
    "✗ resolved,accepted reopen disputed operator - none",
    "✓ disputed,resolved rule resolved operator - split",
    "✓ funded cancel cancelled seller - refund",
  ],
  "a ruling goes round the limits": [
    "✗ disputed rule resolved operator second_operator split",
    "✓ disputed rule resolved operator in_range,second_operator split",
    "✓ disputed rule resolved operator - none",
    "✓ disputed agree_split resolved seller - split",
  ],
  "anything but an unsent ruling is turned round": [
    "✗ resolved reopen disputed operator nothing_sent,slot_free_again reverse_ruling",
    "✗ resolved reopen disputed operator was_ruled,nothing_sent reverse_ruling",
    "✗ resolved reopen disputed seller was_ruled,nothing_sent,slot_free_again reverse_ruling",
    "✓ resolved reopen disputed operator was_ruled,nothing_sent,slot_free_again reverse_ruling",
    "✓ resolved reopen disputed seller - none",
  ],
  "anything but a ruling's reopening brings money back into escrow": [
    "✗ agreed,accepted deliver delivered seller - none",
    "✓ resolved reopen disputed operator - reverse_ruling",
    "✓ funded deliver delivered seller - none",
    "✓ accepted settle completed rail - none",
  ],
  "the rail decides between the parties": [
    "✗ disputed rule resolved rail - release",
    "✗ disputed rule resolved rail,clock - refund",
    "✓ disputed rule resolved operator - release",
    "✓ disputed charge_back charged_back rail - escrow_to_rail",
  ],
  "anybody but the rail takes money for a chargeback": [
    "✗ funded charge_back_part same operator - part_to_rail",
    "✗ accepted charge_back same rail,seller - recover",
    "✓ funded charge_back charged_back rail - escrow_to_rail",
    "✓ funded cancel cancelled seller - refund",
  ],
  "an ended order refuses a chargeback": [
    "✗ accepted,cancelled,lapsed,returned,resolved,charged_back,completed charge_back same rail lost_all recover",
    "✗ accepted,cancelled,lapsed,returned,resolved,charged_back charge_back same rail - recover",
    "✗ cancelled,lapsed,returned,resolved,charged_back,completed charge_back same rail - recover",
    "✓ accepted,cancelled,lapsed,returned,resolved,charged_back,completed charge_back same rail - recover",
    "✓ accepted settle completed rail all_concluded none",
  ],
  "a party agrees to its own version": [
    "✗ proposed,agreed agree agreed buyer - none",
    "✓ proposed agree agreed seller not_own_version none",
    "✓ awaiting_payment close_checkout agreed seller - none",
    "✓ proposed amend proposed seller - none",
  ],
  "a party accepts its own split": [
    "✓ disputed agree_split resolved seller open_split_offer split",
    "✓ disputed rule resolved operator - split",
  ],
  "a second delivery is agreed upon without the seller's offer or promise": [
    "✓ rejected redeliver redelivery buyer open_redelivery_offer none",
    "✓ rejected replace redelivery seller - none",
    "✓ rejected accept accepted buyer - release",
  ],
  "there are more than two deliveries": [
    "✓ rejected redeliver redelivery buyer first_redelivery none",
    "✓ funded deliver delivered seller - none",
  ],
  "a seller under the refund policy replaces instead": [
    "✓ rejected replace redelivery seller replacement_policy none",
    "✓ rejected redeliver redelivery buyer - none",
    "✓ funded deliver delivered seller - none",
  ],
  "the clock ends an order during a chargeback": [
    "✗ funded lapse lapsed clock,seller deliver_by_past none",
    "✓ funded lapse lapsed clock no_chargeback none",
    "✓ funded cancel cancelled seller - refund",
    "✓ contested escalate disputed clock - none",
    "✓ agreed expire expired clock - none",
  ],
  "the clock moves an order on before a deadline": [
    "✗ delivered lapse lapsed clock no_chargeback,pastime none",
    "✓ contested escalate disputed clock no_chargeback,escalate_by_past none",
    "✓ contested escalate disputed seller - none",
    "✓ funded extend_deadlines same clock - none",
  ],
  "silence after a delivery means two things": [
    "✗ funded,delivered accept accepted clock accept_by_past release",
    "✓ delivered accept accepted clock auto_acceptance release",
    "✓ delivered lapse lapsed clock no_auto_acceptance none",
    "✓ delivered accept accepted buyer - release",
    "✓ funded lapse lapsed clock - none",
    "✓ delivered contest_silence contested clock - none",
  ],
  "a checkout ends while a payment is in doubt": [
    "✗ agreed,awaiting_payment expire expired seller made_by_form none",
    "✓ awaiting_payment expire expired seller no_payment_in_doubt none",
    "✓ awaiting_payment fund funded rail paid_exactly into_escrow",
    "✓ awaiting_payment assign_provider same seller - none",
    "✓ awaiting_payment look awaiting_payment seller - none",
    "✓ agreed expire expired seller - none",
  ],
  "a checkout opens beside a live milestone": [
    "✓ agreed open_checkout awaiting_payment buyer slot_free none",
    "✓ proposed agree agreed buyer - none",
  ],
  "the provider of an ended order changes": [
    "✗ funded,expired assign_provider same seller - none",
    "✗ completed assign_provider same seller - none",
    "✓ funded assign_provider same seller - none",
    "✓ accepted settle completed rail - none",
  ],
  "a receipt is refused": [
    "✗ none,open,pending,failed,abandoned receive received rail rail_silent_too_long receipt",
    ...["open,pending,failed,abandoned", "none,pending,failed,abandoned", "none,open,failed,abandoned", "none,open,pending,abandoned"].map(
      (from) => `✗ ${from} receive received rail - receipt`,
    ),
    "✗ none,open,pending,failed receive received rail - receipt",
    "✓ none,open,pending,failed,abandoned receive received rail - receipt",
    "✓ open fail failed rail rail_silent_too_long none",
  ],
  "anybody but the rail says that money came or went back": [
    ...["receipt", "taken_back", "given_back", "lost"].map((moves) => `✗ open receive received rail,clock - ${moves}`),
    "✓ open receive received rail - receipt",
    "✓ open abandon abandoned clock - none",
  ],
  "a receipt is forgotten": [
    ...["open", "pending", "failed", "abandoned"].flatMap((to) => [
      `✗ received undo ${to} rail - none`,
      `✗ open,disputed undo ${to} rail - none`,
    ]),
    "✓ disputed win received rail - given_back",
    "✓ open fail failed rail - none",
    "✓ received give_back same operator - unapplied_out",
  ],
  "the clock gives up a payment that the rail may still decide": [
    "✓ open abandon abandoned clock rail_silent_too_long none",
    "✓ open abandon abandoned rail - none",
  ],
  "the operator moves money that belongs to an order": [
    "✓ received give_back same operator unapplied_in_house unapplied_out",
    "✓ received dispute disputed rail - taken_back",
  ],
  "money is sent while a hold stands, or to nowhere": [
    "✗ queued send sending clock no_hold,above_minimum sent",
    "✓ queued send sending clock no_hold,payee_ready sent",
    "✓ queued park parked clock - none",
  ],
  "anybody but the rail says how a sending went": [
    ...["sending", "in_flight", "outcome_unknown"].map((from) => `✗ queued,${from} fail failed rail,clock - sent_came_back`),
    "✓ sending fail failed rail - sent_came_back",
    "✓ sending look same clock - none",
    "✓ queued park parked clock - none",
  ],
  "what is under way or has arrived is cancelled, or sent again": [
    ...["sending", "in_flight", "outcome_unknown", "succeeded"].flatMap((from) =>
      ["cancelled", "queued", "parked"].map((to) => `✗ failed,${from} undo ${to} rail - none`),
    ),
    "✓ failed retry queued clock - none",
    "✓ sending fail failed rail - sent_came_back",
  ],
  "money that failed to arrive does not come back first": [
    "✗ succeeded reverse reversed rail - sent_came_back",
    "✓ sending fail failed rail - sent_came_back",
    "✓ succeeded reverse reversed rail - arrived_came_back",
    "✓ queued park parked clock - none",
  ],
  "the seller or the buyer cancels a payout or refund": [
    "✗ parked cancel cancelled operator,buyer - none",
    "✓ parked cancel cancelled operator,rail - none",
    "✓ parked requeue queued seller,buyer - none",
  ],
  "details that were at fault are tried again unchanged": [
    "✗ reversed,failed retry queued clock - none",
    "✓ failed retry queued clock rails_fault none",
    "✓ failed park parked clock - none",
    "✓ parked requeue queued clock - none",
  ],
  "whoever made an offer accepts it": ["✓ open accept accepted seller not_own_offer none", "✓ open void voided seller - none"],
  "the clock or the rail makes or accepts an offer": [
    "✗ none make open rail,seller - none",
    "✗ none make open clock - none",
    "✓ open accept accepted seller,buyer - none",
    "✓ open expire expired clock - none",
  ],
  "an offer moves money by itself": ["✓ open accept accepted buyer not_own_offer none"],
  "a party lifts a hold": [
    "✗ standing lift lifted operator,buyer - none",
    "✓ standing lift lifted operator - none",
    "✓ standing keep same buyer - none",
  ],
  "the clock lifts a hold before its time": [
    "✗ standing lift lifted operator,clock - none",
    "✓ standing lift lifted clock hold_time_past none",
    "✓ standing lift lifted operator - none",
    "✓ none place standing clock - none",
  ],
  "a hold moves money": ["✓ standing lift lifted operator - none"],
};

describe("each rule sees both halves of its sentence, and not what only comes near", () => {
  test("no rule is left out", () => {
    expect(Object.keys(judged).toSorted()).toEqual(neverRules.map((rule) => rule.never).toSorted());
  });

  test.each(neverRules)("$never", (rule) => {
    for (const line of judged[rule.never] ?? []) expect(rule.broken(readRow(line.slice(2))), line).toBe(line.startsWith("✗"));
  });
});

test("what is broken is said with the row that breaks it, one sentence for each, of its own machine alone", () => {
  const rows = [readRow("open,replaced accept accepted buyer,seller - split"), readRow("none make open seller - none")];
  expect(brokenRules({ ...offerMachine, rows })).toEqual([
    "whoever made an offer accepts it: open, replaced accept → accepted by buyer, seller",
    "an offer moves money by itself: open, replaced accept → accepted by buyer, seller",
  ]);
});
