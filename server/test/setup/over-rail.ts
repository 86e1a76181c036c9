import type { AddressInfo } from "node:net";
import type { EmulatedRail, RailName } from "../../../emulator/start.ts";
import { railNames, startEmulator } from "../../../emulator/start.ts";
import { addFloat } from "../../src/actions/book-steps.ts";
import { setSeller } from "../../src/actions/sellers.ts";
import type { PayeeDetails } from "../../src/domain/facts.ts";
import { must } from "../../src/domain/fault.ts";
import { askForDisputes } from "../../src/jobs/ask-disputes.ts";
import { httpWorld } from "./http-world.ts";
import { booksAndRailPart, keptUnseen } from "./rail-books.ts";

const minute = 60_000;
const hour = 60 * minute;

/** What a rail calls the calls whose faults are tried. */
export interface Calls {
  readonly open: string;
  readonly lookUpPayment: string;
  readonly payout: string;
  readonly lookUpPayout: string;
  readonly refund: string;
  readonly lookUpRefund: string;
}

/** How each rail is connected to its emulator, and what its calls are called there. */
const manners: Readonly<
  Record<
    string,
    {
      readonly settings: (rail: Pick<EmulatedRail, "url" | "secrets">) => Record<string, string>;
      readonly calls: Calls;
      /** What the seller is paid to, where a bank account alone will not do. */
      readonly account?: PayeeDetails;
    }
  >
> = {
  paystack: {
    settings: ({ url, secrets }) => ({
      TRANCHE_PAYSTACK_SECRET_KEY: secrets["secret_key"] ?? "",
      TRANCHE_PAYSTACK_BASE_URL: url,
    }),
    calls: {
      open: "POST /transaction/initialize",
      lookUpPayment: "GET /transaction/verify/:reference",
      payout: "POST /transfer",
      lookUpPayout: "GET /transfer/verify/:reference",
      refund: "POST /refund",
      lookUpRefund: "GET /refund",
    },
  },
  flutterwave: {
    settings: ({ url, secrets }) => ({
      TRANCHE_FLUTTERWAVE_SECRET_KEY: secrets["secret_key"] ?? "",
      TRANCHE_FLUTTERWAVE_WEBHOOK_HASH: secrets["secret_hash"] ?? "",
      TRANCHE_FLUTTERWAVE_BASE_URL: url,
    }),
    calls: {
      open: "POST /v3/payments",
      lookUpPayment: "GET /v3/transactions/verify_by_reference",
      payout: "POST /v3/transfers",
      lookUpPayout: "GET /v3/transfers",
      refund: "POST /v3/transactions/:id/refund",
      lookUpRefund: "GET /v3/refunds",
    },
  },
  stripe: {
    settings: ({ url, secrets }) => ({
      TRANCHE_STRIPE_SECRET_KEY: secrets["secret_key"] ?? "",
      TRANCHE_STRIPE_WEBHOOK_SECRET: secrets["webhook_secret"] ?? "",
      TRANCHE_STRIPE_BASE_URL: url,
    }),
    calls: {
      open: "POST /v1/checkout/sessions",
      lookUpPayment: "GET /v1/charges",
      payout: "POST /v1/transfers",
      lookUpPayout: "GET /v1/transfers",
      refund: "POST /v1/refunds",
      lookUpRefund: "GET /v1/refunds",
    },
    account: {
      stripeAccountId: "acct_of_the_seller",
      accountNumber: "0123456789",
      bankCode: "058",
      bankName: "GTB",
      accountName: "Ada Obi",
    },
  },
};

/** Rails that take payments, pay out to bank accounts, and have an adapter. */
export const railsThatTake = Object.keys(manners).filter((name) => manners[name]?.account === undefined) as RailName[];

/** A rail by what somebody typed. */
export function railNamed(name: string): RailName {
  const known = railNames.find((one) => one === name);
  if (known === undefined) throw new Error(`the rail is one of ${railNames.join(", ")}, not ${name}`);
  return known;
}

/** What its calls are called at that rail. */
export function callsOf(name: RailName): Calls {
  return must(manners[name], `the calls of ${name}`).calls;
}

/** What connects a program to that rail's emulator, as environment. */
export function settingsOver(name: RailName, rail: Pick<EmulatedRail, "url" | "secrets">): Record<string, string> {
  return must(manners[name], `how to connect ${name}`).settings(rail);
}

/** A second rail that pays out beside the first. */
export interface Beside {
  readonly name: RailName;
  readonly settings: (rail: Pick<EmulatedRail, "url" | "secrets">) => Record<string, string>;
}

/**
 * The whole server over one rail's emulator: what it is told comes by HTTP, and the seller's book and the rail go forward together. The
 * rail's balance and the books begin with the same money of the operator's own. A rail `beside` it begins with nothing.
 */
