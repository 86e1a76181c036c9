import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Embedded } from "../server/src/db/embedded.ts";
import { startEmbedded } from "../server/src/db/embedded.ts";
import { migrate } from "../server/src/db/migrate.ts";
import { documents } from "./documents.ts";

// `npm run generate`: writes every generated document. Uses a database of its own that is gone afterwards.

const home = mkdtempSync(join(tmpdir(), "tranche-generate-"));
chmodSync(home, 0o755);
let embedded: Embedded | undefined;

async function databaseUrl(): Promise<string> {
  if (embedded === undefined) {
    embedded = await startEmbedded({ home, durable: false });
    await migrate(embedded.url);
  }
  return embedded.url;
}

try {
  for (const { path, make } of documents) {
    const target = join(import.meta.dirname, "..", path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, await make({ databaseUrl }));
    console.log(`wrote ${path}`);
  }
} finally {
  await embedded?.stop();
  rmSync(home, { recursive: true, force: true });
}
