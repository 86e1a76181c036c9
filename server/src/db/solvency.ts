import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";

export const solvencyStoreQueries = {
  keys: {
    name: "solvency_keys",
    text: "SELECT public_key, created_at, retired_at FROM solvency_keys ORDER BY created_at DESC, public_key",
  },
  signer: { name: "solvency_signer", text: "SELECT public_key, private_key_sealed FROM solvency_keys WHERE retired_at IS NULL" },
  insertKey: {
    name: "insert_solvency_key",
    text: "INSERT INTO solvency_keys (public_key, private_key_sealed, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
  },
  retireKeys: { name: "retire_solvency_keys", text: "UPDATE solvency_keys SET retired_at = $1 WHERE retired_at IS NULL" },
  insert: {
    name: "insert_solvency_statement",
    text: "INSERT INTO solvency_statements (at, document, leaves) VALUES ($1, $2, $3)",
  },
  // Receipts are made from the newest; a few before it stay for whoever looks back.
  makeRoom: {
    name: "forget_solvency_statements",
    text: "DELETE FROM solvency_statements WHERE id NOT IN (SELECT id FROM solvency_statements ORDER BY id DESC LIMIT 30)",
  },
  newest: { name: "newest_solvency_statement", text: "SELECT document, leaves FROM solvency_statements ORDER BY id DESC LIMIT 1" },
} satisfies Record<string, Query>;

export interface SolvencyKey {
  readonly publicKey: string;
  readonly createdAt: Date;
  /** Null: this is the one that signs now. */
  readonly retiredAt: Date | null;
}

/** Every key that signs or signed proofs of solvency, the newest first. */
export async function solvencyKeys(client: Queryable): Promise<SolvencyKey[]> {
  const { rows } = await run<{ public_key: string; created_at: Date; retired_at: Date | null }>(client, solvencyStoreQueries.keys);
  return rows.map((row) => ({ publicKey: row.public_key, createdAt: row.created_at, retiredAt: row.retired_at }));
}

/** A balance that is owed, as it lies beside the document that it stands in. `amount` is decimal text. */
export interface KeptLeaf {
  readonly currency: string;
  readonly holder: string;
  readonly amount: string;
  readonly salt: string;
}

/** The newest signed document and its leaves; undefined before the first. */
export async function newestStatement(client: Queryable): Promise<{ document: string; leaves: readonly KeptLeaf[] } | undefined> {
  const { rows } = await run<{ document: string; leaves: KeptLeaf[] }>(client, solvencyStoreQueries.newest);
  return rows[0];
}
