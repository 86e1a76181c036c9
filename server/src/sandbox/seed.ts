import type pg from "pg";
import { joinSeller } from "../actions/join-seller.ts";
import type { Query } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { sellerByEmail, sellerQueries } from "../db/sellers.ts";
import { Fault } from "../domain/fault.ts";
import { isRefusal } from "../domain/refusals.ts";
import { defaultSellerTerms } from "../domain/seller.ts";
import type { SellerRole, SellerTerms } from "../domain/seller.ts";

export const seedQueries = {
  operator: { name: "insert_operator", text: "INSERT INTO operators (email, password_hash, created_at) VALUES ($1, $2, $3) ON CONFLICT (email) DO NOTHING" },
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

const cast: readonly { role: SellerRole; email: string; phone: string; first: string; last: string; business: string | null; account: string }[] = [
  { role: "business", email: "seller@demo.tranche.test", phone: "+2348030000001", first: "Ada", last: "Okafor", business: "Okafor Studio", account: "0123450011" },
  { role: "marketplace_operator", email: "market@demo.tranche.test", phone: "+2348030000002", first: "Bola", last: "Adeyemi", business: "Bola's Market", account: "0123450022" },
  { role: "individual", email: "maker@demo.tranche.test", phone: "+2348030000003", first: "Chidi", last: "Eze", business: null, account: "0123450033" },
];

/**
 * Fills an empty sandbox: an operator, a business seller, a marketplace operator and an individual seller associated to it. Answers the
 * secrets once; they are not kept in the clear anywhere else. Undefined if the sandbox was seeded before.
 */
export async function seedSandbox(pool: pg.Pool, secrets: SeedSecrets, now: Date, terms: SellerTerms = defaultSellerTerms): Promise<Seeded | undefined> {
  if ((await sellerByEmail(pool, cast[0]?.email ?? "")) !== undefined) return undefined;
  const operator = { email: "operator@demo.tranche.test", password: secrets.newPassword() };
  await run(pool, seedQueries.operator, [operator.email, await secrets.hashPassword(operator.password), now.toISOString()]);
  const made: SeededSeller[] = [];
  const ids = new Map<SellerRole, number>();
  for (const person of cast) {
    const password = secrets.newPassword();
    const publicKey = secrets.newPublicKey();
    const privateKey = secrets.newPrivateKey();
    const seller = await joinSeller(
      pool,
      {
        role: person.role,
        email: person.email,
        phone: person.phone,
        firstName: person.first,
        lastName: person.last,
        businessName: person.business,
        passwordHash: await secrets.hashPassword(password),
        callbackUrl: null,
        callbackFormat: "auto",
        callbackToken: "documented",
        unsignedCheckout: "allow",
        providerShareLimit: 10_000,
        origins: [],
        terms: terms,
        bank: { bankCode: "058", nipBankCode: "000013", bankName: "Guaranty Trust Bank", accountNumber: person.account, accountName: `${person.first} ${person.last}` },
        bankChangedAt: now,
        identityVerifiedAt: null,
        publicKey,
        sealedKey: secrets.seal(privateKey, publicKey),
      },
      now,
    );
    if (isRefusal(seller)) throw new Fault(`the sandbox could not be seeded: ${seller.detail}`);
    ids.set(person.role, seller.id);
    made.push({ role: person.role, email: person.email, password, phone: person.phone, public_key: publicKey, private_key: privateKey });
  }
  await run(pool, sellerQueries.associate, [ids.get("marketplace_operator"), ids.get("individual"), "confirmed", now.toISOString()]);
  return { operator, sellers: made };
}
