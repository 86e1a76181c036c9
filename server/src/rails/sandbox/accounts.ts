/** How the sandbox rail treats a send to an account. */
export type SandboxBehaviour =
  | "succeeds"
  | "pending_then_succeeds"
  | "lost_before_effect"
  | "lost_after_effect"
  | "rail_fault_once"
  | "succeeds_then_reversed"
  | "dead_account";

export interface SandboxAccount {
  /** The last four characters of the account number, or of the Wise account id. */
  readonly ending: string;
  readonly behaviour: SandboxBehaviour;
  readonly says: string;
}

/** The account numbers that behave specially at the sandbox rail. Every other account is paid at once. */
export const sandboxAccounts: readonly SandboxAccount[] = [
  {
    ending: "0001",
    behaviour: "pending_then_succeeds",
    says: "Pending. The first look-up still says pending, the second finds it succeeded; concluding the send by hand is possible too.",
  },
  {
    ending: "0002",
    behaviour: "lost_before_effect",
    says: "The call times out before it arrives, and a look-up says never seen. The next try to this account goes through.",
  },
  {
    ending: "0003",
    behaviour: "lost_after_effect",
    says: "The money is sent and then the answer is lost. A look-up, or the same reference again, says succeeded.",
  },
  {
    ending: "0004",
    behaviour: "rail_fault_once",
    says: "Fails by the rail's own fault. The next try to this account, under a new reference, succeeds.",
  },
  {
    ending: "0008",
    behaviour: "succeeds_then_reversed",
    says: "Paid at once; meant for reversing the send by hand afterwards.",
  },
  { ending: "0009", behaviour: "dead_account", says: "Fails by the payee's details: the account is closed." },
];

/** What the sandbox does with an account, by the ending of its number. */
export function behaviourOf(accountNumber: string): SandboxBehaviour {
  return sandboxAccounts.find((a) => accountNumber.endsWith(a.ending))?.behaviour ?? "succeeds";
}
