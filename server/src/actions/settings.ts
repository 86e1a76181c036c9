import type { FeeTerms, Tariff } from "../domain/fees.ts";
import type { PayoutHours } from "../domain/payout-hours.ts";

/** Which rail does what, and what it charges: data handed in at start, so that no action asks a rail. */
export interface RailSettings {
  /** Currency → the rails that take payments in it; the first one unless a checkout names another. */
  readonly takes: Readonly<Record<string, readonly string[]>>;
  /** Currency → the rail that pays out in it. Where none is named, payouts leave from the rail that took the payment. */
  readonly paysOut: Readonly<Record<string, string>>;
  /** Rail → when its payouts may leave; at any time where it is not named. */
  readonly payoutHours: Readonly<Record<string, PayoutHours>>;
  /** Rails at which a send that succeeded is asked about again for a week, because it may come back unheard. */
  readonly watched: readonly string[];
  /** Rail → currency → what a payment costs there. */
  readonly tariffs: Readonly<Record<string, Readonly<Record<string, Tariff>>>>;
}

/** The installation's settings that actions judge by. Times in milliseconds, amounts in kobo. */
export interface ActSettings {
  readonly mode: "sandbox" | "live";
  readonly rails: RailSettings;
  readonly fees: Pick<FeeTerms, "escrowBasisPoints" | "escrowMin" | "escrowMax" | "escrowMaxP2p">;
  readonly payoutFee: bigint;
  readonly minimumPayout: bigint;
  readonly exitRailFeeBearer: "platform" | "buyer";
  readonly slaUnit: "days" | "hours";
  readonly maxDays: number;
  readonly maxCancellationFeePercent: number;
  readonly payFor: number;
  /** Counted from the checkout too, once the rail says that the payer chose a bank transfer. */
  readonly bankTransferFor: number;
  readonly agreeFor: number;
  readonly railSilence: number;
  readonly respondAfterDelivery: number;
  readonly contestSilenceAfter: number;
  /** The shortest time after which silence may count as acceptance. */
  readonly acceptAtLeast: number;
  readonly returnFor: number;
  readonly escalateFor: number;
  readonly ruleFor: number;
  readonly offerFor: number;
  readonly coolingOff: number;
  readonly rulingHold: number;
  readonly objectionHold: number;
  readonly identityNeeded: boolean;
  /** Banks are asked whose account it is before money goes there. */
  readonly accountNameNeeded: boolean;
  readonly secondOperatorAbove: bigint;
  /** Per cents of the time to respond after which the buyer is reminded. */
  readonly reminders: readonly number[];
  /** Naira for one unit of a foreign currency, as decimal text. */
  readonly rates: Readonly<Record<string, string>>;
}
