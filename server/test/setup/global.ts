import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import type { Embedded } from "../../src/db/embedded.ts";
import { startEmbedded } from "../../src/db/embedded.ts";
import { migrate } from "../../src/db/migrate.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder in which test files ask for the database server and find its address. */
    databaseFolder: string;
  }
}

export const templateDatabase = "tranche_template";

/**
 * One PostgreSQL for the whole run, started when the first test file asks for a database (a file named `wanted`), with the migrated template in
 * it. The answer is `ready.json`: `{ url }` or `{ error }`, so that a broken migration fails only the tests that need a database.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (Number.parseInt(process.versions.node, 10) < 24) throw new Error(`the tests need Node 24, this is ${process.version}`);
  await removeLeftovers();
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  // The server runs as another user when we are root, and must be able to enter.
  chmodSync(folder, 0o755);
  project.provide("databaseFolder", folder);

  let starting: Promise<Embedded | undefined> | undefined;
  const watch = setInterval(() => {
    if (starting === undefined && existsSync(join(folder, "wanted"))) starting = start(folder);
  }, 20);
  return async () => {
    clearInterval(watch);
    await (await starting)?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function start(folder: string): Promise<Embedded | undefined> {
  let embedded: Embedded | undefined;
  try {
    embedded = await startEmbedded({ home: folder, durable: false });
    await makeTemplate(embedded.url);
    answer(folder, { url: embedded.url });
  } catch (error) {
    answer(folder, { error: error instanceof Error ? error.message : String(error) });
  }
  return embedded;
}

function answer(folder: string, what: { url: string } | { error: string }): void {
  const path = join(folder, "ready.json");
  writeFileSync(`${path}.half`, JSON.stringify(what), { mode: 0o600 });
  renameSync(`${path}.half`, path);
}

async function makeTemplate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${templateDatabase}`);
  await client.end();
  const template = new URL(url);
  template.pathname = `/${templateDatabase}`;
  await migrate(template.href);
}

const prefix = `tranche-test-${process.getuid?.() ?? 0}-`;

/** A run that was killed leaves its server behind; its folder carries the process id. Adopting it and leaving shuts it down. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    const folder = join(tmpdir(), name);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    // Another run may be tidying up as well.
    const found = lstatSync(folder, { throwIfNoEntry: false });
    if (found === undefined || found.uid !== (process.getuid?.() ?? found.uid)) continue;
    try {
      if (existsSync(join(folder, "postgres", "data", "postmaster.pid"))) {
        const left = await startEmbedded({ home: folder, durable: false });
        await left.stop();
      }
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      console.warn(`could not remove ${folder}: ${String(error)}`);
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
