import { NoAnswer } from "../rail.ts";
import type { PayeeDetails, SendLookUp, SendOutcome, SendRequest } from "../rail.ts";
import type { Piece } from "../read.ts";
import type { Refused, Wise } from "./api.ts";
import { bodyOf, isYoung, listOf, toMajor, transactionIdOf } from "./api.ts";
import { isFundedAlready, isPayeesFault, recipientType, transferMayBeUnlisted, fundingMayBeUnseen } from "./from-memory.ts";
import type { Note } from "./notes.ts";
import { claim, failure, noteOf, rememberTransfer, step } from "./notes.ts";
import { refunded } from "./refunds.ts";

type WiseAccount = Extract<PayeeDetails, { kind: "wise_account" }>;

const waiting = "incoming_payment_waiting";

/**
 * Sends by Wise's four calls: recipient, quote, transfer, funding. The transfer is asked for under a UUID that follows from our reference,
 * so asking again gives the same transfer; money moves by the funding alone, which is claimed first and asked for again only when Wise must
 * have shown the first one.
 */
export async function transfer(wise: Wise, request: SendRequest, to: PayeeDetails): Promise<SendOutcome> {
  if (to.kind !== "wise_account") return { status: "failed", fault: "payee", reason: "Wise pays out to Wise accounts alone." };
  let note = await claim(wise, request, to);
  if (note.failed === null && note.transfer === null) note = await askForTransfer(wise, request, to, note);
  if (note.failed !== null) return failure(note);
  return withoutReversal(await finish(wise, request.reference, note));
}

/** What became of it. A transfer that was left unfunded is funded now: that much was asked for already. */
export async function lookUpTransfer(wise: Wise, reference: string): Promise<SendLookUp> {
  let note = await noteOf(wise, reference);
  if (note === undefined) return { status: "never_seen" };
  if (note.failed !== null) return failure(note);
  if (note.transfer === null) {
    if (note.asked === null) return { status: "never_seen" };
    const listed = await find(wise, reference, note.asked);
    if (listed === undefined)
      return isYoung(wise, note.asked, transferMayBeUnlisted)
        ? { status: "unknown", reason: "The transfer was asked for, and Wise does not list it yet." }
        : { status: "never_seen" };
    note = await rememberTransfer(wise, reference, listed);
  }
  return finish(wise, reference, note);
}

/** Answers the note with the transfer's number in it, or with why there is none. */
async function askForTransfer(wise: Wise, request: SendRequest, to: WiseAccount, before: Note): Promise<Note> {
  const { reference } = request;
  if (before.asked !== null) {
    // An earlier try may have got through.
    const listed = await find(wise, reference, before.asked);
    if (listed !== undefined) return rememberTransfer(wise, reference, listed);
  }
  const recipient = await recipientOf(wise, request.currency, to);
  if ("refused" in recipient) return refusedFor(wise, reference, before, recipient.refused, "payee");
  const quote = await quoteFor(wise, request);
  if ("refused" in quote) return refusedFor(wise, reference, before, quote.refused, "rail");
  const asking = await step(wise, reference, (note) =>
    note.failed === null && note.transfer === null ? { asked: wise.clock().toISOString() } : undefined,
  );
  if (asking.failed !== null || asking.transfer !== null) return asking;
  const answered = await wise.api.call("POST", "/v1/transfers", {
    targetAccount: Number(recipient.id),
    quoteUuid: quote.id,
    customerTransactionId: transactionIdOf(reference),
    details: { reference: "Payout" },
  });
  const read = bodyOf(answered, "the transfer");
  if ("body" in read) return rememberTransfer(wise, reference, read.body.text("id"));
  const listed = await find(wise, reference, asking.asked ?? "");
  if (listed !== undefined) return rememberTransfer(wise, reference, listed);
  return refusedFor(wise, reference, before, read.refused, isPayeesFault(read.refused) ? "payee" : "rail");
}

/** A refusal is the end only where no earlier try of ours can still turn up, and where nobody beside us got through. */
function refusedFor(wise: Wise, reference: string, before: Note, refused: Refused, fault: "payee" | "rail"): Promise<Note> {
  if (before.asked !== null && isYoung(wise, before.asked, transferMayBeUnlisted))
    throw new NoAnswer(`Wise refused to make a transfer that an earlier try may have made: ${refused.message}`);
  return step(wise, reference, (note) => (note.failed === null && note.transfer === null ? { failed: refused.message, fault } : undefined));
}

/** Funds the transfer if that is still to be done, and says how it stands. */
async function finish(wise: Wise, reference: string, note: Note): Promise<SendLookUp> {
  const id = note.transfer ?? "";
  const state = await stateOf(wise, id);
  if (state !== waiting) return outcomeOf(wise, reference, note, state);
  let mine = false;
  const claimed = await step(wise, reference, (now) => {
    mine = now.failed === null && (now.funding === null || !isYoung(wise, now.funding, fundingMayBeUnseen));
    return mine ? { funding: wise.clock().toISOString() } : undefined;
  });
  if (claimed.failed !== null) return failure(claimed);
  // Its funding was asked for, and Wise does not show it yet.
  if (!mine) return { status: "pending" };
  const answered = await wise.api.call("POST", `/v3/profiles/${wise.profileId}/transfers/${id}/payments`, { type: "BALANCE" });
  const read = bodyOf(answered, "the funding");
  if ("body" in read && read.body.text("status") === "COMPLETED") return { status: "pending" };
  const code = "body" in read ? read.body.textOr("errorCode", "no reason") : read.refused.message;
  if (isFundedAlready(code)) return { status: "pending" };
  return giveUp(wise, reference, claimed, `Wise did not fund the transfer: ${code}.`);
}

