// FROM MEMORY. What Wise's published guides do not say, or what could not be checked against the real rail, stands here and nowhere else. Where
// the real rail is seen to differ, this is the file to change.

/** Currencies that are held in a balance and can be sent from it. */
export const currencies: readonly string[] = ["USD", "EUR", "GBP", "CAD", "AUD", "NGN", "GHS", "KES"];

/** How an account that its owner named by one line is written down as a recipient: Wise reaches people by their e-mail address or their account's number. */
export function recipientType(accountId: string): { readonly type: string; readonly details: Readonly<Record<string, string>> } {
  return accountId.includes("@") ? { type: "email", details: { email: accountId } } : { type: "wise_account", details: { accountId } };
}

/** Refusals of a recipient or a transfer that other details of the payee would mend. */
export function isPayeesFault(refused: { readonly code: string; readonly path: string }): boolean {
  return /recipient|account/i.test(refused.code) || /account/i.test(refused.path);
}

/** How Wise says that a transfer was funded already. */
export function isFundedAlready(errorCode: string): boolean {
  return /exists|already/i.test(errorCode);
}

/** How long a transfer that was asked for may be missing from the list of transfers. */
export const transferMayBeUnlisted = 15 * 60_000;

/** How a line of a balance's statement names the transfer that it is about. */
export function isAbout(referenceNumber: string, transfer: string): boolean {
  return referenceNumber === `TRANSFER-${transfer}`;
}

/** How long Wise may say that a transfer was refunded without saying how much; then all of it counts as given back. */
export const refundMayBeUntold = 60 * 60_000;

/** How long a transfer whose funding was asked for may still be shown as waiting for it. */
export const fundingMayBeUnseen = 15 * 60_000;
