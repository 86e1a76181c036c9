import type { FaultSet } from "../core/faults.ts";
import type { Parts } from "../core/rail-server.ts";

type Metadata = Readonly<Record<string, string>>;

export interface Intent {
  readonly id: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly transferGroup: string | null;
  readonly description: string | null;
  readonly metadata: Metadata;
  readonly at: Date;
  readonly faults: FaultSet;
  status: "requires_payment_method" | "processing" | "succeeded" | "canceled";
  charge: Charge | undefined;
}

export interface Charge {
  readonly id: string;
  readonly intent: Intent;
  readonly amount: bigint;
  readonly currency: string;
  readonly fee: bigint;
  readonly at: Date;
  refunded: bigint;
  /** Sent on with `source_transaction`, which may never be more than came in. */
  transferred: bigint;
  available: boolean;
}

export interface Session {
  readonly id: string;
  readonly token: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly successUrl: string;
  readonly cancelUrl: string | undefined;
  readonly reference: string | null;
  readonly email: string | null;
  readonly metadata: Metadata;
  readonly expiresAt: Date;
  readonly at: Date;
  readonly faults: FaultSet;
  readonly intent: Intent;
  status: "open" | "complete" | "expired";
}

export interface Refund {
  readonly id: string;
  readonly charge: Charge;
  readonly amount: bigint;
  readonly reason: string | null;
  readonly metadata: Metadata;
  readonly at: Date;
  readonly faults: FaultSet;
  status: "pending" | "succeeded" | "failed";
}

export interface Transfer {
  readonly id: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly destination: string;
  readonly source: string | null;
  readonly group: string | null;
  readonly description: string | null;
  readonly metadata: Metadata;
  readonly at: Date;
  readonly faults: FaultSet;
  readonly reversals: { readonly id: string; readonly amount: bigint; readonly at: Date }[];
  reversed: bigint;
}

export interface Dispute {
  readonly id: string;
  readonly charge: Charge;
  readonly amount: bigint;
  readonly at: Date;
  status: "needs_response" | "under_review" | "won" | "lost";
}

export interface StripeEvent {
  readonly id: string;
  readonly type: string;
}

export interface Stripe extends Parts {
  readonly sessions: Session[];
  readonly intents: Intent[];
  readonly refunds: Refund[];
  readonly transfers: Transfer[];
  readonly disputes: Dispute[];
  readonly events: StripeEvent[];
  /** What was answered to a key, and what had been asked. */
  readonly answered: Map<string, { readonly asked: string; readonly status: number; readonly body: object | string }>;
}

export function newStripe(parts: Parts): Stripe {
  return { ...parts, sessions: [], intents: [], refunds: [], transfers: [], disputes: [], events: [], answered: new Map() };
}

export function clearStripe(on: Stripe): void {
  for (const all of [on.sessions, on.intents, on.refunds, on.transfers, on.disputes, on.events]) all.length = 0;
  on.answered.clear();
}

export function newId(on: Stripe, prefix: string): string {
  return `${prefix}_${on.chance.text(24, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")}`;
}

export function later(on: Stripe, ms: number, act: () => void): void {
  on.clock.after("stripe", ms, act);
}

/** What a payment's money is booked under: the caller's own name of it, where it gave one. */
export const nameOf = (intent: Intent): string => intent.transferGroup ?? intent.id;

export const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);

/** Tells of something; `object` is as it is now. */
export function tell(on: Stripe, type: string, object: object, faults: FaultSet): void {
  const event = {
    id: newId(on, "evt"),
    object: "event",
    api_version: "2025-09-30.clover",
    created: seconds(on.clock.now()),
    data: { object },
    livemode: false,
    pending_webhooks: on.webhooks.targets().length,
    request: { id: null, idempotency_key: null },
    type,
  };
  on.events.push(event);
  on.webhooks.send(event, faults);
}

export function charges(on: Stripe): Charge[] {
  return on.intents.flatMap((one) => one.charge ?? []);
}
