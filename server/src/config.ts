import { createPublicKey } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import type { ConfigSource, Environment } from "./config-source.ts";
import { configSource } from "./config-source.ts";
import { StartError } from "./db/start-error.ts";
import { parsePayoutHours } from "./domain/payout-hours.ts";

export type Mode = "sandbox" | "live";

/** Every setting, typed, with the waits of the mode already chosen. Durations are milliseconds, amounts kobo, shares basis points or percent. */
export type Config = ReturnType<typeof readConfig>;

const defaultsPath = join(import.meta.dirname, "..", "config.defaults.toml");

/** Reads the environment and the operator's file: the one that TRANCHE_CONFIG names, else ./tranche.toml if it is there. The only reader of process.env. */
export function loadConfig(environment: Environment = process.env): Config {
  const named = environment["TRANCHE_CONFIG"];
  const path = named === undefined || named === "" ? "tranche.toml" : named;
  if (path === named && !existsSync(path)) throw new StartError(`The file ${path} that TRANCHE_CONFIG names does not exist.`);
  return readConfig(environment, existsSync(path) ? readFileSync(path, "utf8") : "");
}

/**
 * Makes the settings out of the environment, the text of the operator's TOML file and config.defaults.toml, in that order. A bad value or an
 * unknown key is a {@link StartError} that names the setting.
 */
