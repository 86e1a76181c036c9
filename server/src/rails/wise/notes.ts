import { Fault } from "../../domain/fault.ts";
import { NoAnswer } from "../rail.ts";
import type { PayeeDetails, Remembered, SendOutcome, SendRequest } from "../rail.ts";
import type { Wise } from "./api.ts";

/** How far a send has come; written down before each step that may be cut. Every change is made against what was last seen. */
export interface Note {
  readonly amount: string;
  readonly currency: string;
  readonly to: string;
  /** When the transfer was last asked for; null: it cannot exist. */
  readonly asked: string | null;
  /** Wise's number of the transfer. */
  readonly transfer: string | null;
  /** When its funding was last asked for. */
  readonly funding: string | null;
  /** Wise was seen to have paid it out: what comes back then, comes back after success. */
  readonly paid: string | null;
  /** When Wise was first seen to have refunded it. */
  readonly back: string | null;
  /** Why it has failed for good; set only where no transfer of it can be paid. */
  readonly failed: string | null;
  readonly fault: "payee" | "rail" | null;
}

const kind = "send";

/** Claims the reference for this money and this payee. Faults where it was claimed for others. */
export async function claim(wise: Wise, request: SendRequest, to: Extract<PayeeDetails, { kind: "wise_account" }>): Promise<Note> {
  const fresh: Note = {
    amount: String(request.amount),
    currency: request.currency,
    to: `${to.accountId} ${to.name}`,
    asked: null,
    transfer: null,
    funding: null,
    paid: null,
    back: null,
    failed: null,
    fault: null,
  };
  const note = read(await wise.memory.keep(kind, request.reference, { ...fresh }, wise.clock()));
  if (note.amount !== fresh.amount || note.currency !== fresh.currency || note.to !== fresh.to)
    throw new Fault(`send ${request.reference} was asked for other money or another payee`);
  return note;
}

export async function noteOf(wise: Wise, reference: string): Promise<Note | undefined> {
  const kept = await wise.memory.recall(kind, reference);
  return kept === undefined ? undefined : read(kept);
}

/** Takes a step that depends on how far the send has come; `undefined` leaves it. Of several who step at the same time one is first, and the others judge anew. */
export async function step(wise: Wise, reference: string, judge: (note: Note) => Partial<Note> | undefined): Promise<Note> {
  for (let tries = 0; tries < 50; tries += 1) {
    const kept = await wise.memory.recall(kind, reference);
    if (kept === undefined) throw new Fault(`send ${reference} was not claimed`);
    const note = read(kept);
    const change = judge(note);
    if (change === undefined) return note;
    const next = { ...note, ...change };
    // Later than what was seen even within one millisecond, or two could believe to be first.
    const at = new Date(Math.max(wise.clock().getTime(), kept.at.getTime() + 1));
    if (await wise.memory.replace(kind, reference, next, at, kept.at)) return next;
  }
  throw new NoAnswer("Too many are at this send at the same time.");
}

export function failure(note: Note): SendOutcome {
  return { status: "failed", fault: note.fault ?? "rail", reason: note.failed ?? "no reason" };
}

/** Remembers whose transfer it is: Wise's notices name nothing else. */
export async function rememberTransfer(wise: Wise, reference: string, transfer: string): Promise<Note> {
  await wise.memory.keep("transfer", transfer, { reference }, wise.clock());
  return step(wise, reference, (note) => (note.transfer === null ? { transfer } : undefined));
}

export async function referenceOf(wise: Wise, transfer: string): Promise<string | undefined> {
  const kept = await wise.memory.recall("transfer", transfer);
  return kept === undefined ? undefined : String(kept.value["reference"]);
}

function read({ value }: Pick<Remembered, "value">): Note {
  const text = (name: string) => (typeof value[name] === "string" ? value[name] : null);
  const fault = text("fault");
  return {
    amount: text("amount") ?? "",
    currency: text("currency") ?? "",
    to: text("to") ?? "",
    asked: text("asked"),
    transfer: text("transfer"),
    funding: text("funding"),
    paid: text("paid"),
    back: text("back"),
    failed: text("failed"),
    fault: fault === "payee" || fault === "rail" ? fault : null,
  };
}
