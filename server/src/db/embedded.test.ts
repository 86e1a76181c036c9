import { fork } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterEach, expect, test } from "vitest";
import { sharedBuffers, startEmbedded } from "./embedded.ts";
import { findNative } from "./embedded-files.ts";
import { StartError } from "./start-error.ts";

const homes: string[] = [];

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), "tranche-embedded-"));
  // The server runs as another user when we are root, and must be able to enter.
  chmodSync(home, 0o755);
  homes.push(home);
  return home;
}

afterEach(async () => {
  for (const home of homes.splice(0)) {
    if (existsSync(join(home, "postgres", "data", "postmaster.pid"))) await (await startEmbedded({ home, durable: false })).stop();
    rmSync(home, { recursive: true, force: true });
  }
});

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: "array" });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

/** Another process that starts the database, says `adopted` or `started`, and stays until it is killed or told to stop. */
async function other(home: string, durable = false): Promise<{ said: string; kill(): Promise<void>; stop(): Promise<void> }> {
  const child = fork(join(import.meta.dirname, "..", "..", "test", "setup", "hold-embedded.ts"), [home, String(durable)], {
    stdio: "inherit",
  });
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  const said = await new Promise<string>((done, fail) => {
    child.once("message", (message) => done(typeof message === "string" ? message : ""));
    child.once("exit", (code) => fail(new Error(`the other process ended with ${code}`)));
  });
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return gone;
  };
  return { said, kill: () => end("SIGKILL"), stop: () => end("SIGTERM") };
}

test("a first start makes a cluster with checksums that only this machine and the password can reach", async () => {
  const home = makeHome();
  const embedded = await startEmbedded({ home, durable: true });
  expect(embedded.adopted).toBe(false);
  expect(await ask(embedded.url, "SELECT current_user || ' ' || current_database()")).toBe("tranche_owner tranche");
  for (const [setting, value] of [
    ["data_checksums", "on"],
    ["fsync", "on"],
    ["full_page_writes", "on"],
    ["synchronous_commit", "on"],
    ["listen_addresses", "127.0.0.1"],
    ["unix_socket_directories", ""],
    ["timezone", "UTC"],
    ["server_encoding", "UTF8"],
  ] as const) {
    expect([setting, await ask(embedded.url, `SELECT current_setting('${setting}')`)]).toEqual([setting, value]);
  }
  const base = join(home, "postgres");
  expect(statSync(join(base, "owner-password")).mode & 0o777).toBe(0o600);
  expect(statSync(embedded.dataDirectory).mode & 0o777).toBe(0o700);
  const wrong = embedded.url.replace(/:[^:@]+@/, ":wrong@");
  await expect(ask(wrong, "SELECT 1")).rejects.toThrow("password authentication failed");

  await embedded.stop();
  await embedded.stop();
  await expect(ask(embedded.url, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
  expect(existsSync(join(base, "data", "postmaster.pid"))).toBe(false);

  const again = await startEmbedded({ home, durable: true });
  expect(again.url).toBe(embedded.url);
  await again.stop();
  expect(readdirSync(base).filter((name) => name.includes("half") || name.includes("init") || name.includes("lock"))).toEqual([]);
});

test("a quarter of the memory is for pages, and whoever runs the database may change that", async () => {
  const gigabyte = 1_024 ** 3;
  expect([0.25, 0.5, 2, 4, 64].map((memory) => sharedBuffers(memory * gigabyte))).toEqual(["128MB", "128MB", "512MB", "1024MB", "1024MB"]);
  const home = makeHome();
  const first = await startEmbedded({ home, durable: false });
  expect(Number(await ask(first.url, "SELECT pg_size_bytes(current_setting('shared_buffers'))"))).toBeGreaterThanOrEqual(gigabyte / 8);
  expect(await ask(first.url, "SHOW max_wal_size")).toBe("4GB");
  await ask(first.url, "ALTER SYSTEM SET shared_buffers = '64MB'");
  await first.stop();
  const second = await startEmbedded({ home, durable: false });
  expect(await ask(second.url, "SHOW shared_buffers")).toBe("64MB");
  await second.stop();
});

test("a server whose process was killed goes on, and the next start adopts it with every committed row", async () => {
  const home = makeHome();
  const first = await other(home);
  expect(first.said).toMatch(/^started /);
  const url = first.said.split(" ")[1] ?? "";
  await ask(url, "CREATE TABLE kept AS SELECT 7 AS n");
  await first.kill();
  const second = await startEmbedded({ home, durable: false });
  expect(second.adopted).toBe(true);
  expect(await ask(second.url, "SELECT n FROM kept")).toBe(7);
  await second.stop();
  await expect(ask(second.url, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
});

test("two processes that start at once share one server, and it lives until the last one leaves", async () => {
  const home = makeHome();
  const [one, two] = await Promise.all([other(home), other(home)]);
  expect([one, two].map(({ said }) => said.replace(/ .*/, "")).toSorted()).toEqual(["adopted", "started"]);
  const url = one.said.split(" ")[1] ?? "";
  await one.stop();
  expect(await ask(url, "SELECT 1")).toBe(1);
  await two.stop();
  await expect(ask(url, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
});

test("a server that was killed is started again on its port with every committed row, by whichever of two processes comes first", async () => {
  const home = makeHome();
  const one = await startEmbedded({ home, durable: true });
  const two = await startEmbedded({ home, durable: true });
  await ask(one.url, "CREATE TABLE kept AS SELECT 7 AS n");
  expect(await one.revive()).toBe(false);
  process.kill(Number.parseInt(readFileSync(join(one.dataDirectory, "postmaster.pid"), "utf8"), 10), "SIGKILL");
  // As the watch of a server does: a kill, and the end of the server's children, take a moment.
  const again = async (by: typeof one) => {
    while (!(await by.revive().catch(() => false)) && !(await ask(one.url, "SELECT 1").catch(() => 0))) await sleep(20);
  };
  await Promise.all([again(one), again(two)]);
  expect(await ask(one.url, "SELECT n FROM kept")).toBe(7);
  expect(await two.revive()).toBe(false);
  await two.stop();
  await one.stop();
  expect(await one.revive()).toBe(false);
  await expect(ask(one.url, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
});

test("a data directory of another major version is refused in one sentence and left alone", async () => {
  const home = makeHome();
  await (await startEmbedded({ home, durable: false })).stop();
  const version = join(home, "postgres", "data", "PG_VERSION");
  writeFileSync(version, "17\n");
  const refused = startEmbedded({ home, durable: false });
  await expect(refused).rejects.toThrow(StartError);
  await expect(refused).rejects.toThrow(/was made by PostgreSQL 17, but this Tranche brings PostgreSQL 18: .*DATABASE_URL\.$/);
  expect(readFileSync(version, "utf8")).toBe("17\n");
});

test("a first start that was cut short leaves nothing in the way of the next", async () => {
  const home = makeHome();
  await (await startEmbedded({ home, durable: false })).stop();
  const base = join(home, "postgres");
  rmSync(join(base, "data"), { recursive: true });
  writeFileSync(join(base, "data.init"), "half a cluster");
  writeFileSync(join(base, "starting.lock"), "999999999");
  const embedded = await startEmbedded({ home, durable: false });
  expect(await ask(embedded.url, "SELECT 1")).toBe(1);
  await embedded.stop();
});

test("a platform without a PostgreSQL package is told to set DATABASE_URL", () => {
  expect(() => findNative("sunos", "sparc")).toThrow(/^No PostgreSQL comes with Tranche for sunos on sparc .*DATABASE_URL/);
});