/** A transfer that Wise does not fund is cancelled, so that it cannot be paid under an old reference when there is money again. */
async function giveUp(wise: Wise, reference: string, note: Note, reason: string): Promise<SendLookUp> {
  const id = note.transfer ?? "";
  await wise.api.call("PUT", `/v1/transfers/${id}/cancel`);
  const state = await stateOf(wise, id);
  if (state === waiting) throw new NoAnswer("Wise neither funds nor cancels the transfer.");
  if (state !== "cancelled") return outcomeOf(wise, reference, note, state);
  return failure(await step(wise, reference, (now) => (now.failed === null ? { failed: reason, fault: "rail" } : undefined)));
}

async function stateOf(wise: Wise, id: string): Promise<string> {
  const read = bodyOf(await wise.api.call("GET", `/v1/transfers/${id}`), "the transfer");
  if ("refused" in read) throw new NoAnswer(`Wise did not say what became of a transfer: ${read.refused.message}`);
  return read.body.text("status");
}

/**
 * Money that bounced back at the bank is not ours again before Wise has refunded it: until then it is under way. Wise's fee is taken out of
 * the sum, so sending costs us nothing.
 */
async function outcomeOf(wise: Wise, reference: string, note: Note, state: string): Promise<SendLookUp> {
  switch (state) {
    case "outgoing_payment_sent":
      if (note.paid === null) await step(wise, reference, () => ({ paid: wise.clock().toISOString() }));
      return { status: "succeeded", cost: 0n };
    case "processing":
    case "funds_converted":
    case "incoming_payment_initiated":
    case "waiting_recipient_input_to_proceed":
      return { status: "pending" };
    case "bounced_back":
      return { status: "pending", reason: "The payee's bank sent it back, and Wise has not refunded it yet." };
    case "funds_refunded":
      return refunded(wise, reference, note);
    case "cancelled":
      return { status: "failed", fault: "rail", reason: "The transfer was cancelled." };
    default:
      throw new NoAnswer(`Wise names a status that is not known: ${state}`);
  }
}

/** Whoever sends hears no reversals: it looks again, as after anything undecided. */
function withoutReversal(outcome: SendLookUp): SendOutcome {
  if (outcome.status === "reversed" || outcome.status === "never_seen") return { status: "pending" };
  const { status, ...rest } = outcome;
  return { status, ...rest };
}

/** The number of the transfer that was asked for under our UUID at that time or later; undefined where Wise lists none. */
async function find(wise: Wise, reference: string, asked: string): Promise<string | undefined> {
  const wanted = transactionIdOf(reference);
  // Two clocks are never the same, and the first of several tries may have been the one that got through.
  const start = new Date(new Date(asked).getTime() - 30 * 86_400_000).toISOString();
  const most = 100;
  for (let page = 0; page < 200; page += 1) {
    const query = new URLSearchParams({
      profile: wise.profileId,
      limit: String(most),
      offset: String(page * most),
      createdDateStart: start,
    });
    const some = listOf(await wise.api.call("GET", `/v1/transfers?${query.toString()}`), "the transfers");
    const mine = some.find((one) => one.textOr("customerTransactionId", "") === wanted);
    if (mine !== undefined) return mine.text("id");
    if (some.length < most) return undefined;
  }
  throw new NoAnswer("Wise lists more transfers than can be looked through.");
}

/** By what leaves our balance, never by what arrives: Wise takes its fee out of it. A quote lapses in half an hour, so each try has its own. */
async function quoteFor(wise: Wise, request: SendRequest): Promise<{ readonly id: string } | { readonly refused: Refused }> {
  const { amount, currency } = request;
  const body = { sourceCurrency: currency, targetCurrency: currency, sourceAmount: toMajor(amount, currency) };
  const read = bodyOf(await wise.api.call("POST", `/v3/profiles/${wise.profileId}/quotes`, body), "the quote");
  return "refused" in read ? read : { id: read.body.text("id") };
}

/** Wise's number of a recipient. Written down twice it is two numbers of the same account, which does no harm. */
async function recipientOf(
  wise: Wise,
  currency: string,
  to: WiseAccount,
): Promise<{ readonly id: string } | { readonly refused: Refused }> {
  const key = `${currency} ${to.accountId} ${to.name}`;
  const known = await wise.memory.recall("recipient", key);
  if (known !== undefined) return { id: String(known.value["id"]) };
  const body = { profile: Number(wise.profileId), accountHolderName: to.name, currency, ...recipientType(to.accountId) };
  const read = bodyOf(await wise.api.call("POST", "/v1/accounts", body), "the recipient");
  if ("refused" in read) return read;
  const kept = await wise.memory.keep("recipient", key, { id: idOf(read.body) }, wise.clock());
  return { id: String(kept.value["id"]) };
}

function idOf(recipient: Piece): string {
  const id = recipient.text("id");
  if (!/^\d+$/.test(id)) throw new NoAnswer("Wise names a recipient by something that is no number.");
  return id;
}
