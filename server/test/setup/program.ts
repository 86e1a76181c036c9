import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const root = join(import.meta.dirname, "..", "..", "..");

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
  /** What it has printed so far. */
  out(): string;
}

type Settings = Readonly<Record<string, string>>;

/** A folder for an installation. The user that PostgreSQL runs as has to get through to its own folder inside. */
export function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), "tranche-home-"));
  chmodSync(home, 0o711);
  return home;
}

/** Runs one of the programs as a process of its own, with none of this run's settings but those given. */
export function start(program: string, args: readonly string[], settings: Settings, input?: string): Program {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TRANCHE_|DATABASE_URL$|PORT$|NODE_OPTIONS$|VITEST)/.test(name));
  const child = spawn(program, args, {
    cwd: root,
    env: { ...Object.fromEntries(inherited), ...settings },
    stdio: ["pipe", "pipe", "pipe"],
    // A process group of its own, as a terminal gives one.
    detached: true,
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.end(input ?? "");
  const ended = new Promise<Ran>((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) => done({ code, out, err }));
  });
  return { child, ended, out: () => out };
}

export function startServer(settings: Settings): Program {
  return start(process.execPath, ["server/src/main.ts"], settings);
}

/** Runs `npm run tranche -- …` without npm. */
export function tranche(args: readonly string[], settings: Settings, input?: string): Promise<Ran> {
  return start(process.execPath, ["server/src/commands/tranche.ts", ...args], settings, input).ended;
}

export interface Sandbox {
  readonly url: string;
  readonly database_url: string;
  readonly operator: { readonly email: string; readonly password: string };
  readonly sellers: readonly { role: string; email: string; password: string; phone: string; public_key: string; private_key: string }[];
}

export function sandboxOf(home: string): Sandbox {
  return JSON.parse(readFileSync(join(home, "sandbox.json"), "utf8")) as Sandbox;
}

/** Waits until a server has said that it is ready; fails with what it said instead. */
export async function ready(program: Program): Promise<void> {
  let over: Ran | undefined;
  void program.ended.then((ran) => (over = ran));
  for (let waited = 0; !program.out().includes("is ready at"); waited += 20) {
    if (over !== undefined) throw new Error(`the server ended with ${over.code}: ${over.err}${over.out}`);
    if (waited > 60_000) throw new Error(`the server was not ready within a minute: ${program.out()}`);
    await sleep(20);
  }
}

export async function stop(program: Program, signal: NodeJS.Signals = "SIGTERM"): Promise<Ran> {
  program.child.kill(signal);
  return program.ended;
}

/** A wire call with a seller's key pair. */
export async function wire(
  sandbox: Sandbox,
  path: string,
  fields: Readonly<Record<string, string>> = {},
  seller = 0,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const { public_key: publicKey, private_key: privateKey } = sandbox.sellers[seller] ?? { public_key: "", private_key: "" };
  const authtoken = Buffer.from(`${publicKey}:${privateKey}`).toString("base64");
  const answer = await fetch(sandbox.url + path, { method: "POST", body: new URLSearchParams({ authtoken, ...fields }) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}
