import { describe, expect, test } from "vitest";
import { permitted, questions, readSteps } from "../../test/setup/step-lines.ts";
import { decide, graphFaults } from "./machine.ts";
import { orderNeeds } from "./order-needs.ts";
import { endedStates, hasEnded, holdingStates, isHolding, isLive, orderMachine, orderStates, unpaidStates } from "./order-table.ts";

/** Written down from the agreed description of an order's life, not from the table it is compared with. */
const life = readSteps(`
none | propose | proposed | seller buyer | none
none | open_checkout | awaiting_payment | buyer | none
proposed agreed | amend | proposed | seller buyer | none
proposed | agree | agreed | seller buyer | none
agreed | open_checkout | awaiting_payment | buyer | none
proposed agreed | expire | expired | clock seller buyer | none
awaiting_payment | expire | expired | clock seller buyer | none
awaiting_payment | close_checkout | agreed | clock seller buyer | none
awaiting_payment | fund | funded | rail | into_escrow
funded redelivery | deliver | delivered | seller | none
funded redelivery | cancel | cancelled | buyer | refund_less_late_fee
funded redelivery delivered rejected | cancel | cancelled | seller | refund
funded redelivery | lapse | lapsed | clock | refund_less_escrow_fee
delivered | accept | accepted | buyer clock | release
rejected | accept | accepted | buyer | release
delivered | reject | rejected | buyer | none
delivered | lapse | lapsed | clock | refund_less_escrow_fee
delivered | contest_silence | contested | seller | none
rejected | redeliver | redelivery | buyer | none
rejected | replace | redelivery | seller | none
rejected | confirm_return | returned | seller clock | refund_less_reason_fee
rejected | contest_return | contested | seller | none
contested | escalate | disputed | seller buyer clock | none
contested disputed | withdraw_dispute | resolved | buyer | release
contested disputed | withdraw_dispute | resolved | seller | refund
delivered rejected contested disputed | agree_split | resolved | seller buyer | split
disputed | rule | resolved | operator | split
resolved | reopen | disputed | operator | reverse_ruling
funded redelivery delivered rejected contested disputed | charge_back | charged_back | rail | escrow_to_rail
funded redelivery delivered rejected contested disputed | charge_back_part | same | rail | part_to_rail
accepted cancelled lapsed returned resolved charged_back completed | charge_back | same | rail | recover
accepted cancelled lapsed returned resolved charged_back | settle | completed | rail | none
proposed agreed awaiting_payment funded redelivery delivered rejected contested disputed | assign_provider | same | seller | none
proposed agreed awaiting_payment funded redelivery delivered rejected contested disputed | extend_deadlines | same | clock | none
`);

/** What each party must show for it: every need of every row that has one. */
const needed: Readonly<Record<string, string>> = {
  "propose seller,buyer none": "terms_given",
  "open_checkout buyer none": "slot_free",
  "amend seller,buyer proposed,agreed": "terms_given",
  "agree seller,buyer proposed": "not_own_version",
  "open_checkout buyer agreed": "slot_free",
  "expire clock proposed,agreed": "agree_by_past",
  "expire seller,buyer proposed,agreed": "",
  "expire clock awaiting_payment": "made_by_form pay_by_past no_payment_in_doubt",
  "expire seller,buyer awaiting_payment": "made_by_form no_payment_in_doubt",
  "close_checkout clock awaiting_payment": "agreed_beforehand pay_by_past no_payment_in_doubt",
  "close_checkout seller,buyer awaiting_payment": "agreed_beforehand no_payment_in_doubt",
  "fund rail awaiting_payment": "paid_exactly",
  "deliver seller funded,redelivery": "",
  "cancel buyer funded,redelivery": "refund_policy_or_in_time",
  "cancel seller funded,redelivery,delivered,rejected": "",
  "lapse clock funded,redelivery": "deliver_by_past no_chargeback",
  "accept buyer delivered": "",
  "accept clock delivered": "auto_acceptance accept_by_past no_chargeback",
  "accept buyer rejected": "",
  "reject buyer delivered": "reason_given",
  "lapse clock delivered": "no_auto_acceptance respond_by_past no_chargeback",
  "contest_silence seller delivered": "silence_window",
  "redeliver buyer rejected": "first_redelivery open_redelivery_offer",
  "replace seller rejected": "replacement_policy first_redelivery",
  "confirm_return seller rejected": "",
  "confirm_return clock rejected": "return_by_past no_chargeback",
  "contest_return seller rejected": "before_return_by",
  "escalate seller,buyer contested": "",
  "escalate clock contested": "escalate_by_past",
  "withdraw_dispute buyer contested,disputed": "",
  "withdraw_dispute seller contested,disputed": "",
  "agree_split seller,buyer delivered,rejected,contested,disputed": "open_split_offer",
  "rule operator disputed": "in_range second_operator",
  "reopen operator resolved": "was_ruled nothing_sent slot_free_again",
  "charge_back rail funded,redelivery,delivered,rejected,contested,disputed": "lost_all",
  "charge_back_part rail funded,redelivery,delivered,rejected,contested,disputed": "lost_part",
  "charge_back rail accepted,cancelled,lapsed,returned,resolved,charged_back,completed": "",
  "settle rail accepted,cancelled,lapsed,returned,resolved,charged_back": "all_concluded",
  "assign_provider seller proposed,agreed,awaiting_payment,funded,redelivery,delivered,rejected,contested,disputed": "provider_given",
  "extend_deadlines clock proposed,agreed,awaiting_payment,funded,redelivery,delivered,rejected,contested,disputed": "outage_recorded",
};

