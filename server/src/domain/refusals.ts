/**
 * Every expected no, by name. A refusal is an answer, not a bug: it says what happened, why, and what to do next.
 * `status` is the HTTP status it travels with; `sticks` says whether a repeat with the same idempotency key gets the same refusal
 * again (true where waiting cannot change the answer) or is judged anew. `docs/errors.md` is generated from this list.
 */
const catalogue = {
  // the caller
  not_signed_in: { status: 401, sticks: false, says: "Nobody is signed in, or the sign-in has ended.", next: "Sign in and try again." },
  wrong_key: { status: 401, sticks: false, says: "The key pair does not match any seller.", next: "Check both keys on the seller page." },
  wrong_password: { status: 401, sticks: false, says: "E-mail and password do not match.", next: "Check both and try again." },
  not_yours: { status: 404, sticks: true, says: "There is no such thing for this caller.", next: "Check the number." },
  link_ended: {
    status: 410,
    sticks: true,
    says: "The link has ended: it is too old, or the order has moved on since it was sent.",
    next: "Ask for a fresh link on the same page.",
  },
  code_needed: {
    status: 403,
    sticks: false,
    says: "A one-time code to the buyer's phone is needed first.",
    next: "Ask for the code and enter it.",
  },
  code_wrong: { status: 403, sticks: false, says: "The one-time code is wrong or too old.", next: "Ask for a new code." },
  solvency_unproven: {
    status: 409,
    sticks: false,
    says: "No proof of solvency can be signed: balances and journal do not fit together.",
    next: "Run verify, which says where it went wrong.",
  },
  no_solvency_proof: {
    status: 404,
    sticks: false,
    says: "No proof of solvency was made yet, so there is no receipt.",
    next: "Ask the operator for one.",
  },
  too_many_requests: { status: 429, sticks: false, says: "Too many requests from here.", next: "Wait as long as Retry-After says." },
  too_busy: {
    status: 503,
    sticks: false,
    says: "Too many commands of this seller are waiting.",
    next: "Wait as long as Retry-After says.",
  },
  no_rail: {
    status: 503,
    sticks: false,
    says: "No payment provider is switched on in this installation.",
    next: "The operator switches one on.",
  },
  rail_silent: {
    status: 503,
    sticks: false,
    says: "The payment provider does not answer just now. Nothing was taken.",
    next: "Try again in a minute.",
  },
  key_reused: {
    status: 422,
    sticks: true,
    says: "The idempotency key was used for a different request.",
    next: "Use a new key for a new request.",
  },
  // what was sent
  invalid: { status: 422, sticks: true, says: "A field is missing or not understood.", next: "Mend the named field." },
  amount_invalid: {
    status: 422,
    sticks: true,
    says: "The amount is not a positive whole number of the smallest unit within the limits.",
    next: "Send a whole number of kobo.",
  },
  amount_too_small: {
    status: 422,
    sticks: true,
    says: "Nothing would be left for the seller after the fees.",
    next: "Raise the amount or change who bears the fees.",
  },
  amount_out_of_range: {
    status: 422,
    sticks: true,
    says: "The amount is not between nothing and what the order's escrow was paid.",
    next: "Name an amount in that range.",
  },
  currency_unknown: { status: 422, sticks: true, says: "The currency is not one this installation takes.", next: "Use NGN or USD." },
  rate_mismatch: {
    status: 422,
    sticks: false,
    says: "The amount in naira is more than 2 % away from the foreign amount at this installation's rate.",
    next: "Fetch the rate again and compute the amount from it.",
  },
  share_invalid: {
    status: 422,
    sticks: true,
    says: "The share is not a percentage from 0 to 100 with at most two decimals.",
    next: "Mend it.",
  },
  signature_invalid: { status: 422, sticks: true, says: "The form's signature does not fit its fields.", next: "Sign the form again." },
  unsigned_checkout: { status: 422, sticks: true, says: "This seller takes signed checkouts only.", next: "Sign the form." },
  share_above_limit: {
    status: 422,
    sticks: true,
    says: "An unsigned form gives the service provider more than the seller allows.",
    next: "Sign the form, or raise the limit on the seller page.",
  },
  callback_not_allowed: {
    status: 422,
    sticks: true,
    says: "The callback address is not on an origin that this seller registered.",
    next: "Register the origin on the seller page.",
  },
  provider_unknown: { status: 404, sticks: false, says: "There is no such service provider.", next: "Add the service provider first." },
  seller_not_associated: {
    status: 404,
    sticks: false,
    says: "The seller is not associated with this marketplace operator.",
    next: "Associate the seller first.",
  },
  project_unknown: { status: 404, sticks: false, says: "There is no such project for this buyer and seller.", next: "Check the number." },
  project_closed: { status: 409, sticks: true, says: "The project is closed.", next: "Make a new project." },
  project_holds_money: {
    status: 409,
    sticks: false,
    says: "A milestone of the project still holds money.",
    next: "Let that milestone end first.",
  },
  milestone_in_the_way: {
    status: 409,
    sticks: false,
    says: "Another milestone of the project is still live.",
    next: "The answer names it and what would free it.",
  },
  own_contact_only: { status: 422, sticks: false, says: "An e-mail address or phone number is needed.", next: "Give one." },
  // the machine
  not_now: { status: 409, sticks: true, says: "The order's state does not permit this step.", next: "See its allowed actions." },
  not_you: { status: 403, sticks: true, says: "This step belongs to another party.", next: "See the allowed actions." },
  too_early: { status: 409, sticks: false, says: "The time for this step has not come.", next: "Wait until the time in the answer." },
  too_late: { status: 409, sticks: true, says: "The time for this step has passed.", next: "See the order's allowed actions." },
  chargeback_running: {
    status: 409,
    sticks: false,
    says: "The buyer's bank disputes the payment; the order's clock stands still.",
    next: "Wait for the rail's decision.",
  },
  payment_in_doubt: {
    status: 409,
    sticks: false,
    says: "A payment of this order is still pending at the rail.",
    next: "Wait until the rail has decided.",
  },
  payment_missing: { status: 409, sticks: false, says: "The order's money has not arrived in full.", next: "Wait for the payment." },
  own_version: { status: 409, sticks: true, says: "Whoever wrote this version cannot agree to it.", next: "Wait for the other party." },
  own_offer: { status: 409, sticks: true, says: "Whoever made an offer cannot accept it.", next: "Wait for the other party." },
  offer_not_open: { status: 409, sticks: true, says: "There is no such open offer.", next: "See the order's current offer." },
  already_redelivered: {
    status: 409,
    sticks: true,
    says: "There was a second delivery already.",
    next: "Confirm the return, or contest it.",
  },
  refund_policy: {
    status: 409,
    sticks: true,
    says: "The seller's policy does not permit this: refund and replacement are different terms.",
    next: "See the order's terms.",
  },
  reason_needed: { status: 422, sticks: false, says: "A reason is needed.", next: "Say why." },
  second_operator_needed: {
    status: 409,
    sticks: false,
    says: "A ruling of this size needs a second operator; the first one's proposal is kept.",
    next: "Another operator rules the same.",
  },
  not_ruled: { status: 409, sticks: true, says: "Only a ruling can be reopened; this was agreed by the parties.", next: "Nothing to do." },
  already_sent: { status: 409, sticks: true, says: "Money of this order has been sent already.", next: "It cannot be reopened." },
  next_milestone_started: { status: 409, sticks: true, says: "The project's next milestone has begun.", next: "It cannot be reopened." },
  not_last_step: { status: 409, sticks: false, says: "Not every payout and refund has succeeded.", next: "Wait for them." },
  order_ended: { status: 409, sticks: true, says: "The order has ended.", next: "Nothing to do." },
  terms_agreed_only: {
    status: 409,
    sticks: true,
    says: "The order was agreed beforehand and goes back to agreed.",
    next: "Close the checkout.",
  },
  agreed_beforehand: { status: 409, sticks: true, says: "The order was not agreed beforehand.", next: "It expires instead." },
  auto_acceptance_off: { status: 409, sticks: true, says: "The terms have no auto-acceptance.", next: "Silence lets the order lapse." },
  auto_acceptance_on: { status: 409, sticks: true, says: "The terms have auto-acceptance.", next: "Silence accepts the order." },
  mismatch: { status: 409, sticks: true, says: "The amounts do not fit this step.", next: "See the detail." },
  hold_standing: { status: 409, sticks: false, says: "A hold stops this money.", next: "The answer names the hold and who can lift it." },
  asked_once: {
    status: 409,
    sticks: false,
    says: "A funded order for the same shop order exists.",
    next: "Confirm that another is to be paid.",
  },
} as const satisfies Record<string, { status: number; sticks: boolean; says: string; next: string }>;

export type RefusalCode = keyof typeof catalogue;

export interface RefusalKind {
  readonly status: number;
  readonly sticks: boolean;
  readonly says: string;
  readonly next: string;
}

/** The catalogue, for the generated page and for tests. */
export const refusalCatalogue: Readonly<Record<RefusalCode, RefusalKind>> = catalogue;

/** An expected no. `detail` is the sentence for this case; `facts` are small values a program can use (ids, times, amounts). */
export interface Refusal {
  readonly refused: RefusalCode;
  readonly detail: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Makes a refusal; without `detail` the catalogue's sentence is used. */
export function refuse(code: RefusalCode, detail?: string, facts?: Record<string, unknown>): Refusal {
  const kind = catalogue[code];
  const said = detail ?? `${kind.says} ${kind.next}`;
  return facts === undefined ? { refused: code, detail: said } : { refused: code, detail: said, facts };
}

/** True for a refusal, false for any answer. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && "refused" in value && "detail" in value;
}
