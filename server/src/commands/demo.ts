import { randomInt } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadConfig, readConfig } from "../config.ts";
import { StartError } from "../db/start-error.ts";
import type { Got } from "./demo-play.ts";
import { Play } from "./demo-play.ts";
import type { Milestone } from "./demo-steps.ts";
import { documentedRailFee, playAll, readBooks } from "./demo-steps.ts";
import { DemoFailed, Wire } from "./demo-wire.ts";
import type { SandboxFile } from "./sandbox-file.ts";
import { readSandboxFile } from "./sandbox-file.ts";
import { serve } from "./serve.ts";
import { kobo, table } from "./table.ts";

/** A sandbox to play in, and how to leave it. */
interface Stage {
  readonly sandbox: SandboxFile;
  readonly told: string;
  leave(): Promise<void>;
}

const usage = "npm run demo [-- --url http://127.0.0.1:4000] [--dollars]";

async function findStage(url: string | undefined): Promise<Stage> {
  const { home } = loadConfig();
  const running = await readSandboxFile(home);
  const there = url ?? running?.url;
  if (running !== undefined && there !== undefined && (await isUp(there))) {
    return {
      sandbox: { ...running, url: there.replace(/\/$/, "") },
      told: `the running sandbox at ${there}`,
      leave: () => Promise.resolve(),
    };
  }
  if (url === undefined) return ownStage();
  throw new StartError(
    running === undefined
      ? `The keys of the sandbox at ${url} are in its sandbox.json, and ${home} has none: set TRANCHE_HOME to its folder.`
      : `No sandbox answers at ${url}.`,
  );
}

async function isUp(url: string): Promise<boolean> {
  try {
    const answer = await fetch(new URL("/healthz", url), { signal: AbortSignal.timeout(3_000) });
    const body: unknown = await answer.json();
    return typeof body === "object" && body !== null && "mode" in body && body.mode === "sandbox";
  } catch {
    return false;
  }
}

/** A sandbox of its own, on a free port and in a folder that is removed afterwards. */
async function ownStage(): Promise<Stage> {
  const home = await mkdtemp(join(tmpdir(), "tranche-demo-"));
  // The user that PostgreSQL runs as has to get through to its own folder inside.
  await chmod(home, 0o711);
  const remove = () => rm(home, { recursive: true, force: true });
  try {
    const running = await serve(readConfig({ TRANCHE_HOME: home, TRANCHE_PORT: "0" }), { quiet: true });
    const sandbox = await readSandboxFile(home);
    if (sandbox === undefined) throw new DemoFailed("The sandbox wrote no sandbox.json.");
    return { sandbox, told: "a sandbox of its own, which is gone afterwards", leave: () => running.stop().then(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function demo(url: string | undefined, dollars: boolean): Promise<boolean> {
  const stage = await findStage(url);
  let stopping = false;
  const leave = async () => {
    if (stopping) return;
    stopping = true;
    await stage.leave();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void leave().finally(() => process.exit(1)));
  try {
    process.stdout.write(`\nA project of three milestones, played over HTTP in ${stage.told}.\n\n`);
    const unlike = randomInt(1_000_000, 9_999_999);
    const play = new Play(
      new Wire(stage.sandbox.url),
      stage.sandbox,
      { email: `buyer.${unlike}@demo.tranche.test`, phone: `+234803${unlike}` },
      unlike * 10,
      dollars,
    );
    await play.signInOperator(stage.sandbox.operator);
    let milestones: Milestone[] = [];
    try {
      milestones = await playAll(play);
    } finally {
      process.stdout.write(`${stepsTable(play)}\n\n`);
    }
    process.stdout.write(`${moneyTable(milestones)}\n\n`);
    const books = await readBooks(play);
    const wrong = milestones.filter(({ got, expected }) => JSON.stringify(got) !== JSON.stringify(expected));
    for (const { name, expected } of wrong) process.stdout.write(`  NOT as documented: ${name} should be ${JSON.stringify(expected)}\n`);
    const railFee = milestones[0]?.got.railFee ?? documentedRailFee;
    if (railFee !== documentedRailFee)
      process.stdout.write(`  At this rail's price of ${kobo(railFee)}; the documented figures are for ${kobo(documentedRailFee)}.\n`);
    process.stdout.write(
      `  Books: ${books.entries} entries, ${books.postings} postings, ${books.findings.length} findings; ${books.ok ? "they prove themselves" : "they are WRONG"}.\n`,
    );
    for (const finding of books.findings) process.stdout.write(`  Finding: ${finding}\n`);
    for (const line of books.solvency) process.stdout.write(`  Solvency in kobo, ${line}\n`);
    process.stdout.write("\n");
    return books.ok && wrong.length === 0;
  } finally {
    await leave();
  }
}

function stepsTable({ steps }: Play): string {
  const rows = steps.flatMap(({ what, call, answer }, i) => {
    const [first = "", ...more] = wrap(answer, 60);
    return [[String(i + 1), what, call, first], ...more.map((line) => ["", "", "", line])];
  });
  return table(["", "what", "call", "answer"], rows, new Set([0]));
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function moneyTable(milestones: readonly Milestone[]): string {
  const names: readonly (keyof Got)[] = ["buyer", "seller", "provider", "escrowFee", "payoutFee", "railFee"];
  const rows = milestones.map(({ name, order, got }) => [
    name,
    String(order),
    ...names.map((part) => kobo(got[part])),
    kobo(names.reduce((sum, part) => sum + got[part], 0)),
  ]);
  const heads = ["milestone (kobo)", "order", "buyer", "seller", "provider", "escrow fee", "payout fee", "rail's fee", "in all"];
  return table(heads, rows, new Set([1, 2, 3, 4, 5, 6, 7, 8]));
}

try {
  const { values } = parseArgs({ options: { url: { type: "string" }, dollars: { type: "boolean", default: false } } });
  process.exitCode = (await demo(values.url, values.dollars)) ? 0 : 1;
} catch (error) {
  const known = error instanceof StartError || error instanceof DemoFailed;
  const badOption = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  if (!known && !badOption) throw error;
  process.stderr.write(badOption ? `${error.message}\nUsage: ${usage}\n` : `${error.message}\n`);
  process.exitCode = badOption ? 2 : 1;
}
