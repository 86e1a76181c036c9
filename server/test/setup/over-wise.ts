import { accept } from "../../src/actions/accept.ts";
import { addFloat } from "../../src/actions/book-steps.ts";
import { deliver } from "../../src/actions/deliver.ts";
import type { Disbursement } from "../../src/domain/facts.ts";
import { must } from "../../src/domain/fault.ts";
import { transactionIdOf } from "../../src/rails/wise/api.ts";
import type { Beside } from "./over-rail.ts";
import { worldOver } from "./over-rail.ts";

export const wise: Beside = {
  name: "wise",
  settings: ({ url, secrets }) => ({
    TRANCHE_WISE_API_TOKEN: secrets["api_token"] ?? "",
    TRANCHE_WISE_PROFILE_ID: secrets["profile"] ?? "",
    TRANCHE_WISE_WEBHOOK_PUBLIC_KEY: secrets["public_key"] ?? "",
    TRANCHE_WISE_BASE_URL: url,
    TRANCHE_PAYOUT_RAILS_USD: "wise",
  }),
};

/** What Wise calls the four calls of a payout. */
export const wiseCalls = {
  recipient: "POST /v1/accounts",
  quote: "POST /v3/profiles/:profile/quotes",
  transfer: "POST /v1/transfers",
  funding: "POST /v3/profiles/:profile/transfers/:id/payments",
} as const;

/** What Wise itself says became of one payee's payout, all its attempts together. */
export interface Reached {
  /** How often it was paid out and did not come back. */
  readonly times: number;
  /** What the payee has, in cents, and what Wise keeps for having sent it. */
  readonly payee: bigint;
  readonly fee: bigint;
  /** What Wise keeps of transfers that came back. */
  readonly kept: bigint;
}

/**
 * The whole server, paid by Paystack, with Wise paying providers in dollars: both over their emulators. `dollars` is the operator's own money
 * at Wise, in cents.
 */
export async function worldOverWise(dollars: bigint) {
  const world = await worldOver("paystack", {}, wise);
  const emulated = world.emulator.wise;
  if (dollars > 0n) {
    emulated.levers.topUp("USD", dollars);
    await world.done(addFloat(world.as("operator", "operator:1", 0), { amount: dollars, currency: "USD", rail: "wise" }));
  }

  let people = 0;
  /** Makes a provider who is paid at Wise, or gives the one of that number another account there. */
  const provider = async (account: string, person = (people += 1)): Promise<number> => {
    const { body } = await world.wire("/api/serviceprovider/create", {
      type: "2",
      account_type: "wise",
      account_id: account,
      firstname: "Ada",
      lastname: "Okafor",
      email: `ada${person}@example.test`,
      phone: `+23480312${String(person).padStart(5, "0")}`,
    });
    if (body.status !== "success") throw new Error(`no provider: ${JSON.stringify(body)}`);
    return Number((body.data as { id: number }).id);
  };
  /** An order of USD 169.45 at 410, paid; a provider is to get 80 % of it at that account. */
  const bought = async (account: string): Promise<{ readonly id: number; readonly person: number }> => {
    const providerId = await provider(account);
    const dollarOrder = { currency: "USD", amount: "6947450", amount_fx: "169.45" };
    const id = await world.bought({ ...dollarOrder, sp_id: String(providerId), sp_commission: "20" });
    return { id, person: people };
  };
  /** The same, delivered and accepted: both payouts are queued, and nothing was sent yet. */
  const accepted = async (account: string): Promise<{ readonly id: number; readonly person: number }> => {
    const order = await bought(account);
    await world.done(deliver(world.on("seller", order.id)));
    await world.done(accept(world.on("buyer", order.id)));
    return order;
  };
  const payoutOf = async (orderId: number, kind: Disbursement["payeeKind"] = "service_provider"): Promise<Disbursement> =>
    must(
      (await world.sends(orderId)).find((one) => one.payeeKind === kind),
      `a payout to the ${kind}`,
    );
  const references = async (payout: Disbursement): Promise<Set<string>> => {
    const { rows } = await world.engine.pool.query<{ reference: string }>("SELECT reference FROM attempts WHERE reference LIKE $1", [
      `tr-${payout.id}-%`,
    ]);
    return new Set(rows.map(({ reference }) => transactionIdOf(reference)));
  };
  const reached = async (orderId: number): Promise<Reached> => {
    const own = await references(await payoutOf(orderId));
    const moves = emulated.movements().filter((one) => own.has(one.reference));
    const sum = (what: string) => moves.filter((one) => one.what === what).reduce((all, one) => all + one.amount, 0n);
    const count = (what: string) => moves.filter((one) => one.what === what).length;
    const returned = new Set(moves.filter((one) => one.what === "transfer returned").map((one) => one.reference));
    const kept = moves.filter((one) => one.what === "fee" && returned.has(one.reference)).reduce((all, one) => all + one.amount, 0n);
    return {
      times: count("transfer paid") - count("transfer returned"),
      payee: sum("transfer paid") - sum("transfer returned"),
      fee: sum("fee") - kept,
      kept,
    };
  };
  /** What Wise has cost the operator, as all books together say. */
  const wiseFees = async (): Promise<bigint> => {
    const { rows } = await world.engine.pool.query<{ fees: bigint }>(
      "SELECT coalesce(sum(amount), 0)::bigint AS fees FROM postings WHERE debit = 'rail:wise:fees' AND currency = 'USD'",
    );
    return must(rows[0], "a sum").fees;
  };
  return { ...world, wise: emulated, provider, bought, accepted, payoutOf, reached, wiseFees };
}

export type WorldOverWise = Awaited<ReturnType<typeof worldOverWise>>;
