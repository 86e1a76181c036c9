import type pg from "pg";
import { joinSeller } from "../actions/join-seller.ts";
import type { Query } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { sellerByEmail, sellerQueries } from "../db/sellers.ts";
import { Fault, must } from "../domain/fault.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import { defaultSellerTerms } from "../domain/seller.ts";
import type { Seller, SellerRole, SellerTerms } from "../domain/seller.ts";

export const seedQueries = {
  operator: {
    name: "insert_operator",
    text: "INSERT INTO operators (email, password_hash, created_at) VALUES ($1, $2, $3) ON CONFLICT (email) DO NOTHING",
  },
  operatorPassword: { name: "renew_operator_password", text: "UPDATE operators SET password_hash = $2 WHERE email = $1" },
  sellerPassword: { name: "renew_seller_password", text: "UPDATE sellers SET password_hash = $2 WHERE id = $1" },
} satisfies Record<string, Query>;

/** How the seed makes secrets; handed in, so that this folder needs no cryptography. */
export interface SeedSecrets {
  newPassword(): string;
  hashPassword(password: string): Promise<string>;
  newPublicKey(): string;
  newPrivateKey(): string;
  seal(privateKey: string, publicKey: string): string;
}

export interface SeededSeller {
  readonly role: SellerRole;
  readonly email: string;
  readonly password: string;
  readonly phone: string;
  readonly public_key: string;
  readonly private_key: string;
}

export interface Seeded {
  readonly operator: { readonly email: string; readonly password: string };
  readonly sellers: readonly SeededSeller[];
}

const operatorEmail = "operator@demo.tranche.test";

const cast: readonly {
  role: SellerRole;
  email: string;
  phone: string;
  first: string;
  last: string;
  business: string | null;
  account: string;
}[] = [
  {
    role: "business",
    email: "seller@demo.tranche.test",
    phone: "+2348030000001",
    first: "Ada",
    last: "Okafor",
    business: "Okafor Studio",
    account: "0123450011",
  },
  {
    role: "marketplace_operator",
    email: "market@demo.tranche.test",
    phone: "+2348030000002",
    first: "Bola",
    last: "Adeyemi",
    business: "Bola's Market",
    account: "0123450022",
  },
  {
    role: "individual",
    email: "maker@demo.tranche.test",
    phone: "+2348030000003",
    first: "Chidi",
    last: "Eze",
    business: null,
    account: "0123450033",
  },
];

/** Draws the secrets of everybody in the sandbox, so that they can be written down before the first row is. */
export function drawPeople(secrets: SeedSecrets): Seeded {
  return {
    operator: { email: operatorEmail, password: secrets.newPassword() },
    sellers: cast.map(({ role, email, phone }) => ({
      role,
      email,
      password: secrets.newPassword(),
      phone,
      public_key: secrets.newPublicKey(),
      private_key: secrets.newPrivateKey(),
    })),
  };
}

/**
 * Fills an empty sandbox: an operator, a business seller, a marketplace operator and an individual seller associated to it, with the given
 * secrets. Goes on where an earlier run was cut short. Undefined if the sandbox is full already; nothing is changed then.
 */
export async function seedSandbox(
  pool: pg.Pool,
  secrets: SeedSecrets,
  now: Date,
  terms: SellerTerms = defaultSellerTerms,
  people: Seeded = drawPeople(secrets),
): Promise<Seeded | undefined> {
  if (await isSeeded(pool)) return undefined;
  const { operator } = people;
  await run(pool, seedQueries.operator, [operator.email, await secrets.hashPassword(operator.password), now.toISOString()]);
  const ids = new Map<SellerRole, number>();
  for (const person of cast) {
    const given = must(
      people.sellers.find((one) => one.role === person.role),
      person.role,
    );
    const seller = (await sellerByEmail(pool, person.email)) ?? (await join(pool, secrets, { ...person, given, terms }, now));
    if (isRefusal(seller)) throw new Fault(`the sandbox could not be seeded: ${seller.detail}`);
    ids.set(person.role, seller.id);
  }
  await run(pool, sellerQueries.associate, [ids.get("marketplace_operator"), ids.get("individual"), "confirmed", now.toISOString()]);
  return people;
}

/** Gives the people of a full sandbox new passwords and keys, where the old ones are written down nowhere any more. */
export async function renewPeople(pool: pg.Pool, secrets: SeedSecrets, people: Seeded, now: Date): Promise<void> {
  await run(pool, seedQueries.operatorPassword, [people.operator.email, await secrets.hashPassword(people.operator.password)]);
  for (const given of people.sellers) {
    const seller = await sellerByEmail(pool, given.email);
    if (seller === undefined) continue;
    await run(pool, seedQueries.sellerPassword, [seller.id, await secrets.hashPassword(given.password)]);
    await run(pool, sellerQueries.insertKey, [
      given.public_key,
      seller.id,
      secrets.seal(given.private_key, given.public_key),
      now.toISOString(),
    ]);
  }
}

/** The association is written last. */
async function isSeeded(pool: pg.Pool): Promise<boolean> {
  const last = await sellerByEmail(pool, cast.at(-1)?.email ?? "");
  return last !== undefined && (await run(pool, sellerQueries.associationsOf, [last.id])).rows.length > 0;
}

type Joining = (typeof cast)[number] & { readonly given: SeededSeller; readonly terms: SellerTerms };

function join(pool: pg.Pool, secrets: SeedSecrets, person: Joining, now: Date): Promise<Seller | Refusal> {
  const { given } = person;
  return secrets.hashPassword(given.password).then((passwordHash) =>
    joinSeller(
      pool,
      {
        role: person.role,
        email: person.email,
        phone: person.phone,
        firstName: person.first,
        lastName: person.last,
        businessName: person.business,
        passwordHash,
        callbackUrl: null,
        callbackFormat: "auto",
        callbackToken: "documented",
        unsignedCheckout: "allow",
        providerShareLimit: 10_000,
        origins: [],
        terms: person.terms,
        bank: {
          bankCode: "058",
          nipBankCode: "000013",
          bankName: "Guaranty Trust Bank",
          accountNumber: person.account,
          accountName: `${person.first} ${person.last}`,
        },
        bankChangedAt: now,
        identityVerifiedAt: null,
        publicKey: given.public_key,
        sealedKey: secrets.seal(given.private_key, given.public_key),
      },
      now,
    ),
  );
}
