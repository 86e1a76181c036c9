import { Fault } from "../../domain/fault.ts";
import type { RailNote, SendLookUp, SendOutcome, SendRequest } from "../rail.ts";
import type { StripeParts } from "./api.ts";

/** How one kind of send is asked for under a key, and found again in Stripe's lists. */
export interface Keyed {
  /** Who gets it, as it is written down. */
  readonly to: string;
  /** What Stripe lists under our reference; undefined: nothing. */
  find(): Promise<SendLookUp | undefined>;
  /** Asks for it with our reference as its key. `failed` only where Stripe has decided; throws where nothing is known. */
  ask(): Promise<SendOutcome>;
}

/**
 * Sends once. A key makes two calls one for about a day, and until then a call may be repeated whatever became of the first; after that the
 * list, which is complete by then, is what keeps a second call from being a second send. So whoever is not the first looks there before.
 */
export async function sendOnce({ memory, clock }: StripeParts, request: SendRequest, keyed: Keyed): Promise<SendOutcome> {
  const claim: RailNote = { amount: String(request.amount), currency: request.currency, to: keyed.to, failed: null, fault: null };
  const kept = await memory.keep("send", request.reference, claim, clock());
  for (const name of ["amount", "currency", "to"])
    if (kept.value[name] !== claim[name]) throw new Fault(`send ${request.reference} was asked for with another ${name}`);
  if (!kept.first) {
    const known = failureIn(kept.value) ?? (await keyed.find());
    if (known !== undefined) return withoutReversal(known);
  }
  const asked = await keyed.ask();
  if (asked.status !== "failed") return asked;
  // Decided, unless an earlier try of ours got through after all.
  const listed = await keyed.find();
  if (listed !== undefined) return withoutReversal(listed);
  await memory.replace(
    "send",
    request.reference,
    { ...claim, failed: asked.reason ?? "refused", fault: asked.fault ?? "rail" },
    clock(),
    kept.at,
  );
  return asked;
}

export async function lookUpOnce({ memory }: StripeParts, reference: string, keyed: Keyed): Promise<SendLookUp> {
  const kept = await memory.recall("send", reference);
  return (kept === undefined ? undefined : failureIn(kept.value)) ?? (await keyed.find()) ?? { status: "never_seen" };
}

function failureIn(note: RailNote): SendLookUp | undefined {
  const reason = note["failed"];
  return typeof reason === "string" ? { status: "failed", fault: note["fault"] === "payee" ? "payee" : "rail", reason } : undefined;
}

/** Whoever sends hears no reversals: it looks again, as after anything undecided. */
function withoutReversal(known: SendLookUp): SendOutcome {
  if (known.status === "reversed" || known.status === "never_seen") return { status: "pending" };
  return { ...known, status: known.status };
}
