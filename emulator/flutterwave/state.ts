import type { FaultSet } from "../core/faults.ts";
import type { Parts } from "../core/rail-server.ts";

/** A payment page, and the transaction that came of it. Before an attempt there is no transaction, and none is found. */
export interface Payment {
  readonly txRef: string;
  readonly link: string;
  readonly asked: bigint;
  readonly currency: string;
  readonly redirectUrl: string;
  readonly email: string;
  readonly name: string;
  readonly meta: object | null;
  readonly faults: FaultSet;
  transaction: Transaction | undefined;
}

export interface Transaction {
  readonly id: number;
  readonly flwRef: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly fee: bigint;
  readonly at: Date;
  status: "pending" | "successful" | "failed";
  refunded: bigint;
  settled: boolean;
  chargeback: "initiated" | "won" | "lost" | undefined;
}

export interface Refund {
  readonly id: number;
  readonly payment: Payment;
  readonly transaction: Transaction;
  readonly amount: bigint;
  readonly at: Date;
  readonly comments: string | undefined;
  readonly faults: FaultSet;
  status: "pending" | "completed" | "failed";
}

export interface Transfer {
  readonly id: number;
  readonly reference: string;
  readonly accountNumber: string;
  readonly bank: string;
  readonly name: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly fee: { readonly booked: bigint; readonly written: number };
  readonly narration: string;
  readonly meta: object | null;
  readonly at: Date;
  readonly faults: FaultSet;
  status: "NEW" | "PENDING" | "SUCCESSFUL" | "FAILED";
  completeMessage: string;
}

export interface Flutterwave extends Parts {
  readonly payments: Map<string, Payment>;
  readonly refunds: Refund[];
  readonly transfers: Map<string, Transfer>;
  readonly settlements: {
    readonly id: number;
    readonly currency: string;
    readonly at: Date;
    readonly gross: bigint;
    readonly fees: bigint;
    readonly net: bigint;
    readonly paid: readonly (readonly [Payment, Transaction])[];
  }[];
  last: number;
}

export function newFlutterwave(parts: Parts): Flutterwave {
  return { ...parts, payments: new Map(), refunds: [], transfers: new Map(), settlements: [], last: 900_000 };
}

export function clearFlutterwave(on: Flutterwave): void {
  on.payments.clear();
  on.transfers.clear();
  on.refunds.length = 0;
  on.settlements.length = 0;
}

export function nextId(on: Flutterwave): number {
  on.last += 1 + on.chance.below(97);
  return on.last;
}

export function later(on: Flutterwave, ms: number, act: () => void): void {
  on.clock.after("flutterwave", ms, act);
}
