import type pg from "pg";
import type { RailSettings } from "../actions/settings.ts";
import type { Config } from "../config.ts";
import { railMemory } from "../db/rail-memory.ts";
import { unfinishedRails } from "../db/unfinished-rails.ts";
import { StartError } from "../db/start-error.ts";
import { must } from "../domain/fault.ts";
import { parsePayoutHours } from "../domain/payout-hours.ts";
import type { Rail } from "../rails/rail.ts";
import { makeFlutterwave } from "../rails/flutterwave/flutterwave.ts";
import { makePaystack } from "../rails/paystack/paystack.ts";
import { makeStripe } from "../rails/stripe/stripe.ts";
import { makeWise } from "../rails/wise/wise.ts";

type Connected = Rail & { close(): Promise<void> };

/**
 * Connects every rail whose key is set. A rail that is connected finishes what it began, whether or not the settings still name it for
 * something new. Throws a {@link StartError} for a key that does not fit the mode.
 */
export function connectRails(input: { readonly config: Config; readonly pool: pg.Pool; readonly clock: () => Date }): {
  readonly connected: readonly Rail[];
  close(): Promise<void>;
} {
  const { config, pool, clock } = input;
  const connected: Connected[] = [];
  const { paystack } = config;
  if (paystack.secretKey !== undefined) {
    refuseWrongKey(
      config.mode,
      "TRANCHE_PAYSTACK_SECRET_KEY",
      paystack.secretKey.startsWith("sk_live_"),
      paystack.baseUrl === "https://api.paystack.co",
    );
    connected.push(makePaystack({ secretKey: paystack.secretKey, baseUrl: paystack.baseUrl, memory: railMemory(pool, "paystack"), clock }));
  }
  const { stripe, flutterwave } = config;
  if (stripe.secretKey !== undefined) connected.push(connectStripe(config.mode, stripe, stripe.secretKey, pool, clock));
  const { wise } = config;
  if (wise.apiToken !== undefined) {
    if (wise.profileId === undefined) throw new StartError("The setting wise.profile_id must be set beside TRANCHE_WISE_API_TOKEN.");
    refuseWrongWise(config.mode, wise.baseUrl);
    const { apiToken, profileId, webhookPublicKey, baseUrl } = wise;
    connected.push(makeWise({ apiToken, profileId, webhookPublicKey, baseUrl, memory: railMemory(pool, "wise"), clock }));
  }
  if (flutterwave.secretKey !== undefined) connected.push(connectFlutterwave(config.mode, flutterwave, flutterwave.secretKey, pool, clock));
  return {
    connected,
    async close() {
      await Promise.all(connected.map((rail) => rail.close()));
    },
  };
}

function connectStripe(mode: Config["mode"], stripe: Config["stripe"], secretKey: string, pool: pg.Pool, clock: () => Date): Connected {
  const { webhookSecret, baseUrl } = stripe;
  refuseWrongKey(mode, "TRANCHE_STRIPE_SECRET_KEY", /^.k_live_/.test(secretKey), baseUrl === "https://api.stripe.com");
  if (webhookSecret === undefined)
    throw new StartError(
      "TRANCHE_STRIPE_WEBHOOK_SECRET is missing: without it no event of Stripe can be believed, and disputes go unheard.",
    );
  if (new URL(baseUrl).pathname !== "/") throw new StartError("The setting stripe.base_url must not have a path.");
  return makeStripe({ secretKey, webhookSecret, baseUrl, memory: railMemory(pool, "stripe"), clock });
}

function connectFlutterwave(
  mode: Config["mode"],
  flutterwave: Config["flutterwave"],
  secretKey: string,
  pool: pg.Pool,
  clock: () => Date,
): Connected {
  const { webhookHash, webhookSignature, baseUrl } = flutterwave;
  const isLive = !secretKey.startsWith("FLWSECK_TEST");
  refuseWrongKey(mode, "TRANCHE_FLUTTERWAVE_SECRET_KEY", isLive, baseUrl === "https://api.flutterwave.com");
  if (webhookHash === undefined)
    throw new StartError(
      "TRANCHE_FLUTTERWAVE_WEBHOOK_HASH is missing: without the secret hash of its dashboard no notice of Flutterwave can be believed.",
    );
  return makeFlutterwave({ secretKey, webhookHash, webhookSignature, baseUrl, memory: railMemory(pool, "flutterwave"), clock });
}

