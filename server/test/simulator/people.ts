import type pg from "pg";
import { sellerQueries } from "../../src/db/sellers.ts";
import { run } from "../../src/db/connect.ts";
import type { Answer, Command } from "../../src/actions/command.ts";
import { joinSeller } from "../../src/actions/join-seller.ts";
import { createProject } from "../../src/actions/projects.ts";
import { saveProvider } from "../../src/actions/providers.ts";
import { setSeller } from "../../src/actions/sellers.ts";
import { seedSecrets } from "../../src/commands/secrets.ts";
import type { PayeeDetails } from "../../src/domain/facts.ts";
import { isRefusal } from "../../src/domain/refusals.ts";
import { defaultSellerTerms } from "../../src/domain/seller.ts";
import { ask, day } from "./life.ts";
import type { Life } from "./life.ts";
import { Random } from "./random.ts";

/** One seller and what the seed gave it. */
export interface Shop {
  readonly name: string;
  readonly sellerId: number;
  readonly random: Random;
  readonly provider: number | null;
  /** Its service provider is paid in dollars, and serves orders priced in them. */
  readonly dollars: boolean;
  readonly projects: readonly number[];
  /** The marketplace operator whose shop takes some of this seller's orders. */
  readonly operatorId: number | null;
  /** Never mends an account, whatever comes back. */
  readonly mendsNothing: boolean;
}

/** Endings at which the sandbox rail behaves specially, and one at which all is well. */
const endings = ["0011", "0011", "0011", "0011", "0001", "0002", "0003", "0004", "0008", "0009"] as const;

/** Since when each account number is known. */
export type Registered = Map<string, number>;

/** A bank account that nobody had before, of ten digits as in Nigeria; its last ones say how the sandbox rail will treat it. */
export function account(random: Random, registered: Registered, since: number): PayeeDetails {
  let accountNumber: string;
  do accountNumber = `${String(random.whole(0, 999_999)).padStart(6, "0")}${random.pick(endings)}`;
  while (registered.has(accountNumber));
  registered.set(accountNumber, since);
  return { bankCode: "058", nipBankCode: "000013", bankName: "Guaranty Trust Bank", accountNumber, accountName: "A Payee" };
}

const buyerOf = (name: string, nth: number) => ({
  email: `buyer${nth}@${name}.example`,
  phone: `+23480${String(nth).padStart(8, "0")}`,
  firstName: "Ngozi",
  lastName: "Bello",
});

/** Who serves a seller's orders, all but the account. */
export const providerOf = (name: string, dollars: boolean) => ({
  type: dollars ? (2 as const) : (1 as const),
  firstName: "P",
  lastName: "P",
  email: `sp@${name}.example`,
  phone: "+2348099999999",
});

