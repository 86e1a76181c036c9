import type { Disbursement } from "../domain/facts.ts";

/** Of a parked payout or refund: what happened to it, where something did, and what would free it. */
export interface Freed {
  readonly cause: string | null;
  readonly freedBy: string;
  /** The operator may vouch for its account and have it sent there again. */
  readonly sendAgain: boolean;
}

/** What would free a parked payout or refund, to be read by who looks. */
export function freed(one: Disbursement, viewer: "buyer" | "seller" | "operator"): Freed {
  if (one.fault !== "payee") return { cause: null, freedBy: one.reason ?? "New payout details from the payee.", sendAgain: false };
  // What the bank said is no remedy: the same account would refuse it again.
  return { cause: ended(one.reason ?? "Its account did not take it."), freedBy: remedy(one, viewer), sendAgain: viewer === "operator" };
}

function remedy({ payeeKind }: Disbursement, viewer: "buyer" | "seller" | "operator"): string {
  if (viewer === "operator") return "The payee names another account; or send it again once you are sure of the account.";
  if (viewer === payeeKind) return "Name another account; the money then goes there.";
  return viewer === "seller" && payeeKind === "service_provider"
    ? "Give another account of your service provider; the money then goes there."
    : "Its payee names another account.";
}

/** Banks end their reasons with a full stop or without. */
function ended(reason: string): string {
  return /[.!?]$/.test(reason) ? reason : `${reason}.`;
}
