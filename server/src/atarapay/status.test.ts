import { expect, test } from "vitest";
import { steps } from "../domain/machine.ts";
import type { OrderAction, OrderState } from "../domain/order-table.ts";
import { orderMachine, orderStates, unpaidStates } from "../domain/order-table.ts";
import type { Party } from "../domain/machine.ts";
import { displayOfEnvelope, notificationOf, notificationTable, wireStatus, wireStatuses } from "./status.ts";

test("the documented ids stand for what is documented, and no status of ours uses them", () => {
  const byId = Map.groupBy(Object.values(wireStatuses), (s) => s.id);
  expect([...byId].filter(([id]) => [3, 5, 9].includes(id)).map(([id, rows]) => [id, ...new Set(rows.map((r) => r.title))])).toEqual([
    [3, "Rejected"],
    [5, "Complete"],
    [9, "Canceled"],
  ]);
  for (const [, rows] of byId) expect(new Set(rows.map((r) => r.title)).size).toBe(1);
});

test("unpaid orders do not exist on the wire, and every other state has a status", () => {
  for (const state of orderStates) {
    const unpaid = unpaidStates.some((s) => s === state);
    expect(wireStatus(state) === null).toBe(unpaid);
  }
});

test("an order that lapsed before any delivery reads as canceled, after one as rejected", () => {
  expect(wireStatus("lapsed", true)).toMatchObject({ id: 9, title: "Canceled" });
  expect(wireStatus("lapsed", false)).toMatchObject({ id: 3, title: "Rejected" });
});

const told: [OrderAction, Party, OrderState, OrderState, string | null, string][] = [
  ["fund", "rail", "awaiting_payment", "funded", null, "Pending"],
  ["deliver", "seller", "funded", "delivered", "Delivered", "Awaiting Buyer Response"],
  ["cancel", "buyer", "funded", "cancelled", "Rejected", "Cancelled"],
  ["cancel", "seller", "rejected", "cancelled", "Canceled", "Cancelled"],
  ["lapse", "clock", "funded", "lapsed", "Canceled", "Cancelled"],
  ["lapse", "clock", "redelivery", "lapsed", "Canceled", "Cancelled"],
  ["lapse", "clock", "delivered", "lapsed", "Refunded", "Rejected"],
  ["accept", "buyer", "delivered", "accepted", "Accepted", "Accepted"],
  ["accept", "clock", "delivered", "accepted", "Accepted", "Accepted"],
  ["accept", "buyer", "rejected", "accepted", "Accepted", "Accepted"],
  ["reject", "buyer", "delivered", "rejected", "Rejected", "Rejected"],
  ["contest_silence", "seller", "delivered", "contested", "Dispute", "Dispute"],
  ["contest_return", "seller", "rejected", "contested", "Dispute", "Dispute"],
  ["redeliver", "buyer", "rejected", "redelivery", "Pending II", "Pending II"],
  ["replace", "seller", "rejected", "redelivery", "Pending II", "Pending II"],
  ["confirm_return", "clock", "rejected", "returned", "Refunded", "Rejected"],
  ["escalate", "clock", "contested", "disputed", "Disputed", "Disputed"],
  ["withdraw_dispute", "buyer", "disputed", "resolved", "Complete", "Dispute Resolved"],
  ["withdraw_dispute", "seller", "contested", "resolved", "Complete", "Dispute Resolved"],
  ["agree_split", "buyer", "delivered", "resolved", "Complete", "Dispute Resolved"],
  ["rule", "operator", "disputed", "resolved", "Complete", "Dispute Resolved"],
  ["reopen", "operator", "resolved", "disputed", "Disputed", "Disputed"],
  ["charge_back", "rail", "funded", "charged_back", "Canceled", "Cancelled"],
  ["charge_back", "rail", "completed", "completed", null, "Completed"],
  ["charge_back_part", "rail", "delivered", "delivered", null, "Awaiting Buyer Response"],
  ["settle", "rail", "accepted", "completed", null, "Completed"],
];

test.each(told)("%s by %s from %s to %s is told as %s and shown as %s", (action, by, from, to, envelope, display) => {
  expect(notificationOf({ action, by, from, to })?.status ?? null).toBe(envelope);
  expect(wireStatus(to, action === "lapse" && from !== "delivered")?.display).toBe(display);
});

test("the documented messages go with their steps", () => {
  const message = (action: OrderAction, by: Party, from: OrderState, to: OrderState): string | undefined =>
    notificationOf({ action, by, from, to })?.message;
  expect(message("deliver", "seller", "funded", "delivered")).toBe("Order is marked completed");
  expect(message("reject", "buyer", "delivered", "rejected")).toBe("Buyer Rejects Order");
  expect(message("cancel", "buyer", "funded", "cancelled")).toBe("Transaction is canceled");
  expect(message("cancel", "seller", "funded", "cancelled")).toBe("Transaction is canceled");
  expect(message("withdraw_dispute", "buyer", "disputed", "resolved")).toBe("Dispute is cancelled, Transaction Completed");
});

test("every step that shows the buyer or the shop another status is told, save the payment and the settlement", () => {
  const state = (name: string): OrderState | undefined => orderStates.find((s) => s === name);
  const isAction = (name: string): name is OrderAction => orderMachine.rows.some((r) => r.action === name);
  for (const { action, by, ...step } of steps(orderMachine)) {
    const [from, to] = [state(step.from), state(step.to)];
    if (
      !isAction(action) ||
      from === undefined ||
      to === undefined ||
      from === to ||
      wireStatus(to) === null ||
      action === "fund" ||
      action === "settle"
    )
      continue;
    for (const party of by) {
      const notification = notificationOf({ action, by: party, from, to });
      expect(notification, `${action} ${from} ${to}`).not.toBeNull();
    }
  }
});

test("what an envelope makes clients show is what the order then is, save the documented Rejected around a buyer's cancellation", () => {
  for (const [action, by, from, to, , display] of told) {
    const envelope = notificationOf({ action, by, from, to })?.status;
    if (envelope !== undefined && !(action === "cancel" && by === "buyer")) expect(displayOfEnvelope[envelope]).toBe(display);
  }
});

test("no row of the notification table is dead", () => {
  const machine = steps(orderMachine);
  for (const row of notificationTable) {
    const fits = machine.some((s) => s.action === row.action && (row.from === undefined || row.from.some((f) => f === s.from)));
    expect(fits, row.action).toBe(true);
  }
});