/** What is told of a step: shops and the history go by these names. */
const told: Readonly<Record<string, string>> = {
  propose: "order.proposed",
  open_checkout: "order.checkout_opened",
  amend: "order.amended",
  agree: "order.agreed",
  expire: "order.expired",
  close_checkout: "order.checkout_closed",
  fund: "order.funded",
  deliver: "order.delivered",
  cancel: "order.cancelled",
  lapse: "order.lapsed",
  accept: "order.accepted",
  reject: "order.rejected",
  contest_silence: "order.contested",
  redeliver: "order.redelivery_agreed",
  replace: "order.replacement_promised",
  confirm_return: "order.returned",
  contest_return: "order.contested",
  escalate: "order.disputed",
  withdraw_dispute: "order.resolved",
  agree_split: "order.resolved",
  rule: "order.resolved",
  reopen: "order.reopened",
  "charge_back of an order that holds money": "order.charged_back",
  charge_back_part: "order.charged_back_in_part",
  "charge_back of an order that has ended": "order.charged_back_late",
  settle: "order.completed",
  assign_provider: "order.provider_assigned",
  extend_deadlines: "order.deadlines_extended",
};

describe("the life of an order", () => {
  test("has no fault as a graph: no two rows for one step, no state that is unreachable or depends on the parties to be left", () => {
    expect(graphFaults(orderMachine)).toEqual([]);
  });

  test("every state × action × party is answered as it was agreed", () => {
    expect(questions(orderMachine)).toBe(18 * 27 * 5);
    expect(permitted(orderMachine)).toEqual(life);
  });

  test("every row needs what was agreed, in that order", () => {
    const rows = orderMachine.rows.map((row) => [`${row.action} ${row.by.join(",")} ${row.from.join(",")}`, row.needs.join(" ")]);
    expect(Object.fromEntries(rows)).toEqual(needed);
    expect(rows).toHaveLength(Object.keys(needed).length);
  });

  test("every row is told by the name that was agreed", () => {
    const rows = orderMachine.rows.map(({ action, from, event }) => {
      const when = from.includes("funded") ? "an order that holds money" : "an order that has ended";
      return [action === "charge_back" ? `${action} of ${when}` : action, event] as const;
    });
    for (const [name, event] of rows) expect(event, name).toBe(told[name]);
    expect(new Set(rows.map(([name]) => name))).toEqual(new Set(Object.keys(told)));
  });

  test("it rests for good when it has expired or is completed, and says so to every step from there", () => {
    expect(orderMachine.ends).toEqual(["expired", "completed"]);
    expect(decide(orderMachine, "completed", "cancel", "seller", () => undefined)).toMatchObject({
      refused: "order_ended",
      detail: "An order that is completed cannot cancel.",
    });
  });

  test("every need of a row has a sentence, and no need is left over", () => {
    const used = new Set<string>(orderMachine.rows.flatMap((row) => row.needs));
    expect(Object.keys(orderNeeds).toSorted()).toEqual([...used].toSorted());
  });
});

describe("kinds of states", () => {
  test("every state is unpaid, holds money or has ended, and no two of these", () => {
    expect([...unpaidStates, ...holdingStates, ...endedStates].toSorted()).toEqual([...orderStates].toSorted());
    expect(orderStates.filter((state) => isHolding(state) && hasEnded(state))).toEqual([]);
  });

  test("the order of a life: before the money, with the money in escrow, after it", () => {
    expect(orderStates.join(" ")).toBe(
      "proposed agreed awaiting_payment expired funded redelivery delivered rejected contested disputed " +
        "accepted cancelled lapsed returned resolved charged_back completed",
    );
    expect(orderStates.filter(isHolding)).toEqual(["funded", "redelivery", "delivered", "rejected", "contested", "disputed"]);
    expect(orderStates.filter(hasEnded)).toEqual(["accepted", "cancelled", "lapsed", "returned", "resolved", "charged_back", "completed"]);
  });

  test("an order is live from its checkout until it is discharged", () => {
    const live = orderStates.filter((state) => isLive({ state, dischargedAt: null }));
    expect(live).toEqual(["awaiting_payment", ...holdingStates, ...endedStates]);
    expect(isLive({ state: "accepted", dischargedAt: new Date(0) })).toBe(false);
  });
});
