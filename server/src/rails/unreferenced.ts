import { Fault } from "../domain/fault.ts";
import type { RailMemory, RailNote, SendLookUp, SendOutcome, SendRequest } from "./rail.ts";

/**
 * Refunds at rails whose refund call carries no reference of ours: asked for twice, they are two. So the call is claimed in the memory
 * first, by whoever is first; our reference is written into the refund's note, by which it is found in the rail's list; and until the
 * list can no longer be behind, a claimed refund that is not listed is unknown, neither sent nor never seen.
 */
export interface UnreferencedRefunds {
  readonly memory: RailMemory;
  readonly clock: () => Date;
  /** How long a refund that was asked for may be missing from the rail's list. */
  readonly mayBeUnlisted: number;
  /** What the rail's list says of the refund whose note is our reference; undefined: not listed. */
  find(request: SendRequest): Promise<SendLookUp | undefined>;
  /** Asks for it. `failed` only where the rail has decided; throws where nothing is known. */
  ask(request: SendRequest): Promise<SendOutcome>;
}

const kind = "refund";

export async function sendUnreferenced(refunds: UnreferencedRefunds, request: SendRequest): Promise<SendOutcome> {
  const { memory, clock } = refunds;
  const claim: RailNote = { amount: String(request.amount), currency: request.currency, failed: null };
  const kept = await memory.keep(kind, request.reference, claim, clock());
  if (kept.value["amount"] !== claim["amount"] || kept.value["currency"] !== claim["currency"])
    throw new Fault(`refund ${request.reference} was asked for other money`);
  if (!kept.first) {
    const known = await lookUpUnreferenced(refunds, request);
    if (known.status === "reversed") return { status: "pending" };
    if (known.status !== "never_seen") return { ...known, status: known.status };
    // Of several who see that nothing came of the first try one may take it up.
    if (!(await memory.replace(kind, request.reference, claim, clock(), kept.at)))
      return { status: "unknown", reason: "Somebody else is asking for this refund just now." };
  }
  const outcome = await refunds.ask(request);
  if (outcome.status === "failed") await rememberFailure(refunds, request, claim, outcome);
  return outcome;
}

export async function lookUpUnreferenced(refunds: UnreferencedRefunds, request: SendRequest): Promise<SendLookUp> {
  const kept = await refunds.memory.recall(kind, request.reference);
  if (kept === undefined) return { status: "never_seen" };
  const failed = kept.value["failed"];
  if (typeof failed === "string") return { status: "failed", fault: kept.value["fault"] === "payee" ? "payee" : "rail", reason: failed };
  const listed = await refunds.find(request);
  if (listed !== undefined) return listed;
  const age = refunds.clock().getTime() - kept.at.getTime();
  return age < refunds.mayBeUnlisted
    ? { status: "unknown", reason: "The refund was asked for, and the rail does not list it yet." }
    : { status: "never_seen" };
}

async function rememberFailure(refunds: UnreferencedRefunds, request: SendRequest, claim: RailNote, outcome: SendOutcome): Promise<void> {
  const kept = await refunds.memory.recall(kind, request.reference);
  if (kept === undefined) return;
  const note = { ...claim, failed: outcome.reason ?? "refused", fault: outcome.fault ?? "rail" };
  await refunds.memory.replace(kind, request.reference, note, refunds.clock(), kept.at);
}
