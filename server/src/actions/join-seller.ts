import { randomUUID } from "node:crypto";
import type pg from "pg";
import { inTransaction, run } from "../db/connect.ts";
import { sellerByEmail, sellerByPhone, sellerQueries } from "../db/sellers.ts";
import { sellers } from "../db/tables.ts";
import type { Refusal } from "../domain/refusals.ts";
import { refuse } from "../domain/refusals.ts";
import type { Seller } from "../domain/seller.ts";
import { noEffects } from "./effects.ts";
import { storeTables } from "./store.ts";

const nextId = { name: "next_seller_id", text: "SELECT nextval('seller_ids')::bigint AS id" };
export const joinSellerQueries = { nextId };

/**
 * A new seller with a book and a first key pair. It is the one action that cannot lock its book first, because it makes it.
 * `sealedKey` is the sealed private key of `publicKey`.
 */
export async function joinSeller(
  pool: pg.Pool,
  input: Omit<Seller, "id" | "state" | "version" | "createdAt" | "updatedAt"> & { readonly publicKey: string; readonly sealedKey: string },
  now: Date,
): Promise<Seller | Refusal> {
  return inTransaction(pool, async (client) => {
    const { publicKey, sealedKey, ...fields } = input;
    if ((await sellerByEmail(client, fields.email)) !== undefined)
      return refuse("invalid", "A seller with this e-mail address exists.", { field: "email" });
    if ((await sellerByPhone(client, fields.phone)) !== undefined)
      return refuse("invalid", "A seller with this phone number exists.", { field: "phone" });
    const { rows } = await run<{ id: bigint }>(client, nextId);
    const seller: Seller = { ...fields, id: Number(rows[0]?.id), state: "active", version: 1, createdAt: now, updatedAt: now };
    await run(client, sellers.insert, sellers.values([seller]));
    await run(client, sellerQueries.insertBook, [seller.id]);
    await run(client, sellerQueries.insertKey, [publicKey, seller.id, sealedKey, now.toISOString()]);
    const { transitions } = noEffects();
    transitions.push({
      sellerId: seller.id,
      seq: 1,
      object: "seller",
      objectId: seller.id,
      version: 1,
      action: "join",
      fromState: "none",
      toState: "active",
      party: "operator",
      actor: "installation",
      event: "seller.joined",
      orderId: null,
      entrySeq: null,
      at: now,
      note: { role: seller.role },
      commandId: randomUUID(),
      step: 1,
      key: null,
      fingerprint: null,
      answer: null,
    });
    await run(client, storeTables.transitions.insert, storeTables.transitions.values(transitions));
    await run(client, { name: "first_event", text: "UPDATE books SET event_seq = 1 WHERE seller_id = $1" }, [seller.id]);
    return seller;
  });
}
