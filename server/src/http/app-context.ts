import type pg from "pg";
import type { Lanes } from "../actions/lanes.ts";
import type { ActSettings } from "../actions/settings.ts";
import type { Gather } from "../db/gather.ts";
import type { KeyRow } from "../db/sellers.ts";
import type { Order } from "../domain/order.ts";
import type { Refusal } from "../domain/refusals.ts";
import type { SignedStatement } from "../proof/statement.ts";
import type { Rail } from "../rails/rail.ts";
import type { SandboxControls } from "../rails/sandbox/sandbox.ts";
import type { Opened } from "../secrets/opened.ts";

/** What every route works with; main.ts puts it together and hands it in. */
export interface App {
  readonly mode: "sandbox" | "live";
  readonly pool: pg.Pool;
  readonly lanes: Lanes;
  /** Whose a public key is: read for all callers of a moment at once. */
  readonly holders: Gather<string, KeyRow>;
  /** What sealed keys hold, so that none is opened for every call. */
  readonly opened: Opened;
  readonly settings: ActSettings;
  readonly baseUrl: string;
  readonly secretKey: Buffer;
  readonly sessionLife: number;
  readonly acceptCode: boolean;
  readonly now: () => Date;
  readonly rail: (name: string) => Rail | undefined;
  readonly railNames: readonly string[];
  /** What jobs do, where a person waits for it. */
  readonly work: {
    /** Runs what is due of one seller, so that a page shows what an act has caused. */
    settle(sellerId: number): Promise<void>;
    /** Asks the rail about the undecided payments of an order: it is to make way (`closing`), or its payer has come back and waits. */
    askAboutPayments(sellerId: number, orderId: number, closing: boolean): Promise<void>;
    /** Sends a fresh link for the order to the contact the old one went to. */
    sendLink(order: Order, party: "buyer" | "seller", sentTo: string): Promise<void>;
    /** Sends a one-time code to the buyer's confirmed phone; answers where it went, shortened, or null if there is none. */
    sendCode(order: Order): Promise<string | null>;
    verifyBooks(): Promise<object>;
    /** Signs a proof of solvency of this moment, and keeps it for receipts. */
    proveSolvency(): Promise<SignedStatement | Refusal>;
    readonly reconciliation: Reconciliation;
    solvency(): Promise<readonly { readonly currency: string; readonly held: bigint; readonly owed: bigint }[]>;
  };
  readonly sandbox: SandboxPorts | undefined;
}

/** Made-up people of a sandbox whose parts the demo page plays, with their secrets. */
export interface DemoPeople {
  readonly seller: { readonly email: string; readonly public_key: string; readonly private_key: string };
  readonly operator: { readonly email: string; readonly password: string };
  readonly buyer: { readonly email: string; readonly phone: string };
}

export interface SandboxPorts {
  readonly rail: SandboxControls;
  /** Given where the demo page is to be shown. */
  readonly demo?: DemoPeople;
  advance(sellerId: number, by: number): Promise<{ now: Date; fired: readonly object[] }>;
  mailbox(to: string): Promise<readonly object[]>;
}

/** What an operator does with settlements and breaks; each answers with a sentence for a person, or why not. */
export interface Reconciliation {
  /** Asks one rail, or all, at once. */
  ask(input: { readonly rail?: string | undefined; readonly since?: string | undefined }): Promise<readonly string[] | Refusal>;
  /** Takes in a file of settlements, or a list of lines; all of it or nothing. */
  file(rail: string, text: string): Promise<readonly string[] | Refusal>;
  lines(rail: string, lines: unknown): Promise<readonly string[] | Refusal>;
  close(input: { readonly id: number; readonly note: string; readonly by: string; readonly book: boolean }): Promise<Refusal | undefined>;
  /** The operator's own money has changed: rails that lack money may go on, or must stop. */
  weigh(): Promise<void>;
}
