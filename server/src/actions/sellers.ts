import type { PayeeDetails } from "../domain/facts.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import type { Seller, SellerTerms } from "../domain/seller.ts";
import { rejectionReasons } from "../domain/terms.ts";
import type { Book } from "./book.ts";
import type { Ask, Command } from "./command.ts";
import { command } from "./command.ts";
import { holdCoolingOff } from "./holds.ts";
import { sameDetails } from "./providers.ts";
import { noteChangedPayee, requeuePayee } from "./unpark.ts";
import type { Writer } from "./writer.ts";

/** What a seller may change about itself; a field that is absent stays. */
export interface SellerChange {
  readonly callbackUrl?: string | null;
  readonly callbackFormat?: Seller["callbackFormat"];
  readonly callbackToken?: Seller["callbackToken"];
  readonly unsignedCheckout?: Seller["unsignedCheckout"];
  readonly providerShareLimit?: number;
  readonly origins?: readonly string[];
  readonly terms?: Partial<SellerTerms>;
  readonly bank?: PayeeDetails;
}

/** Changes a seller's settings. They change only here, under the book's lock, because orders are judged by them. */
export function setSeller(ask: Ask, change: SellerChange): Command {
  const refs = { payees: [{ kind: "seller" as const, id: ask.sellerId }] };
  return command("seller.set", ask, refs, (book) => {
    const terms = { ...book.seller.terms, ...change.terms };
    const wrong = checkTerms(terms, book) ?? checkAddresses(change, book);
    if (wrong !== undefined) return wrong;
    return (writer) => {
      const { bank, ...rest } = change;
      const moved = bank !== undefined && !sameDetails(book.seller.bank, bank);
      const first = book.seller.bank === null;
      changeSeller(writer, "set", { ...rest, terms, ...(moved ? { bank, bankChangedAt: first ? null : writer.now } : {}) });
      if (moved) {
        if (!first) holdCoolingOff(writer, "seller", book.sellerId, [book.seller.email]);
        requeuePayee(writer, "seller", book.sellerId);
        noteChangedPayee(writer, 0, book.seller.version);
      }
      return { seller: book.sellerId, changed: Object.keys(change) };
    };
  });
}

/** The operator has verified who the seller is: payouts that waited for it go out, those in the books of others too. */
export function verifyIdentity(ask: Ask): Command {
  const refs = { payees: [{ kind: "seller" as const, id: ask.sellerId }] };
  return command("seller.verify_identity", ask, refs, (book) => (writer) => {
    changeSeller(writer, "verify_identity", { identityVerifiedAt: writer.now });
    for (const hold of book.standingHolds({ orderId: null, projectId: null, payeeKind: "seller", payeeId: book.sellerId })) {
      if (hold.reason === "identity") writer.stepHold(hold, "lift", { liftedAt: writer.now });
    }
    requeuePayee(writer, "seller", book.sellerId);
    noteChangedPayee(writer, 0, book.seller.version);
    return { seller: book.sellerId, identity: "verified" };
  });
}

/** Notes in the seller's history that its keys were rotated; the keys themselves stand in their own table, sealed. */
export function noteRotation(ask: Ask): Command {
  return command("seller.rotate_keys", ask, {}, (book) => (writer) => {
    changeSeller(writer, "rotate_keys", {});
    return { seller: book.sellerId };
  });
}

function changeSeller(writer: Writer, action: "set" | "verify_identity" | "rotate_keys", change: Partial<Seller>): void {
  const { book } = writer;
  book.seller = { ...book.seller, ...change, version: book.seller.version + 1, updatedAt: writer.now };
  const event = { set: "seller.changed", verify_identity: "seller.identity_verified", rotate_keys: "seller.keys_rotated" }[action];
  writer.record({
    object: "seller",
    objectId: book.sellerId,
    version: book.seller.version,
    action,
    fromState: "active",
    toState: "active",
    event,
  });
}

function checkTerms(terms: SellerTerms, book: Book): Refusal | undefined {
  const { maxDays } = book.settings;
  const whole = (value: number, least: number, most: number) => Number.isSafeInteger(value) && value >= least && value <= most;
  const field = (name: string, rule: string) => refuse("invalid", `${name} must be ${rule}.`, { field: name });
  if (!whole(terms.maxDeliveryDays, 1, maxDays)) return field("terms.max_delivery_days", `a whole number from 1 to ${maxDays}`);
  if (terms.sla !== null && !whole(terms.sla, 0, maxDays * 24))
    return field("terms.sla", `empty, or a whole number of ${book.settings.slaUnit}`);
  if (!whole(terms.cancellationFee, 0, 10 ** 13)) return field("terms.cancellation_fee", "a whole number of kobo");
  if (!whole(terms.nonSplit, 0, 10 ** 13)) return field("terms.non_split", "a whole number of kobo");
  const soonest = Math.ceil(book.settings.acceptAtLeast / 86_400_000);
  if (terms.acceptAfterDays !== null && !whole(terms.acceptAfterDays, soonest, maxDays)) {
    return field("terms.accept_after_days", `empty, or a whole number from ${soonest} to ${maxDays}`);
  }
  const unknown = terms.reasonsWithFee.find(
    (reason) => reason === "not_received" || !(rejectionReasons as readonly string[]).includes(reason),
  );
  return unknown === undefined
    ? undefined
    : field("terms.reasons_with_fee", `reasons from the list, without not_received; ${unknown} is not one`);
}

function checkAddresses(change: SellerChange, book: Book): Refusal | undefined {
  if (change.callbackUrl !== undefined && change.callbackUrl !== null) {
    const wrong = checkUrl(change.callbackUrl, "callback_url", book.settings.mode);
    if (isRefusal(wrong)) return wrong;
  }
  for (const origin of change.origins ?? []) {
    const wrong = checkUrl(origin, "origins", book.settings.mode);
    if (isRefusal(wrong)) return wrong;
    if (new URL(origin).origin !== origin)
      return refuse("invalid", `${origin} is not an origin; write it as ${new URL(origin).origin}.`, { field: "origins" });
  }
  return undefined;
}

/** An address we will call or send a browser to: https (http in the sandbox too), and no user name or password in it. */
export function checkUrl(text: string, field: string, mode: "sandbox" | "live"): Refusal | URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const schemes = mode === "sandbox" ? ["https:", "http:"] : ["https:"];
  if (url === undefined || !schemes.includes(url.protocol))
    return refuse("invalid", `${field} must be an ${mode === "live" ? "https" : "http(s)"} address.`, { field });
  if (url.username !== "" || url.password !== "") return refuse("invalid", `${field} must not carry a user name or password.`, { field });
  return url;
}
