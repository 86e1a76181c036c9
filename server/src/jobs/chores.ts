import type { Query } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { sweepLinks } from "../db/links.ts";
import { sessionQueries } from "../db/sessions.ts";
import type { Engine } from "./engine.ts";

export const choreQueries = {
  // Whoever gets the row mails the heads: once a day, however many processes there are.
  claimHeads: {
    name: "claim_heads_mail",
    text: `UPDATE installation SET heads_mailed_at = $1 WHERE heads_mailed_at IS NULL OR heads_mailed_at < $1::timestamptz - interval '1 day' RETURNING mode`,
  },
  heads: {
    name: "read_heads",
    text: "SELECT seller_id, posting_seq, chain_head FROM books WHERE posting_seq > 0 ORDER BY seller_id",
  },
  operators: { name: "operator_addresses", text: "SELECT email FROM operators ORDER BY id" },
  sweepCodes: { name: "sweep_codes", text: "DELETE FROM codes WHERE expires_at < $1::timestamptz - interval '1 day'" },
} satisfies Record<string, Query>;

/** What has to be done now and then, by whichever process comes first: old sessions, links and codes go; the books' heads are mailed daily. */
export async function doChores(engine: Engine): Promise<void> {
  const now = engine.now().toISOString();
  await run(engine.pool, sessionQueries.sweep, [now]);
  await sweepLinks(engine.pool, engine.now());
  await run(engine.pool, choreQueries.sweepCodes, [now]);
  await mailHeads(engine);
}

/**
 * Mails every operator where each book's chain ended. A tail that is cut off together with its head leaves a sound journal behind; only a
 * head that was noted elsewhere shows it.
 */
async function mailHeads(engine: Engine): Promise<void> {
  if (engine.mailer === undefined) return;
  const { rowCount } = await run(engine.pool, choreQueries.claimHeads, [engine.now().toISOString()]);
  if (rowCount !== 1) return;
  const { rows } = await run<{ seller_id: bigint; posting_seq: bigint; chain_head: Buffer }>(engine.pool, choreQueries.heads);
  if (rows.length === 0) return;
  const heads = rows.map((row) => ({
    sellerId: Number(row.seller_id),
    postingSeq: Number(row.posting_seq),
    chainHead: row.chain_head.toString("hex"),
  }));
  const text = [
    `Where each book's chain ended at ${engine.now().toISOString()}.`,
    "Keep this letter. To compare the books with it, save the lines between the marks to a file and run:",
    "npm run tranche -- verify --heads FILE",
    "-----",
    JSON.stringify(heads, null, 1),
    "-----",
  ].join("\n");
  const operators = await run<{ email: string }>(engine.pool, choreQueries.operators);
  for (const { email } of operators.rows) await engine.mailer.send({ to: email, subject: "Heads of the books", text });
}
