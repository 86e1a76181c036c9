import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";

export const sessionQueries = {
  insert: {
    name: "insert_session",
    text: "INSERT INTO sessions (token_hash, kind, subject_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
  },
  find: { name: "find_session", text: "SELECT kind, subject_id FROM sessions WHERE token_hash = $1 AND kind = $2 AND expires_at > $3" },
  end: { name: "end_session", text: "DELETE FROM sessions WHERE token_hash = $1" },
  sweep: { name: "sweep_sessions", text: "DELETE FROM sessions WHERE expires_at < $1" },
  operator: { name: "operator_by_email", text: "SELECT id, email, password_hash FROM operators WHERE lower(email) = lower($1)" },
  operatorById: { name: "operator_by_id", text: "SELECT id, email FROM operators WHERE id = $1" },
} satisfies Record<string, Query>;

export type SessionKind = "seller" | "operator";

/** Stores a session under its token's hash. */
export async function startSession(
  client: Queryable,
  session: { hash: string; kind: SessionKind; subjectId: number; at: Date; until: Date },
): Promise<void> {
  await run(client, sessionQueries.insert, [
    session.hash,
    session.kind,
    session.subjectId,
    session.at.toISOString(),
    session.until.toISOString(),
  ]);
}

/** Who is signed in with a token's hash: the seller's or operator's id. */
export async function findSession(client: Queryable, hash: string, kind: SessionKind, at: Date): Promise<number | undefined> {
  const { rows } = await run<{ subject_id: bigint }>(client, sessionQueries.find, [hash, kind, at.toISOString()]);
  return rows[0] === undefined ? undefined : Number(rows[0].subject_id);
}

export async function endSession(client: Queryable, hash: string): Promise<void> {
  await run(client, sessionQueries.end, [hash]);
}

export interface OperatorAccount {
  readonly id: number;
  readonly email: string;
  readonly passwordHash: string;
}

export async function operatorByEmail(client: Queryable, email: string): Promise<OperatorAccount | undefined> {
  const { rows } = await run<{ id: bigint; email: string; password_hash: string }>(client, sessionQueries.operator, [email]);
  const row = rows[0];
  return row === undefined ? undefined : { id: Number(row.id), email: row.email, passwordHash: row.password_hash };
}

export async function operatorEmail(client: Queryable, id: number): Promise<string | undefined> {
  const { rows } = await run<{ email: string }>(client, sessionQueries.operatorById, [id]);
  return rows[0]?.email;
}
