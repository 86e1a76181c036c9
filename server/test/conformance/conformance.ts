import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { verifyBooks } from "../../src/ledger/verify.ts";
import type { Told } from "./fifteen.ts";
import { askAll } from "./fifteen.ts";
import { httpLedger } from "./http-ledger.ts";
import { withScratch } from "./own-cluster.ts";
import { serveLedger } from "./serve-ledger.ts";

// `npm run conformance [-- --url http://… --seed N]`: asks a ledger the fifteen questions over HTTP, with two fixed seeds and a fresh one.
const { values } = parseArgs({ options: { url: { type: "string" }, seed: { type: "string", multiple: true } } });
const seeds = values.seed === undefined ? [1, 2, randomInt(3, 1_000_000)] : values.seed.map(Number);

let broken = 0;
if (values.url !== undefined) await ask(values.url);
else {
  await withScratch(async (ledger) => {
    const served = await serveLedger(ledger, 0);
    await ask(served.url);
    await served.stop();
    const report = await verifyBooks(ledger.pool);
    console.log(
      `\nThe last book, by our own verify: ${report.entries} entries, ${report.postings} postings, ${report.findings.length} findings.`,
    );
    if (report.findings.length > 0) broken += 1;
  });
}
process.exitCode = broken === 0 ? 0 : 1;

async function ask(url: string): Promise<void> {
  const { version }: { version: string } = JSON.parse(readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8"));
  const ledger = httpLedger(url);
  console.log(
    `Fifteen questions to the ledger at ${url}, ${new Date().toISOString().slice(0, 10)}, Tranche ${version}, Node ${process.versions.node}.`,
  );
  for (const seed of seeds) {
    console.log(`\nseed ${seed}`);
    const told = await askAll(ledger, seed, (one) => console.log(`  ${line(one)}`));
    const kept = told.filter((one) => one.held).length;
    broken += told.length - kept;
    console.log(`  held ${kept}, broke ${told.length - kept}, not applicable 0`);
  }
  await ledger.close();
}

function line({ id, held, title, says }: Told): string {
  return `${id} ${held ? "held " : "BROKE"} ${title}: ${says}`;
}