export async function worldOver(name: RailName, settings: Readonly<Record<string, string>> = {}, beside?: Beside) {
  const manner = must(manners[name], `how to connect ${name}`);
  const emulator = await startEmulator({ seed: 3, slowMs: 50, hangMs: 60 });
  const rail = emulator[name];
  const world = await httpWorld({
    railClock: () => emulator.clock.now(),
    settings: { TRANCHE_RAILS_NGN: name, ...manner.settings(rail), ...beside?.settings(emulator[beside.name]), ...settings },
  });
  await world.server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = world.server.server.address() as AddressInfo;
  rail.tell(`http://127.0.0.1:${port}/rails/${name}/events`);
  if (beside !== undefined) emulator[beside.name].tell(`http://127.0.0.1:${port}/rails/${beside.name}/events`);
  if (manner.account !== undefined) await world.done({ ...setSeller(world.as("seller", "console"), { bank: manner.account }), refs: {} });
  for (const currency of ["NGN", "USD"]) {
    rail.levers.topUp(currency, 100_000_000n);
    await world.done(addFloat(world.as("operator", "operator:1", 0), { amount: 100_000_000n, currency, rail: name }));
  }

  /** A shop's form as far as the rail's own page. */
  const toPage = async (change: Readonly<Record<string, string>> = {}): Promise<{ readonly page: string; readonly orderId: number }> => {
    const form = world.shopForm(change);
    const opened = await world.postForm(form);
    const checkout = must(opened.location, `a checkout, not ${opened.status}`);
    const payer = { buyer_email: must(form["email"], "an e-mail"), buyer_phone: must(form["phone_number"], "a phone") };
    let confirmed = await world.post(checkout, payer);
    // What the page says to a payer whose rail is silent: try again.
    for (let tries = 1; confirmed.status === 503 && tries < 4; tries += 1) confirmed = await world.post(checkout, payer);
    const page = must(confirmed.location, `the rail's page, not ${confirmed.status}`);
    return { page, orderId: await world.orderOfShop(must(form["order_product_id"], "a number")) };
  };
  const play = async (page: string, act: "pay" | "fail" | "abandon", fault?: string): Promise<void> => {
    await fetch(`${page}?act=${act}${fault === undefined ? "" : `&fault=${fault}`}`, { redirect: "manual" });
  };
  /** Both sides do what is due, and hear of each other, until nothing more happens at this moment. */
  const settleDown = async (): Promise<void> => {
    await askForDisputes(world.engine);
    for (let round = 0; round < 3; round += 1) {
      await world.due();
      await emulator.clock.idle();
    }
    await world.due();
  };
  const forward = async (ms: number): Promise<void> => {
    await emulator.clock.advance(ms);
    await world.advance(ms);
    await settleDown();
  };
  /** Time passes, slowly at first, until `over`; false: it did not come within four days. */
  const until = async (over: () => Promise<boolean>): Promise<boolean> => {
    await settleDown();
    const steps = [
      minute,
      minute,
      5 * minute,
      10 * minute,
      20 * minute,
      ...Array.from({ length: 8 }, () => hour),
      ...Array.from({ length: 8 }, () => 12 * hour),
    ];
    for (const step of steps) {
      if (await over()) return true;
      await forward(step);
    }
    return over();
  };
  const state = async (orderId: number): Promise<string> => (await world.order(orderId)).state;
  const bought = async (change: Readonly<Record<string, string>> = {}): Promise<number> => {
    const { page, orderId } = await toPage(change);
    await play(page, "pay");
    await settleDown();
    return orderId;
  };
  /** What the rail itself says has reached payers and payees, all in all; what came back is taken off. */
  const arrived = (currency = "NGN"): { readonly banks: bigint; readonly payers: bigint } => {
    const net = (account: string) =>
      rail
        .movements()
        .filter((one) => one.currency === currency && one.what !== "payment")
        .reduce((sum, one) => sum + (one.to === account ? one.amount : 0n) - (one.from === account ? one.amount : 0n), 0n);
    return { banks: net("outside:banks"), payers: net("outside:payers") };
  };
  /** The books prove themselves, and say of the rail what the rail says of itself. To be asked when nothing is under way. */
  const sound = async (): Promise<void> => {
    const report = (await world.app.work.verifyBooks()) as { ok: boolean; findings: readonly { says: string }[] };
    if (!report.ok) throw new Error(`the books are not sound: ${report.findings.map(({ says }) => says).join("; ")}`);
    const { pool } = world.engine;
    const apart = await booksAndRailPart(pool, name, rail, await keptUnseen(pool, rail));
    if (beside !== undefined) apart.push(...(await booksAndRailPart(pool, beside.name, emulator[beside.name])));
    if (apart.length > 0) throw new Error(apart.join("; "));
  };

  return {
    ...world,
    emulator,
    emulated: rail,
    calls: manner.calls,
    toPage,
    play,
    bought,
    settleDown,
    forward,
    until,
    state,
    arrived,
    sound,
    close: async () => {
      await emulator.stop();
      await world.close();
    },
  };
}

export type WorldOver = Awaited<ReturnType<typeof worldOver>>;
