import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "../../src/db/embedded.ts";
import { migrate } from "../../src/db/migrate.ts";
import type { ScratchLedger } from "./scratch.ts";
import { scratchLedger } from "./scratch.ts";

/** A database server of its own, durable as in production, with one scratch book; gone afterwards. */
export async function withScratch<T>(work: (ledger: ScratchLedger) => Promise<T>): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), "tranche-conformance-"));
  // The user that PostgreSQL runs as has to get through.
  chmodSync(home, 0o711);
  const cluster = await startEmbedded({ home, durable: true });
  try {
    await migrate(cluster.url);
    const ledger = await scratchLedger(cluster.url);
    try {
      return await work(ledger);
    } finally {
      await ledger.close();
    }
  } finally {
    await cluster.stop();
    rmSync(home, { recursive: true, force: true });
  }
}
