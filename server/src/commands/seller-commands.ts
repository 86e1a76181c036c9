import { randomUUID } from "node:crypto";
import type { Ask } from "../actions/command.ts";
import { joinSeller } from "../actions/join-seller.ts";
import { setSeller } from "../actions/sellers.ts";
import type { Config } from "../config.ts";
import { sellerByEmail } from "../db/sellers.ts";
import { normalisePhone } from "../domain/contact.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { Seller, SellerRole } from "../domain/seller.ts";
import type { Engine } from "../jobs/engine.ts";
import { seal } from "../secrets/box.ts";
import { newPrivateKey, newPublicKey } from "../secrets/tokens.ts";
import { startingTerms } from "./act-settings.ts";
import { emailOf } from "./operator-commands.ts";
import { givenPassword, takePasswordOption } from "./passwords-given.ts";
import { keyContext } from "../http/keys.ts";
import { listKeys, newKeys } from "./seller-keys.ts";
import { readChange, showSettings } from "./seller-settings.ts";
import { CommandRefused, nothingMore, UsageError } from "./usage-error.ts";
import { withEngine } from "./with-installation.ts";

/** `seller add …`, `seller EMAIL`, `seller EMAIL set name=value …`, `seller EMAIL keys [rotate]`. */
export function sellerCommand(config: Config, args: readonly string[]): Promise<string> {
  const [first, verb, ...rest] = args;
  if (first === undefined) throw new UsageError("Say whose: `seller EMAIL`, or `seller add EMAIL phone=… role=…`.");
  if (first === "add") return addSeller(config, args.slice(1));
  const email = emailOf(first);
  if (verb === undefined) return withSeller(config, email, (_engine, seller) => Promise.resolve(show(seller)));
  if (verb === "set") return withSeller(config, email, (engine, seller) => change(engine, seller, rest));
  if (verb !== "keys") throw new UsageError(`seller ${email} knows set and keys, not "${verb}".`);
  const [what, ...more] = rest;
  nothingMore(more, "seller keys");
  if (what !== undefined && what !== "rotate") throw new UsageError(`seller ${email} keys knows rotate, not "${what}".`);
  return withSeller(config, email, (engine, seller, secretKey) =>
    what === undefined ? listKeys(engine, seller) : newKeys(engine, seller, byCommand(seller), secretKey),
  );
}

function withSeller(
  config: Config,
  email: string,
  work: (engine: Engine, seller: Seller, secretKey: Buffer) => Promise<string>,
): Promise<string> {
  return withEngine(config, async (engine, secretKey) => {
    const seller = await sellerByEmail(engine.pool, email);
    if (seller === undefined) throw new CommandRefused(`There is no seller ${email}.`);
    return work(engine, seller, secretKey);
  });
}

/** The history tells the command from the seller's own page. */
function byCommand(seller: Seller): Ask {
  return { id: randomUUID(), sellerId: seller.id, actor: { party: "seller", name: "command" } };
}

function show(seller: Seller): string {
  const name = seller.businessName ?? `${seller.firstName} ${seller.lastName}`;
  const identity =
    seller.identityVerifiedAt === null ? "identity not verified" : `identity verified ${seller.identityVerifiedAt.toISOString()}`;
  return `Seller ${seller.id}: ${name}, ${seller.role}, ${seller.email}, ${seller.phone}, ${identity}\n${showSettings(seller)}`;
}

async function change(engine: Engine, seller: Seller, pairs: readonly string[]): Promise<string> {
  const answer = await engine.lanes.one(setSeller(byCommand(seller), readChange(pairs, seller)));
  if (isRefusal(answer)) throw new CommandRefused(answer.detail);
  const now = await sellerByEmail(engine.pool, seller.email);
  return `Saved; orders opened from now on go by it.\n${show(now ?? seller)}`;
}

const roles: readonly SellerRole[] = ["individual", "business", "marketplace_operator"];
const fieldNames = ["phone", "role", "first_name", "last_name", "business_name"] as const;

function addSeller(config: Config, args: readonly string[]): Promise<string> {
  const { fromInput, others } = takePasswordOption(args);
  const [given, ...pairs] = others;
  if (given === undefined)
    throw new UsageError(
      "Say `seller add EMAIL phone=… role=individual|business|marketplace_operator [first_name=… last_name=… business_name=…]`.",
    );
  const email = emailOf(given);
  const fields = readFields(pairs);
  const phone = normalisePhone(fields.get("phone"), "phone");
  if (isRefusal(phone)) throw new UsageError(`seller add needs phone=…: ${phone.detail}`);
  const role = roles.find((one) => one === (fields.get("role") ?? "business"));
  if (role === undefined) throw new UsageError(`role must be one of ${roles.join(", ")}.`);
  const businessName = fields.get("business_name") ?? null;
  if (businessName === null && fields.get("first_name") === undefined)
    throw new UsageError("Name the seller: business_name=… or first_name=… last_name=….");
  return withEngine(config, async ({ pool }, secretKey) => {
    const { hash, told } = await givenPassword(fromInput);
    const publicKey = newPublicKey();
    const privateKey = newPrivateKey();
    const now = new Date();
    const seller = await joinSeller(
      pool,
      {
        role,
        email,
        phone,
        businessName,
        passwordHash: hash,
        firstName: fields.get("first_name") ?? "",
        lastName: fields.get("last_name") ?? "",
        callbackUrl: null,
        callbackFormat: "auto",
        callbackToken: "documented",
        unsignedCheckout: "allow",
        providerShareLimit: 10_000,
        origins: [],
        terms: startingTerms(config),
        bank: null,
        bankChangedAt: null,
        identityVerifiedAt: null,
        publicKey,
        sealedKey: seal(secretKey, privateKey, keyContext(publicKey)),
      },
      now,
    );
    if (isRefusal(seller)) throw new CommandRefused(seller.detail);
    return `Seller ${seller.id} (${email}) is added.\n${told}\nPublic key   ${publicKey}\nPrivate key  ${privateKey}   (shown this once)`;
  });
}

function readFields(pairs: readonly string[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const pair of pairs) {
    const [name = "", value] = [pair.split("=")[0], pair.includes("=") ? pair.slice(pair.indexOf("=") + 1).trim() : undefined];
    if (!(fieldNames as readonly string[]).includes(name) || value === undefined || value === "" || fields.has(name)) {
      throw new UsageError(
        `seller add takes each of ${fieldNames.map((one) => `${one}=…`).join(", ")} at most once; it cannot read "${pair}".`,
      );
    }
    fields.set(name, value);
  }
  return fields;
}