/** A seller with terms of its own, some with a shop that is told, a service provider, or projects. */
export async function openShop(input: {
  readonly pool: pg.Pool;
  readonly secretKey: Buffer;
  readonly seed: number;
  readonly name: string;
  readonly nth: number;
  readonly now: Date;
  readonly act: (command: Command) => Promise<Answer>;
  readonly registered: Registered;
  /** Who runs a marketplace that this seller may belong to. */
  readonly operatorId: number | null;
  /** Whether the service provider is paid in dollars. */
  readonly dollars: boolean;
}): Promise<Shop> {
  const { seed, name, nth, now, act } = input;
  const random = new Random(seed, `seller ${name}`);
  const secrets = seedSecrets(input.secretKey, { fast: true });
  const publicKey = secrets.newPublicKey();
  // What a seller joined with has been cooling off for long.
  const fresh = () => account(random, input.registered, Number.NEGATIVE_INFINITY);
  const bank = fresh();
  const joined = await joinSeller(
    input.pool,
    {
      role: nth % 5 === 0 ? "marketplace_operator" : "business",
      email: `${name}@shop.example`,
      phone: `+23470${String(nth).padStart(8, "0")}`,
      firstName: "Ada",
      lastName: "Okafor",
      businessName: name,
      passwordHash: "unusable",
      callbackUrl: random.chance(0.4) ? `http://127.0.0.1:9/${name}` : null,
      callbackFormat: "auto",
      callbackToken: "documented",
      unsignedCheckout: "allow",
      providerShareLimit: 10_000,
      origins: [],
      terms: {
        ...defaultSellerTerms,
        escrowFeeBearer: random.pick(["buyer", "seller", "shared"] as const),
        railFeeBearer: random.pick(["buyer", "seller"] as const),
        providerFeeBearer: random.pick(["before_split", "seller", "service_provider"] as const),
        nonSplit: random.pick([0, 0, 50_000]),
        policy: random.pick(["refund", "refund", "replacement"] as const),
        sla: random.pick([null, 1, 3]),
        cancellationFee: random.pick([0, 20_000, 100_000]),
        reasonsWithFee: random.chance(0.4) ? ["changed_mind", "late"] : [],
        acceptAfterDays: random.pick([null, null, 3, 7]),
      },
      bank,
      bankChangedAt: now,
      identityVerifiedAt: null,
      publicKey,
      sealedKey: secrets.seal(secrets.newPrivateKey(), publicKey),
    },
    now,
  );
  if (isRefusal(joined)) throw new Error(joined.detail);
  const done = async (command: Command, field: string): Promise<number> => {
    const answer = await act(command);
    if (isRefusal(answer)) throw new Error(`${command.action}: ${answer.detail}`);
    return Number(answer.done[field]);
  };
  const sellerId = joined.id;
  const details = fresh();
  const provider = random.chance(input.dollars ? 0.9 : 0.5)
    ? await done(
        saveProvider(ask(sellerId, "seller", false), {
          ...providerOf(name, input.dollars),
          providerId: null,
          details: input.dollars ? { wiseAccountId: `of-${name}`, accountName: "A Payee" } : details,
        }),
        "provider",
      )
    : null;
  const projects: number[] = [];
  for (let i = 0; i < (random.chance(0.6) ? 3 : 0); i += 1) {
    const project = createProject(ask(sellerId, "seller", false), {
      name: "A house",
      description: "",
      contact: buyerOf(name, 900 + i),
      startedBy: "seller",
    });
    projects.push(await done(project, "project"));
  }
  const belongs = input.operatorId !== null && random.chance(0.4);
  if (belongs) {
    await run(input.pool, sellerQueries.associate, [input.operatorId, sellerId, "confirmed", now]);
  }
  return {
    name,
    sellerId,
    random,
    provider,
    dollars: input.dollars,
    projects,
    operatorId: belongs ? input.operatorId : null,
    mendsNothing: random.chance(0.2),
  };
}

/** The people of a seller's orders, which begin within so many days. */
export function livesOf(seed: number, name: string, shop: Shop, orders: number, start: number, days: number): Life[] {
  return Array.from({ length: orders }, (_, i) => {
    const random = new Random(seed, `order ${name}/${i}`);
    const kind = random.weighted({ form: 62, person: 13, milestone: shop.projects.length > 0 ? 25 : 0 });
    const project = random.whole(0, Math.max(0, shop.projects.length - 1));
    const milestone = kind === "milestone";
    const share = random.pick([0, 2_000, 5_000, 10_000]);
    const marketplace = kind === "form" && shop.operatorId !== null && random.chance(0.5);
    const contact = milestone
      ? buyerOf(name, 900 + project)
      : random.chance(0.02)
        ? { ...buyerOf(name, i), email: `${name}@shop.example` }
        : buyerOf(name, random.whole(0, 30));
    const foreign = kind === "form" && random.chance(shop.dollars ? 0.5 : 0.12);
    return {
      name: `${name}-${i}`,
      sellerId: shop.sellerId,
      random,
      contact,
      kind,
      projectId: milestone ? (shop.projects[project] ?? null) : null,
      operatorId: marketplace ? shop.operatorId : null,
      operatorShare: share,
      foreign,
      ruling: null,
      provider:
        shop.provider !== null && kind === "form" && !marketplace && (foreign || !shop.dollars) && random.chance(0.5)
          ? { id: shop.provider, share }
          : null,
      silentAfter: random.chance(0.15) ? random.whole(1, 4) : 1_000,
      orderId: null,
      offer: null,
      deeds: 0,
      wakeAt: start + Math.floor(random.next() * days * day),
      over: false,
    };
  });
}

/** Now and then a seller's account changes: what was parked is tried again, and waits out its cooling-off first. */
export async function moveAccount(
  shop: Shop,
  act: (command: Command) => Promise<Answer>,
  registered: Registered,
  now: number,
): Promise<void> {
  const bank = account(shop.random, registered, now);
  await act(setSeller(ask(shop.sellerId, "seller", false), { bank }));
}
