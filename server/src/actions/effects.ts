import type { JournalEntry, JournalPosting } from "../ledger/post.ts";
import type { Json } from "./command.ts";

/** A step that was taken: the history, the event, and (on a command's first step) the remembered answer, in one row. */
export interface Transition {
  readonly sellerId: number;
  readonly seq: number;
  readonly object: string;
  readonly objectId: number;
  readonly version: number;
  readonly action: string;
  readonly fromState: string;
  readonly toState: string;
  readonly party: string;
  readonly actor: string;
  readonly event: string;
  readonly orderId: number | null;
  readonly entrySeq: number | null;
  readonly at: Date;
  readonly note: Json;
  readonly commandId: string;
  readonly step: number;
  readonly key: string | null;
  readonly fingerprint: string | null;
  readonly answer: Json;
}

export interface Message {
  readonly sellerId: number;
  readonly id: number;
  readonly orderId: number;
  readonly party: "buyer" | "seller";
  readonly kind: string;
  readonly orderVersion: number;
  readonly dueAt: Date;
}

/** A letter that is about no order, to an address that was known before what it tells of. */
export interface Notice {
  readonly sellerId: number;
  readonly id: number;
  readonly toEmail: string;
  readonly party: "seller" | "service_provider";
  readonly kind: string;
  readonly orderVersion: 0;
  readonly dueAt: Date;
}

/** A step that a seller's callback is to be told of; the rest of its row is filled by whoever sends it. */
export interface Notification {
  readonly sellerId: number;
  readonly id: number;
  readonly transitionSeq: number;
  readonly orderId: number;
  readonly receiverId: number;
  readonly envelope: string;
  readonly message: string;
  readonly toState: string;
  readonly createdAt: Date;
  readonly dueAt: Date;
}

/** All that a batch writes beside the rows it changed. */
export interface Effects {
  readonly transitions: Transition[];
  readonly entries: JournalEntry[];
  readonly postings: JournalPosting[];
  /** `account currency` of every account posted to; the change is null where no balance is kept. */
  readonly balances: Map<string, { sellerId: number; account: string; currency: string; by: bigint | null }>;
  readonly messages: Message[];
  readonly notices: Notice[];
  readonly notifications: Notification[];
  readonly paymentReferences: { rail: string; reference: string; sellerId: number; paymentId: number; orderId: number | null }[];
  readonly attemptReferences: { rail: string; reference: string; sellerId: number; attemptId: number }[];
  readonly operatorOrders: { operatorId: number; orderId: number; sellerId: number }[];
  /**
   * Sellers whose account or identity changed, and service providers whose account did (`seller provider`; 0: the seller itself), with their version
   * then: what waits for them, in others' books too, is looked at again.
   */
  readonly changedPayees: Map<string, { sellerId: number; providerId: number; version: number }>;
  readonly checkouts: { tokenHash: string; sellerId: number; orderId: number; createdAt: Date }[];
}

export function noEffects(): Effects {
  return {
    transitions: [],
    entries: [],
    postings: [],
    balances: new Map(),
    messages: [],
    notices: [],
    notifications: [],
    paymentReferences: [],
    attemptReferences: [],
    operatorOrders: [],
    changedPayees: new Map(),
    checkouts: [],
  };
}