export function readConfig(environment: Environment, file = "") {
  const from = configSource(environment, file, readFileSync(defaultsPath, "utf8"));
  const mode = from.oneOf("mode", ["sandbox", "live"]);
  const config = {
    mode,
    host: from.text("host"),
    port: from.whole("port", 0, 65_535),
    home: from.text("home"),
    databaseUrl: from.optional("database_url", isDatabaseUrl, "an address like postgres://user:password@host:5432/database", true),
    baseUrl: from.optional("base_url", isBaseUrl, "an address like https://pay.example.ng without a path")?.replace(/\/$/, ""),
    secretKey: secretKey(from),
    trustProxy: from.whole("trust_proxy", 0, 16),
    bodyLimit: from.whole("body_limit", 1024, 64 * 1024 * 1024),
    sessionLife: from.duration("session_life", 60_000),
    /** Whether a first acceptance needs a one-time code in this mode. */
    acceptCode: inThisMode(from, "accept_code", mode),
    /** Whether a payee must be identified in this mode. */
    identity: inThisMode(from, "identity", mode),
    /** Whether a bank is asked whose account it is before money goes there, in this mode. */
    accountName: inThisMode(from, "account_name", mode),
    smtp: {
      url: from.optional("smtp.url", isSmtpUrl, "an address like smtps://user:password@host", true),
      from: from.text("smtp.from"),
    },
    order: {
      paymentExpiry: from.duration("order.payment_expiry", 60_000),
      bankTransferExpiry: from.duration("order.bank_transfer_expiry", 60_000),
      agreeBy: from.duration("order.agree_by", 60_000),
      railSilence: from.duration("order.rail_silence"),
      slaUnit: from.oneOf("order.sla_unit", ["days", "hours"]),
      maxDeliveryDays: from.whole("order.max_delivery_days", 1, 3650),
      maxDays: from.whole("order.max_days", 1, 3650),
      maxCancellationFeePercent: from.whole("order.max_cancellation_fee_percent", 0, 100),
      respondAfterDelivery: from.duration("order.respond_after_delivery", 60_000),
      contestSilenceAfter: from.duration("order.contest_silence_after", 60_000),
      acceptBy: from.duration("order.accept_by", 60_000),
      returnBy: from.duration("order.return_by", 60_000),
      escalateBy: from.duration("order.escalate_by", 60_000),
      ruleBy: from.duration("order.rule_by", 60_000),
      offerLife: from.duration("order.offer_life", 60_000),
      reminders: from.wholes("order.reminders", 1, 99),
    },
    link: { life: from.duration("link.life", 60_000) },
    hold: {
      coolingOff: from.duration(`hold.cooling_off_${mode}`),
      ruling: from.duration(`hold.ruling_${mode}`),
      buyerObjection: from.duration(`hold.buyer_objection_${mode}`),
    },
    ruling: { secondOperatorAbove: from.kobo("ruling.second_operator_above") },
    fees: {
      escrowRate: from.whole("fees.escrow_rate", 0, 10_000),
      escrowMin: from.kobo("fees.escrow_min"),
      escrowMax: from.kobo("fees.escrow_max"),
      escrowP2pMax: from.kobo("fees.escrow_p2p_max"),
      payoutFee: from.kobo("fees.payout_fee"),
      minimumPayout: from.kobo("fees.minimum_payout"),
      escrowBearer: from.oneOf("fees.escrow_bearer", ["buyer", "seller", "shared"]),
      railBearer: from.oneOf("fees.rail_bearer", ["buyer", "seller"]),
      providerFeeBearer: from.oneOf("fees.provider_fee_bearer", ["before_split", "seller", "service_provider"]),
      exitRailFeeBearer: from.oneOf("fees.exit_rail_fee_bearer", ["platform", "buyer"]),
    },
    /** Naira for one unit of the currency, as decimal text. */
    rates: from.map(
      "rates",
      (currency, rate) => /^[A-Z]{3}$/.test(currency) && isRate(rate),
      'decimal text above 0 for a currency code, like USD = "410"',
    ),
    rails: {
      /** Currency → names of rails, parted by commas. */
      takes: from.map("rails", namesRails, 'names of rails for a currency, like NGN = "paystack, flutterwave"'),
      /** Rail → when payouts may leave by it. */
      payoutHours: from.map(
        "payout_hours",
        (rail, text) => /^[a-z]+$/i.test(rail) && parsePayoutHours(text) !== undefined,
        'hours for a rail, like paystack = "mon-fri 08:00-16:00 Africa/Lagos"',
      ),
      paysOut: from.map("payout_rails", namesOneRail, 'the name of one rail for a currency, like USD = "wise"'),
    },
    paystack: {
      secretKey: from.secret("paystack.secret_key", (text) => /^sk_(test|live)_\w+$/.test(text), "a key like sk_live_… or sk_test_…"),
      baseUrl: railUrl(from, "paystack.base_url"),
    },
    stripe: {
      secretKey: from.secret("stripe.secret_key", (text) => /^(sk|rk)_(test|live)_\w+$/.test(text), "a key like sk_live_… or sk_test_…"),
      webhookSecret: from.secret("stripe.webhook_secret", (text) => /^whsec_\S+$/.test(text), "a secret like whsec_…"),
      baseUrl: railUrl(from, "stripe.base_url"),
    },
    wise: {
      apiToken: from.secret("wise.api_token", (text) => /^\S{8,}$/.test(text), "the token that Wise shows"),
      profileId: from.optional("wise.profile_id", (text) => /^\d{1,15}$/.test(text), "the number of a profile"),
      webhookPublicKey: from.optional("wise.webhook_public_key", isRsaKey, "Wise's RSA public key, as PEM or the base64 between its lines"),
      baseUrl: railUrl(from, "wise.base_url"),
    },
    reconciliation: { settledWithin: from.duration("reconciliation.settled_within", 3_600_000) },
    flutterwave: {
      secretKey: from.secret(
        "flutterwave.secret_key",
        (text) => /^FLWSECK(_TEST)?-[\w-]+$/.test(text),
        "a key like FLWSECK-…-X or FLWSECK_TEST-…-X",
      ),
      webhookHash: from.secret(
        "flutterwave.webhook_hash",
        (text) => /^[\x21-\x7e]{16,200}$/.test(text),
        "the secret hash of Flutterwave's dashboard, of 16 characters or more",
      ),
      webhookSignature: from.oneOf("flutterwave.webhook_signature", ["v3", "v4"]),
      baseUrl: railUrl(from, "flutterwave.base_url"),
    },
    outage: { heartbeat: from.duration("outage.heartbeat", 1000), longerThan: from.duration("outage.longer_than", 1000) },
    lanes: {
      count: from.whole("lanes.count", 1, 16),
      batch: from.whole("lanes.batch", 1, 1024),
      perSeller: from.whole("lanes.per_seller", 1, 1024),
      waitingPerSeller: from.whole("lanes.waiting_per_seller", 1, 1_000_000),
    },
    callback: { allowCidrs: from.texts("callback.allow_cidrs", isCidr, "a list of networks like 10.0.0.0/8") },
    limit: { perKey: from.whole("limit.per_key", 1, 1_000_000), perAddress: from.whole("limit.per_address", 1, 1_000_000) },
    /** TRANCHE_… variables that name no setting; main warns of them. */
    unknownVariables: from.unknown,
  } as const;
  refuseContradictions(config);
  return freeze(config);
}

