import { describe, expect, test } from "vitest";
import { readRow } from "../../test/setup/step-lines.ts";
import type { AnyMachine } from "./machine.ts";
import { paymentMachine } from "./money-in-table.ts";
import { disbursementMachine } from "./money-out-table.ts";
import { brokenRules, neverRules } from "./never-rules.ts";
import { orderMachine } from "./order-table.ts";
import { holdMachine, offerMachine } from "./side-tables.ts";

const machines: Readonly<Record<string, AnyMachine>> = {
  order: orderMachine,
  payment: paymentMachine,
  disbursement: disbursementMachine,
  offer: offerMachine,
  hold: holdMachine,
};

test.each(Object.values(machines))("nothing is true of the $name that must never be", (machine) => {
  expect(brokenRules(machine)).toEqual([]);
});

/** For each rule one row that breaks it: `from action to by needs moves`. A rule that cannot be broken proves nothing. */
const planted: Readonly<Record<string, string>> = {
  "anybody but the rail moves money into escrow": "awaiting_payment fund funded seller paid_exactly into_escrow",
  "an order is funded without money": "awaiting_payment fund funded rail paid_exactly none",
  "an order ends and its escrow is not emptied": "funded cancel cancelled seller - none",
  "escrow is emptied and the order has not ended": "funded cancel disputed seller - refund",
  "an unpaid order moves money, except by being funded": "agreed expire expired seller - refund",
  "an order that holds money becomes unpaid or expired": "funded expire expired buyer - none",
  "an ended order goes anywhere but to completed, or by reopening to disputed": "accepted reject rejected buyer reason_given none",
  "an order is completed before its money has arrived": "accepted settle completed rail - none",
  "anything leaves completed": "completed reopen disputed operator was_ruled,nothing_sent,slot_free_again reverse_ruling",
  "anything leaves expired": "expired open_checkout awaiting_payment buyer slot_free none",
  "the seller, or the clock without auto-acceptance, accepts": "delivered accept accepted clock accept_by_past,no_chargeback release",
  "the seller alone moves escrow to its own side": "delivered withdraw_dispute resolved seller - release",
  "the buyer alone takes the money back once the seller has delivered": "delivered cancel cancelled buyer - refund",
  "the clock leaves disputed": "disputed lapse lapsed clock rule_by_past,no_chargeback refund_less_escrow_fee",
  "the operator acts on an order that is neither disputed nor resolved":
    "funded,disputed rule resolved operator in_range,second_operator split",
  "a ruling goes round the limits": "disputed rule resolved operator in_range split",
  "anything but an unsent ruling is turned round": "resolved reopen disputed operator was_ruled,slot_free_again reverse_ruling",
  "anything but a ruling's reopening brings money back into escrow": "cancelled reopen disputed operator - none",
  "the rail decides between the parties": "disputed rule resolved rail - split",
  "anybody but the rail takes money for a chargeback": "funded charge_back charged_back operator lost_all escrow_to_rail",
  "an ended order refuses a chargeback": "accepted,cancelled charge_back same rail - recover",
  "a party agrees to its own version": "proposed agree agreed seller - none",
  "a party accepts its own split": "disputed agree_split resolved operator in_range,second_operator split",
  "a second delivery is agreed upon without the seller's offer or promise": "rejected redeliver redelivery buyer first_redelivery none",
  "there are more than two deliveries": "rejected redeliver redelivery buyer open_redelivery_offer none",
  "a seller under the refund policy replaces instead": "rejected replace redelivery seller first_redelivery none",
  "the clock ends an order during a chargeback": "rejected confirm_return returned clock return_by_past refund_less_reason_fee",
  "the clock moves an order on before a deadline": "contested escalate disputed clock - none",
  "silence after a delivery means two things": "delivered lapse lapsed clock respond_by_past,no_chargeback refund_less_escrow_fee",
  "a checkout ends while a payment is in doubt": "awaiting_payment expire expired clock pay_by_past none",
  "a checkout opens beside a live milestone": "agreed open_checkout awaiting_payment buyer - none",
  "the provider of an ended order changes": "accepted assign_provider same seller provider_given none",
  "a receipt is refused": "open,pending receive received rail - receipt",
  "anybody but the rail says that money came or went back": "none,open,pending,failed,abandoned receive received buyer - receipt",
  "a receipt is forgotten": "received fail failed rail - none",
  "the clock gives up a payment that the rail may still decide": "open abandon abandoned clock - none",
  "the operator moves money that belongs to an order": "received give_back same operator - unapplied_out",
  "money is sent while a hold stands, or to nowhere": "queued send sending clock payee_ready,above_minimum sent",
  "anybody but the rail says how a sending went": "outcome_unknown fail failed clock - sent_came_back",
  "what is under way or has arrived is cancelled, or sent again": "outcome_unknown retry queued rail rails_fault none",
  "money that failed to arrive does not come back first": "sending fail failed rail - none",
  "the seller or the buyer cancels a payout or refund": "parked cancel cancelled seller - none",
  "details that were at fault are tried again unchanged": "failed retry queued clock - none",
  "whoever made an offer accepts it": "open accept accepted seller - none",
  "the clock or the rail makes or accepts an offer": "open accept accepted clock not_own_offer none",
  "an offer moves money by itself": "open accept accepted buyer not_own_offer split",
  "a party lifts a hold": "standing lift lifted seller - none",
  "the clock lifts a hold before its time": "standing lift lifted clock - none",
  "a hold moves money": "standing lift lifted operator - refund",
};

describe("each rule sees a row that breaks it", () => {
  test("every rule has its planted row, and no row is left over", () => {
    expect(Object.keys(planted).toSorted()).toEqual(neverRules.map((rule) => rule.never).toSorted());
  });

  test.each(neverRules)("$never", ({ machine, never }) => {
    const sound = machines[machine];
    if (sound === undefined) throw new Error(`no machine ${machine}`);
    const broken = brokenRules({ ...sound, rows: [...sound.rows, readRow(planted[never] ?? "")] });
    expect(broken.map((sentence) => sentence.split(": ")[0])).toContain(never);
  });
});
