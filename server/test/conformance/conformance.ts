import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { verifyBooks } from "../../src/ledger/verify.ts";
import type { Told } from "./fifteen.ts";
import { askAll, tally } from "./fifteen.ts";
import { capabilities } from "./harness.ts";
import { httpLedger } from "./http-ledger.ts";
import { withScratch } from "./own-cluster.ts";
import { serveLedger } from "./serve-ledger.ts";

// `npm run conformance [-- --url http://… --seed N --capabilities REPLAY,…]`: asks a ledger the fifteen questions over HTTP, with two fixed
// seeds and a fresh one.
const { values } = parseArgs({
  options: { url: { type: "string" }, seed: { type: "string", multiple: true }, capabilities: { type: "string" } },
});
const seeds = values.seed === undefined ? [1, 2, randomInt(3, 1_000_000)] : values.seed.map(Number);
const claimed = values.capabilities?.split(",") ?? capabilities;
const unknown = claimed.filter((name) => !capabilities.some((known) => known === name));
if (unknown.length > 0) throw new Error(`No such capability: ${unknown.join(", ")}. There are ${capabilities.join(", ")}.`);
const has = capabilities.filter((name) => claimed.includes(name));

let broken = 0;
if (values.url !== undefined) await ask(values.url);
else {
  await withScratch(async (ledger) => {
    const served = await serveLedger(ledger, 0);
    let postings = 0;
    try {
      await ask(served.url, async ({ id }) => {
        const report = await verifyBooks(ledger.pool);
        postings += report.postings;
        broken += report.findings.length;
        for (const { says } of report.findings) console.log(`  ${id} left a book that our own verify finds wrong: ${says}`);
      });
    } finally {
      await served.stop();
    }
    console.log(`\nOur own verify walked the book after each question: ${postings} postings in all.`);
  });
}
process.exitCode = broken === 0 ? 0 : 1;

async function ask(url: string, afterEach: (told: Told) => Promise<void> = async () => undefined): Promise<void> {
  const { version }: { version: string } = JSON.parse(readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8"));
  const ledger = httpLedger(url);
  console.log(
    `Fifteen questions to the ledger at ${url}, ${new Date().toISOString().slice(0, 10)}, Tranche ${version}, Node ${process.versions.node}.`,
  );
  for (const seed of seeds) {
    console.log(`\nseed ${seed}`);
    const onTold = async (one: Told) => {
      console.log(`  ${one.id} ${one.verdict.padEnd(5)} ${one.title}: ${one.says}`);
      await afterEach(one);
    };
    const told = await askAll(ledger, seed, { has, onTold });
    broken += tally(told, "broke");
    console.log(`  held ${tally(told, "held")}, broke ${tally(told, "broke")}, not applicable ${tally(told, "not applicable")}`);
  }
  await ledger.close();
}