function namesRails(currency: string, names: string): boolean {
  return /^[A-Z]{3}$/.test(currency) && /^ *[a-z]+ *(, *[a-z]+ *)*$/.test(names);
}

function namesOneRail(currency: string, name: string): boolean {
  return namesRails(currency, name) && !name.includes(",");
}

/** Where a rail's API is reached; another than the rail's own is for an emulator or a proxy. */
function railUrl(from: ConfigSource, name: string): string {
  const fits = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  const url = from.optional(name, fits, "an address like https://api.example.com");
  if (url === undefined) throw new StartError(`The setting ${name} must be an address like https://api.example.com.`);
  return url.replace(/\/$/, "");
}

function isRsaKey(text: string): boolean {
  const body = text.replace(/-----[A-Z ]+-----/g, "").replace(/\s|\\n/g, "");
  try {
    return createPublicKey({ key: Buffer.from(body, "base64"), format: "der", type: "spki" }).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}

function inThisMode(from: ConfigSource, name: string, mode: Mode): boolean {
  const when = from.oneOf(name, ["live", "always", "never"]);
  return when === "always" || (when === "live" && mode === "live");
}

/** 32 bytes, or undefined where none was given. */
function secretKey(from: ConfigSource): Buffer | undefined {
  const fits = (text: string) => /^[A-Za-z0-9+/]{43}=?$/.test(text) && Buffer.from(text, "base64").length === 32;
  const text = from.optional("secret_key", fits, "32 bytes in base64 (`openssl rand -base64 32` makes them)", true);
  return text === undefined ? undefined : Buffer.from(text, "base64");
}

function refuseContradictions({ order, fees, lanes, outage }: Pick<Contradictable, "order" | "fees" | "lanes" | "outage">): void {
  const inOrder: readonly (readonly [string, number | bigint, string, number | bigint])[] = [
    ["fees.escrow_min", fees.escrowMin, "fees.escrow_max", fees.escrowMax],
    ["fees.escrow_min", fees.escrowMin, "fees.escrow_p2p_max", fees.escrowP2pMax],
    ["order.max_delivery_days", order.maxDeliveryDays, "order.max_days", order.maxDays],
    ["lanes.per_seller", lanes.perSeller, "lanes.batch", lanes.batch],
    ["outage.heartbeat", outage.heartbeat, "outage.longer_than", outage.longerThan],
  ];
  for (const [less, a, more, b] of inOrder) {
    if (a > b) throw new StartError(`The setting ${less} must not be more than ${more}.`);
  }
}

interface Contradictable {
  readonly order: { readonly maxDeliveryDays: number; readonly maxDays: number };
  readonly fees: { readonly escrowMin: bigint; readonly escrowMax: bigint; readonly escrowP2pMax: bigint };
  readonly lanes: { readonly perSeller: number; readonly batch: number };
  readonly outage: { readonly heartbeat: number; readonly longerThan: number };
}

function isDatabaseUrl(text: string): boolean {
  return URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol) && new URL(text).pathname.length > 1;
}

function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, hash, username } = new URL(text);
  return /^https?:$/.test(protocol) && pathname === "/" && search === "" && hash === "" && username === "";
}

function isSmtpUrl(text: string): boolean {
  return URL.canParse(text) && /^smtps?:$/.test(new URL(text).protocol);
}

function isRate(text: string): boolean {
  return /^\d{1,9}(\.\d{1,9})?$/.test(text) && /[1-9]/.test(text);
}

function isCidr(text: string): boolean {
  const [address = "", bits = "", more] = text.split("/");
  const most = { 4: 32, 6: 128 }[isIP(address)];
  return more === undefined && most !== undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= most;
}

function freeze<T extends object>(config: T): Readonly<T> {
  for (const inner of Object.values(config)) {
    if (typeof inner === "object" && inner !== null && !Buffer.isBuffer(inner)) freeze(inner);
  }
  return Object.freeze(config);
}