/** Play money must not meet real money: a live key in a sandbox, or a test key in live mode at the rail's own address. */
function refuseWrongKey(mode: Config["mode"], variable: string, isLive: boolean, isOwnAddress: boolean): void {
  if (mode === "sandbox" && isLive) throw new StartError(`${variable} is a live key, and this installation is a sandbox: use a test key.`);
  if (mode === "live" && !isLive && isOwnAddress)
    throw new StartError(`${variable} is a test key, and this installation is live: use the live key.`);
}

/** Wise's tokens do not say whether they are for play: its address does. */
function refuseWrongWise(mode: Config["mode"], baseUrl: string): void {
  const { hostname } = new URL(baseUrl);
  const isLive = hostname === "api.wise.com" || hostname === "api.transferwise.com";
  if (mode === "sandbox" && isLive)
    throw new StartError(
      "The setting wise.base_url is Wise's own, and this installation is a sandbox: set https://api.sandbox.transferwise.tech.",
    );
  if (mode === "live" && hostname.includes("sandbox"))
    throw new StartError("The setting wise.base_url is Wise's sandbox, and this installation is live: set https://api.wise.com.");
}

/** Which of the connected rails do what, as the settings say. Throws a {@link StartError} that names what does not fit. */
export function railSettings(config: Config, rails: ReadonlyMap<string, Rail>): RailSettings {
  const named = [...config.rails.takes].map(([currency, names]) => [currency, names.split(",").map((name) => name.trim())] as const);
  const takes = Object.fromEntries(named.length === 0 && config.mode === "sandbox" ? [["NGN", ["sandbox"]]] : named);
  const paysOut = Object.fromEntries(config.rails.paysOut);
  for (const [currency, names] of Object.entries(takes))
    for (const name of names) checkAble(rails, name, currency, "takes", `rails.${currency}`);
  for (const [currency, name] of Object.entries(paysOut)) checkAble(rails, name, currency, "paysOut", `payout_rails.${currency}`);
  const tariffs = Object.fromEntries(
    [...rails].map(([name, rail]) => [
      name,
      Object.fromEntries(
        rail.can.takes.flatMap((currency) => {
          const tariff = rail.tariff(currency);
          return tariff === undefined ? [] : [[currency, tariff] as const];
        }),
      ),
    ]),
  );
  const watched = [...rails.values()].filter((rail) => rail.can.mayComeBack).map((rail) => rail.name);
  return { takes, paysOut, payoutHours: payoutHours(config, rails), watched, tariffs };
}

function payoutHours(config: Config, rails: ReadonlyMap<string, Rail>): RailSettings["payoutHours"] {
  const named = [...config.rails.payoutHours].map(([rail, text]) => [rail.toLowerCase(), text] as const);
  const unknown = named.find(([rail]) => !rails.has(rail));
  if (unknown !== undefined)
    throw new StartError(`The setting payout_hours names ${unknown[0]}, which is not connected: set its key, or take the name out.`);
  return Object.fromEntries(named.map(([rail, text]) => [rail, must(parsePayoutHours(text), text)]));
}

function checkAble(rails: ReadonlyMap<string, Rail>, name: string, currency: string, what: "takes" | "paysOut", setting: string): void {
  const rail = rails.get(name.trim());
  if (rail === undefined) {
    const known = [...rails.keys()].join(", ") || "none";
    throw new StartError(
      `The setting ${setting} names ${name}, which is not connected (connected: ${known}): set its key, or take the name out.`,
    );
  }
  if (!rail.can[what].includes(currency))
    throw new StartError(
      `The setting ${setting} names ${name}, which ${what === "takes" ? "takes no payments" : "pays nothing out"} in ${currency}.`,
    );
}

/** Throws a {@link StartError} if money stands at a rail that is not connected any more: it could be neither sent nor asked about. */
export async function refuseStranded(pool: pg.Pool, rails: ReadonlyMap<string, Rail>): Promise<void> {
  for (const { rail, things } of await unfinishedRails(pool)) {
    if (rails.has(rail)) continue;
    throw new StartError(
      `${things} orders, payments or payouts are unfinished at ${rail}, which is not connected: set its key again. To use it for nothing new, take its name out of [rails] and [payout_rails] and keep the key until they have ended.`,
    );
  }
}
