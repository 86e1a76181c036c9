import type { FastifyInstance } from "fastify";
import { Books } from "./core/books.ts";
import type { Movement } from "./core/books.ts";
import { Chance } from "./core/chance.ts";
import { Clock } from "./core/clock.ts";
import { addControls } from "./core/controls.ts";
import type { Levers } from "./core/controls.ts";
import { Faults } from "./core/faults.ts";
import type { Rule } from "./core/faults.ts";
import type { Parts, Route, Waits, Wording } from "./core/rail-server.ts";
import { buildRailServer } from "./core/rail-server.ts";
import { Webhooks } from "./core/webhooks.ts";
import type { Delivery, WebhookManner } from "./core/webhooks.ts";
import { flutterwaveWording } from "./flutterwave/answers.ts";
import { flutterwaveManner, makeFlutterwave } from "./flutterwave/rail.ts";
import { paystackWording } from "./paystack/answers.ts";
import { makePaystack, paystackManner } from "./paystack/rail.ts";
import { stripeWording } from "./stripe/answers.ts";
import { makeStripe, stripeManner } from "./stripe/rail.ts";
import { wiseWording } from "./wise/answers.ts";
import { makeWise, wiseManner } from "./wise/rail.ts";

export interface EmulatorOptions {
  /** Of the first rail; each next rail has the next one. 0 takes free ones. */
  readonly port?: number;
  readonly seed?: number;
  /** The time that the emulator's clock follows. */
  readonly now?: () => Date;
  /** Milliseconds of its clock that a rail takes for a step it takes by itself. */
  readonly pace?: number;
  /** Real milliseconds of a slow answer, and after which a connection without an answer is cut. */
  readonly slowMs?: number;
  readonly hangMs?: number;
  /** Whether some amounts ask for a fault, as documented; not where amounts are drawn by chance. */
  readonly magicAmounts?: boolean;
}

/** One rail under emulation, as a test in the same process sees it. Everything is there over HTTP too, under `/_emulator/`. */
export interface EmulatedRail {
  readonly url: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** Names who is told of events. */
  tell(...urls: string[]): void;
  script(...rules: Rule[]): void;
  /** Everything that moved, oldest first. */
  movements(): readonly Movement[];
  audit: Books["audit"];
  deliveries(): readonly Delivery[];
  events(): readonly object[];
  readonly levers: Levers;
  /** What it answers to, as `METHOD /path`. */
  readonly operations: readonly string[];
}

export const railNames = ["paystack", "flutterwave", "stripe", "wise"] as const;
export type RailName = (typeof railNames)[number];

export interface Emulator {
  readonly seed: number;
  readonly clock: Clock;
  readonly rails: Readonly<Record<RailName, EmulatedRail>>;
  readonly paystack: EmulatedRail;
  readonly flutterwave: EmulatedRail;
  readonly stripe: EmulatedRail;
  readonly wise: EmulatedRail;
  stop(): Promise<void>;
}

/** Starts all rails on loopback, each at an address of its own. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, seed = 1, pace = 0, slowMs = 30_000, hangMs = 60_000 } = options;
  const clock = new Clock(options.now ?? (() => new Date()));
  const servers: FastifyInstance[] = [];

  const start = async (
    place: number,
    manner: WebhookManner,
    wording: Wording,
    make: (parts: Parts) => { readonly routes: readonly Route[]; readonly levers: Levers },
  ): Promise<EmulatedRail> => {
    let url = "";
    const chance = new Chance(seed + place);
    const parts: Parts = {
      clock,
      chance,
      books: new Books(clock),
      faults: new Faults(chance, options.magicAmounts),
      webhooks: new Webhooks(clock, manner),
      address: () => url,
      pace,
    };
    const { routes, levers } = make(parts);
    const waits: Waits = { slow: slowMs, hang: hangMs };
    const server = buildRailServer(routes, parts, wording, waits);
    addControls(server, parts, levers);
    servers.push(server);
    url = await server.listen({ host: "127.0.0.1", port: port === 0 ? 0 : port + place });
    return {
      url,
      secrets: levers.secrets,
      tell: (...urls) => parts.webhooks.point(urls),
      script: (...rules) => parts.faults.add(rules),
      movements: () => parts.books.movements(),
      audit: () => parts.books.audit(),
      deliveries: () => parts.webhooks.deliveries(),
      events: () => parts.webhooks.events(),
      levers,
      operations: routes.map((one) => `${one.method} ${one.path}`),
    };
  };

  const keys = new Chance(seed);
  const hex = (length: number) => keys.text(length, "0123456789abcdef");
  const key = `sk_test_${hex(40)}`;
  const paystack = await start(0, paystackManner(key), paystackWording(key), (parts) => makePaystack(parts, key));
  const flutterwaveKeys = { secret_key: `FLWSECK_TEST-${hex(32)}-X`, secret_hash: hex(32) };
  const flutterwave = await start(
    1,
    flutterwaveManner(flutterwaveKeys.secret_hash),
    flutterwaveWording(flutterwaveKeys.secret_key),
    (parts) => makeFlutterwave(parts, flutterwaveKeys),
  );
  const stripeKeys = { secret_key: `sk_test_${hex(24)}`, webhook_secret: `whsec_${hex(32)}` };
  const stripe = await start(2, stripeManner(stripeKeys.webhook_secret, clock), stripeWording(stripeKeys.secret_key), (parts) =>
    makeStripe(parts, stripeKeys),
  );
  const token = keys.uuid();
  const wise = await start(3, wiseManner(keys), wiseWording(token), (parts) => makeWise(parts, token));

  // What a rail does by itself happens without anybody asking.
  const beat = setInterval(() => clock.runDue(), 20);
  beat.unref();
  return {
    seed,
    clock,
    rails: { paystack, flutterwave, stripe, wise },
    paystack,
    flutterwave,
    stripe,
    wise,
    async stop() {
      clearInterval(beat);
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
