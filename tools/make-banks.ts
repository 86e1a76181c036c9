import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nipLists } from "./bank-nip-lists.ts";

// `node tools/make-banks.ts` writes server/src/atarapay/banks.ts anew: it installs the two packages below into a folder of its own, holds
// them against each other and against the NIP lists, and leaves out whatever does not agree.

const packages = ["banks-ng@1.1.1", "ng-banks@2.1.1"] as const;
const out = join(import.meta.dirname, "..", "server", "src", "atarapay", "banks.ts");

/** Closed since the sources were made: the lists still agree on them, but no money must be sent there. */
const closed: ReadonlyMap<string, string> = new Map([["030", "closed, its licence was withdrawn in June 2024"]]);

/** Short names, as they read once the words every bank has are taken off. */
const alsoCalled: Readonly<Record<string, string>> = { fcmb: "firstcitymonument", gt: "guarantytrust", wemaalat: "wema" };

interface NamedCode {
  readonly name: string;
  readonly code: string;
}

/** A bank's name without the words that every bank has, so that two spellings can be compared. */
function plainName(name: string): string {
  const words = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, " ")
    .replaceAll(/\b(nigeria|microfinance|mfb|plc|limited|lim|ltd|merchant|of)\b/g, " ")
    .replaceAll("bank", " ")
    .replaceAll(" ", "");
  return alsoCalled[words] ?? words;
}

/** `titan` and `titantrust` are one; `access` and `accessdiamond` are told apart by an exact match, which counts before this one. */
function alike(one: string, other: string): boolean {
  return one === other || (one.length >= 3 && other.startsWith(one)) || (other.length >= 3 && one.startsWith(other));
}

function nipOf(bank: string, list: (typeof nipLists)[number]): string | undefined {
  const exact = list.rows.find(([, name]) => plainName(name) === bank);
  return (exact ?? list.rows.find(([, name]) => alike(plainName(name), bank)))?.[0];
}

const folder = mkdtempSync(join(tmpdir(), "tranche-banks-"));
execFileSync("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", "--silent", ...packages], {
  stdio: "inherit",
});
const load = createRequire(join(folder, "package.json"));
const [first, second] = [
  (load("banks-ng/bin/banks.js") as { banks: readonly NamedCode[] }).banks,
  (load("ng-banks") as { getBanks(): readonly NamedCode[] }).getBanks(),
];
rmSync(folder, { recursive: true, force: true });

const codes = [...new Set([...first, ...second].map(({ code }) => code).filter((code) => /^\d{3}$/.test(code)))].toSorted();
const left: string[] = [];
const rows: { name: string; code: string; nip: string }[] = [];
for (const code of codes) {
  const names = [first, second].map((list) => list.find((one) => one.code === code)?.name);
  const [one, two] = names;
  const why = (reason: string) => left.push(`${code} ${one ?? two}: ${reason}`);
  if (one === undefined || two === undefined) why("in one package only");
  else if (!alike(plainName(one), plainName(two))) why(`the packages name it ${one} and ${two}`);
  else if (closed.has(code)) why(closed.get(code) ?? "closed");
  else {
    const found = nipLists.map((list) => nipOf(plainName(one), list));
    const [nip] = found;
    if (nip === undefined || found.some((other) => other !== nip)) why("no NIP code that both lists agree on");
    else rows.push({ name: one.replaceAll("'", ""), code, nip });
  }
}
const shared = rows.filter((row) => rows.some((other) => other !== row && other.nip === row.nip));
if (shared.length > 0) throw new Error(`one NIP code for two banks: ${shared.map((row) => row.name).join(", ")}`);

const text = `/** A Nigerian bank on the wire. */
export interface WireBank {
  /** Without apostrophes: shops put it into scripts of theirs. */
  readonly name: string;
  /** The central bank's code, 3 digits. */
  readonly code: string;
  /** NIBSS's code for instant transfers (NIP), 6 digits. */
  readonly nip_bank_code: string;
}

/**
 * Nigerian banks with both codes. Made by tools/make-banks.ts on ${new Date().toISOString().slice(0, 10)}, not by hand.
 *
 * The 3-digit codes are those on which the npm packages ${packages.join(" and ")} agree, name and code. Those have no NIP
 * codes: these are the ones on which two public lists agree (tools/bank-nip-lists.ts names them; one is NIBSS's own of 2021), so newer
 * institutions are missing. Of ${codes.length} banks with a 3-digit code ${rows.length} are here and ${left.length} were left out:
${left.map((one) => ` * - ${one}`).join("\n")}
 */
export const wireBanks: readonly WireBank[] = Object.freeze(
  [
${rows.map((row) => `    { name: ${JSON.stringify(row.name)}, code: "${row.code}", nip_bank_code: "${row.nip}" },`).join("\n")}
  ].map((bank) => Object.freeze(bank)),
);
`;
writeFileSync(out, text);
console.log(`${rows.length} banks, ${left.length} left out:\n${left.join("\n")}`);
