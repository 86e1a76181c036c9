import { NoAnswer } from "../rail.ts";
import type { RailEvent, SendLookUp } from "../rail.ts";
import type { Wise } from "./api.ts";
import { balancesOf, bodyOf, isYoung, toMinor } from "./api.ts";
import { isAbout, refundMayBeUntold } from "./from-memory.ts";
import type { Note } from "./notes.ts";
import { step } from "./notes.ts";

const kind = "given_back";

/** Wise tells how much it refunded in a notice of its own, and once: it is kept until somebody asks. */
export async function rememberRefund(wise: Wise, transfer: string, told: Pick<RailEvent, "amount" | "currency">): Promise<void> {
  const { amount, currency } = told;
  if (amount !== undefined && currency !== undefined)
    await wise.memory.keep(kind, transfer, { amount: String(amount), currency }, wise.clock());
}

/**
 * How a refunded transfer ended. Wise keeps its fee of one that it had paid out, so one that is not given back whole was paid out and came
 * back, whether or not anybody saw it arrive.
 */
export async function refunded(wise: Wise, reference: string, note: Note): Promise<SendLookUp> {
  const reason = "The payee's bank sent it back.";
  const amount = BigInt(note.amount);
  const back = await givenBack(wise, note);
  if (back === undefined && (await isRecent(wise, reference)))
    return { status: "pending", reason: "The payee's bank sent it back, and Wise does not say yet how much it refunded." };
  // What nobody told, and what is more than was sent, is left to the comparison of balances: the payee does not wait for it.
  const kept = back === undefined || back > amount ? 0n : amount - back;
  return note.paid === null && kept === 0n
    ? { status: "failed", fault: "payee", reason }
    : { status: "reversed", fault: "payee", reason, kept };
}

async function isRecent(wise: Wise, reference: string): Promise<boolean> {
  const { back } = await step(wise, reference, (now) => (now.back === null ? { back: wise.clock().toISOString() } : undefined));
  return back !== null && isYoung(wise, back, refundMayBeUntold);
}

/** What of a transfer is in our balance again: as its statement says or, where Wise gives none to a program, as the notice said. Undefined: neither does. */
async function givenBack(wise: Wise, note: Note): Promise<bigint | undefined> {
  try {
    const booked = await credited(wise, note);
    if (booked !== undefined) return booked;
  } catch (error) {
    // Where a person must confirm every look at a statement, the notice is all there is.
    if (!(error instanceof NoAnswer)) throw error;
  }
  const told = (await wise.memory.recall(kind, note.transfer ?? ""))?.value;
  return told?.["currency"] === note.currency ? BigInt(String(told["amount"])) : undefined;
}

async function credited(wise: Wise, note: Note): Promise<bigint | undefined> {
  const balance = (await balancesOf(wise)).find((one) => one.currency === note.currency);
  if (balance === undefined) return undefined;
  const now = wise.clock();
  // Two clocks are never the same.
  const start = new Date(new Date(note.asked ?? now).getTime() - 86_400_000);
  const query = new URLSearchParams({
    currency: note.currency,
    intervalStart: start.toISOString(),
    intervalEnd: now.toISOString(),
    type: "COMPACT",
  });
  const path = `/v1/profiles/${wise.profileId}/balance-statements/${balance.id}/statement.json?${query.toString()}`;
  const read = bodyOf(await wise.api.call("GET", path), "the statement");
  if ("refused" in read) return undefined;
  const credits = read.body
    .list("transactions")
    .filter((one) => one.text("type") === "CREDIT" && isAbout(one.textOr("referenceNumber", ""), note.transfer ?? ""))
    .map((one) => toMinor(one.piece("amount").raw("value"), note.currency));
  if (credits.length === 0 || credits.includes(undefined)) return undefined;
  return credits.reduce<bigint>((sum, one) => sum + (one ?? 0n), 0n);
}
