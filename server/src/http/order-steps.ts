import { accept } from "../actions/accept.ts";
import { cancel } from "../actions/cancel.ts";
import type { Command } from "../actions/command.ts";
import { confirmReturn } from "../actions/confirm-return.ts";
import { contestReturn, contestSilence, escalate } from "../actions/contest.ts";
import { deliver } from "../actions/deliver.ts";
import { expire } from "../actions/expire.ts";
import { objectToCancellation } from "../actions/holds.ts";
import { makeOffer } from "../actions/offer.ts";
import type { OrderAsk } from "../actions/order-step.ts";
import { redeliver, replace } from "../actions/redeliver.ts";
import { reject } from "../actions/reject.ts";
import { agreeSplit, withdrawDispute } from "../actions/settle-dispute.ts";
import { giveRefundAccount } from "../actions/unpark.ts";
import type { Order } from "../domain/order.ts";
import { parseMajor } from "../domain/currency.ts";
import type { Refusal } from "../domain/refusals.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import { rejectionReasons } from "../domain/terms.ts";
import type { Fields } from "./fields.ts";
import { text, wholeNumber } from "./fields.ts";

/** The command a page's form asks for. Who may do it, and whether now, is judged by the command itself. */
export function commandOf(action: string, ask: OrderAsk, order: Order, fields: Fields): Command | Refusal {
  const comment = text(fields, "comment") === "" ? undefined : text(fields, "comment");
  switch (action) {
    case "accept":
      return accept(ask);
    case "reject":
      return rejectWith(ask, text(fields, "reason"), comment);
    case "cancel":
      return cancel(ask, { comment });
    case "deliver":
      return deliver(ask);
    case "expire":
      return expire(ask);
    case "confirm_return":
      return confirmReturn(ask);
    case "contest_return":
      return contestReturn(ask, { comment });
    case "contest_silence":
      return contestSilence(ask, { comment });
    case "escalate":
      return escalate(ask, { comment });
    case "withdraw_dispute":
      return withdrawDispute(ask);
    case "replace":
      return replace(ask);
    case "redeliver":
      return withOffer(fields, (offerId) => redeliver(ask, { offerId }));
    case "agree_split":
      return withOffer(fields, (offerId) => agreeSplit(ask, { offerId }));
    case "offer_redelivery":
      return makeOffer(ask, { kind: "redelivery" });
    case "offer_split":
      return offerSplit(ask, order, fields);
    case "object":
      return objectToCancellation(ask);
    case "give_account":
      return giveAccount(ask, fields);
    default:
      return refuse("not_now", `There is no action called ${action.slice(0, 40)} here.`);
  }
}

/** The page lets choose from a list, because some reasons cost a fee: a reason of one's own would be a way around it. */
function rejectWith(ask: OrderAsk, reason: string, comment: string | undefined): Command | Refusal {
  const known = reason === "" || (rejectionReasons as readonly string[]).includes(reason);
  return known ? reject(ask, { reason, comment }) : refuse("invalid", "Choose one of the reasons in the list.", { field: "reason" });
}

function withOffer(fields: Fields, make: (offerId: number) => Command): Command | Refusal {
  const offerId = wholeNumber(text(fields, "offer"));
  return offerId === undefined ? refuse("offer_not_open") : make(offerId);
}

function offerSplit(ask: OrderAsk, order: Order, fields: Fields): Command | Refusal {
  const buyerGets = majorOrZero(text(fields, "buyer_gets"), order.bookCurrency);
  return isRefusal(buyerGets) ? buyerGets : makeOffer(ask, { kind: "split", buyerGets });
}

/** An amount typed in major units, of which nothing at all is one too. */
export function majorOrZero(typed: string, currency: string): bigint | Refusal {
  if (/^0+(\.0{1,2})?$/.test(typed)) return 0n;
  return parseMajor(typed.replaceAll(",", ""), currency, "buyer_gets");
}

function giveAccount(ask: OrderAsk, fields: Fields): Command | Refusal {
  const details = bankOf(fields);
  return isRefusal(details) ? details : giveRefundAccount(ask, { details });
}

/** Bank details from a page's form. */
export function bankOf(
  fields: Fields,
): { bankName: string; bankCode: string; nipBankCode: string; accountNumber: string; accountName: string } | Refusal {
  const details = {
    bankName: text(fields, "bank_name"),
    bankCode: text(fields, "bank_code"),
    nipBankCode: text(fields, "nip_bank_code"),
    accountNumber: text(fields, "account_number"),
    accountName: text(fields, "account_name"),
  };
  if (!/^\d{3,6}$/.test(details.bankCode)) return refuse("invalid", "The bank code has three to six digits.", { field: "bank_code" });
  if (!/^\d{10}$/.test(details.accountNumber)) return refuse("invalid", "The account number has ten digits.", { field: "account_number" });
  if (details.bankName === "") return refuse("invalid", "Name the bank.", { field: "bank_name" });
  if (details.accountName === "") return refuse("invalid", "Name the account's holder.", { field: "account_name" });
  return details;
}
