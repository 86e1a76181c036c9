import type { FaultSet } from "../core/faults.ts";
import type { Parts } from "../core/rail-server.ts";

export interface Transaction {
  readonly id: number;
  readonly reference: string;
  readonly accessCode: string;
  readonly email: string;
  readonly requested: bigint;
  readonly currency: string;
  readonly callbackUrl: string | undefined;
  readonly metadata: unknown;
  readonly createdAt: Date;
  readonly faults: FaultSet;
  state: "unpaid" | "pending" | "failed" | "success";
  paid: { readonly amount: bigint; readonly currency: string; readonly fee: bigint; readonly at: Date } | undefined;
  /** Refunds under way and made. */
  refunded: bigint;
  settlement: number | undefined;
}

export interface Recipient {
  readonly id: number;
  readonly code: string;
  readonly type: string;
  readonly name: string;
  readonly accountNumber: string;
  readonly bankCode: string;
  readonly currency: string;
  readonly description: string | undefined;
  readonly metadata: unknown;
  readonly createdAt: Date;
}

export type TransferStatus = "pending" | "otp" | "received" | "success" | "failed" | "reversed" | "abandoned" | "blocked" | "rejected";

export interface Transfer {
  readonly id: number;
  readonly code: string;
  readonly reference: string;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly currency: string;
  readonly reason: string | undefined;
  readonly recipient: Recipient;
  readonly createdAt: Date;
  readonly faults: FaultSet;
  status: TransferStatus;
  updatedAt: Date;
  failure: string | undefined;
}

export type RefundStatus = "pending" | "processing" | "processed" | "failed" | "needs-attention";

export interface Refund {
  readonly id: number;
  readonly transaction: Transaction;
  readonly amount: bigint;
  readonly currency: string;
  readonly merchantNote: string | undefined;
  readonly customerNote: string | undefined;
  readonly createdAt: Date;
  readonly faults: FaultSet;
  status: RefundStatus;
  updatedAt: Date;
}

export interface Dispute {
  readonly id: number;
  readonly transaction: Transaction;
  readonly amount: bigint;
  readonly createdAt: Date;
  readonly dueAt: Date;
  status: "awaiting-merchant-feedback" | "awaiting-bank-feedback" | "resolved";
  resolution: "merchant-accepted" | "declined" | undefined;
  message: string | undefined;
  resolvedAt: Date | undefined;
}

export interface Settlement {
  readonly id: number;
  readonly currency: string;
  readonly at: Date;
  readonly transactions: readonly Transaction[];
  readonly processed: bigint;
  readonly fees: bigint;
  readonly deductions: bigint;
  /** What reached the balance: processed without fees and deductions. */
  readonly net: bigint;
}

export interface Paystack extends Parts {
  readonly transactions: Map<string, Transaction>;
  readonly recipients: Map<string, Recipient>;
  readonly transfers: Map<string, Transfer>;
  readonly refunds: Refund[];
  readonly disputes: Dispute[];
  readonly settlements: Settlement[];
  /** Per currency, what refunds took from money before it was settled. */
  readonly deductions: Map<string, bigint>;
  /** The last number given out. */
  last: number;
}

export function newPaystack(parts: Parts): Paystack {
  return {
    ...parts,
    transactions: new Map(),
    recipients: new Map(),
    transfers: new Map(),
    refunds: [],
    disputes: [],
    settlements: [],
    deductions: new Map(),
    last: 4_000_000,
  };
}

export function clearPaystack(paystack: Paystack): void {
  paystack.transactions.clear();
  paystack.recipients.clear();
  paystack.transfers.clear();
  paystack.deductions.clear();
  for (const all of [paystack.refunds, paystack.disputes, paystack.settlements]) all.length = 0;
}

export function nextId(paystack: Paystack): number {
  paystack.last += 1 + paystack.chance.below(97);
  return paystack.last;
}

/** Something that happens by itself a while later. */
export function later(paystack: Paystack, ms: number, act: () => void): void {
  paystack.clock.after("paystack", ms, act);
}
