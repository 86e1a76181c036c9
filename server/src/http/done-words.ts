import { words } from "../domain/machine.ts";

const done: Readonly<Record<string, string>> = {
  accept: "You accepted the delivery. The seller is being paid.",
  reject: "You rejected the delivery. The seller hears of it now.",
  cancel: "The order is cancelled. The buyer's money is on its way back.",
  deliver: "The buyer is told that you delivered.",
  confirm_return: "You confirmed the return. The buyer is being refunded.",
  contest_return: "You contested the return.",
  contest_silence: "You contested the buyer's silence.",
  escalate: "The operator will decide.",
  withdraw_dispute: "You gave up the dispute. The money is on its way.",
  replace: "The buyer is told that a replacement comes.",
  redeliver: "You agreed to a second delivery.",
  agree_split: "You agreed to the split. The money is on its way.",
  offer_redelivery: "Your offer of a second delivery is open to the buyer.",
  offer_split: "Your split is offered to the other side.",
  object: "Your objection is recorded. The operator looks into it; the fee is not paid out meanwhile.",
  give_account: "The account is saved. Your refund goes there.",
  rule: "The dispute is decided.",
  reopen: "The dispute is open again; the money is back in escrow.",
  hold: "The hold stands: money of this order is not sent until it is lifted.",
  lift_hold: "The hold is lifted.",
  match: "The money is matched to the order.",
  give_back: "The money is on its way back.",
  verify_identity: "The seller's identity is on record; payouts that waited for it go out.",
  clear_alarm: "The alarm is cleared.",
  retry_report: "The report is handled again; if it still stands below, see why there.",
  set_aside_report: "The report is set aside. It is kept.",
  add_float: "Your money is booked.",
  change_money: "The change is booked.",
  close_break: "The break is closed; orders that no other break touches go on.",
  requeue: "It is sent again to the same account; if the account refuses it once more, it is parked again.",
  write_off: "The debt is written off as your loss.",
};

/** What a page says after a step. */
export function doneWords(action: string): string {
  return done[action] ?? `Done: ${words(action)}.`;
}
