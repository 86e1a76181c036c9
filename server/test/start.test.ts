import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, describe, expect, test, vi } from "vitest";
import { emptyDatabase, testDatabase } from "./setup/database.ts";
import type { TestDatabase } from "./setup/database.ts";
import type { Program, Ran, Sandbox } from "./setup/program.ts";
import { newHome, ready, sandboxOf, start, startServer, stop, tranche, wire } from "./setup/program.ts";

// Real processes: slow where the machine is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const homes: string[] = [];
const home = (): string => {
  const made = newHome();
  homes.push(made);
  return made;
};
afterAll(() => {
  for (const one of homes) rmSync(one, { recursive: true, force: true });
});

const running = (base: string) => existsSync(join(base, "postgres", "data", "postmaster.pid"));

/** One clear sentence on stderr, nothing of the program's insides, and a code that says no. */
function refused({ code, err, out }: Ran, says: RegExp): void {
  expect(err).toMatch(says);
  expect(err.trim().split("\n")).toHaveLength(1);
  expect(err).not.toMatch(/^\s+at |node:internal|\{"level"/m);
  expect(out).not.toContain("is ready at");
  expect(code).toBe(1);
}

async function signIn(sandbox: Sandbox): Promise<number> {
  const body = new URLSearchParams({ email: sandbox.operator.email, password: sandbox.operator.password });
  return (await fetch(`${sandbox.url}/operator/api/session`, { method: "POST", body })).status;
}

test("a sandbox starts, answers, is stopped by signals to node and to npm, is killed, and goes on each time with the same keys", {
  timeout: 120_000,
}, async () => {
  const base = home();
  const settings = { TRANCHE_HOME: base, PORT: "0" };
  const first = startServer(settings);
  await ready(first);
  const sandbox = sandboxOf(base);
  expect(statSync(join(base, "sandbox.json")).mode & 0o777).toBe(0o600);
  expect(Object.keys(sandbox)).toEqual(["url", "database_url", "operator", "sellers"]);
  expect(sandbox.sellers.map(({ role }) => role)).toEqual(["business", "marketplace_operator", "individual"]);
  for (const seller of sandbox.sellers)
    expect(Object.keys(seller)).toEqual(["role", "email", "password", "phone", "public_key", "private_key"]);
  for (let i = 0; i < 3; i += 1) expect((await wire(sandbox, "/api/project/getExternalProjects", {}, i)).status).toBe(200);
  expect(await signIn(sandbox)).toBe(200);
  await readsOnly(sandbox.database_url);
  await pasted(first, sandbox);

  const { port } = new URL(sandbox.url);
  const other = await startServer({ TRANCHE_HOME: base, PORT: port }).ended;
  refused(other, new RegExp(`Port ${port} on 127.0.0.1 is in use`));
  expect((await fetch(`${sandbox.url}/healthz`)).status).toBe(200);

  expect((await stop(first, "SIGINT")).code).toBe(0);
  expect(running(base)).toBe(false);

  // A command starts the database for itself and leaves it as it found it.
  expect(await tranche(["verify"], { TRANCHE_HOME: base })).toMatchObject({ code: 0 });
  expect(running(base)).toBe(false);

  const second = startServer(settings);
  await ready(second);
  expect(sandboxOf(base)).toMatchObject({ operator: sandbox.operator, sellers: sandbox.sellers });
  second.child.kill("SIGKILL");
  await second.ended;
  expect(running(base)).toBe(true);

  const throughNpm = start("npm", ["start"], settings);
  await ready(throughNpm);
  const third = sandboxOf(base);
  expect(third).toMatchObject({ operator: sandbox.operator, sellers: sandbox.sellers });
  expect((await wire(third, "/api/project/getExternalProjects")).status).toBe(200);
  // Ctrl-C at a terminal reaches npm and node at once, and npm passes its own on.
  process.kill(-(throughNpm.child.pid ?? 0), "SIGINT");
  await throughNpm.ended;
  await stopped(base);
  await expect(fetch(`${third.url}/healthz`)).rejects.toThrow();

  const again = start("npm", ["start"], settings);
  await ready(again);
  // A service manager tells npm alone.
  again.child.kill("SIGTERM");
  await again.ended;
  await stopped(base);
});

async function stopped(base: string): Promise<void> {
  for (let waited = 0; running(base) && waited < 10_000; waited += 50) await sleep(50);
  expect(running(base)).toBe(false);
}

async function readsOnly(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  expect((await client.query("SELECT count(*) FROM postings")).rowCount).toBe(1);
  for (const sql of [
    "UPDATE orders SET state = 'completed'",
    "DELETE FROM postings",
    "SELECT private_key_sealed FROM api_keys",
    "SELECT password_hash FROM sellers",
  ]) {
    await expect(client.query(sql)).rejects.toThrow(/permission denied/);
  }
  await client.end();
}

/** The printed lines, the first of which reads the authtoken, pasted into one shell. */
async function pasted(server: Program, sandbox: Sandbox): Promise<void> {
  const lines = server
    .out()
    .split("\n")
    .filter((line) => /^ {2}(AUTHTOKEN=|answer=|curl )/.test(line));
  expect(lines).toHaveLength(4);
  const said = execFileSync("bash", ["-c", lines.join("\n")], { encoding: "utf8" });
  expect(said).toContain('"message":"project_created"');
  expect(said).toMatch(new RegExp(`${sandbox.url}/pay/[\\w-]{20,}`));
  expect(said).toContain('{"status":"success","message":"Mailbox","data":[');
  const page = /http\S+\/pay\/\S+/.exec(said)?.[0] ?? "";
  expect((await fetch(page)).status).toBe(200);
}

describe("a start that cannot be", () => {
  const databases: TestDatabase[] = [];
  const made = async (make: () => Promise<TestDatabase>): Promise<TestDatabase> => {
    const database = await make();
    databases.push(database);
    return database;
  };
  afterAll(async () => {
    for (const database of databases) await database.drop();
  });
  const tried = (settings: Record<string, string>) => startServer({ TRANCHE_HOME: home(), PORT: "0", ...settings }).ended;

  test("a DATABASE_URL that is none, a host that is not there, a closed port, a wrong password", async () => {
    const { ownerUrl } = await made(emptyDatabase);
    const wrong = new URL(ownerUrl);
    wrong.password = "wrong";
    const missing = new URL(ownerUrl);
    missing.pathname = "/nothing_here";
    const [none, host, port, password, name] = await Promise.all([
      tried({ DATABASE_URL: "not an address" }),
      tried({ DATABASE_URL: "postgres://me:secret-word@nowhere.invalid/x" }),
      tried({ DATABASE_URL: "postgres://me:secret-word@localhost:1/x" }),
      tried({ DATABASE_URL: wrong.href }),
      tried({ DATABASE_URL: missing.href }),
    ]);
    refused(none, /DATABASE_URL must be an address like postgres:/);
    refused(host, /DATABASE_URL names \(nowhere\.invalid\/x\) cannot be reached: .*ENOTFOUND|EAI_AGAIN/);
    refused(port, /cannot be reached: connect ECONNREFUSED/);
    refused(password, /cannot be reached: password authentication failed/);
    refused(name, /cannot be reached: database "nothing_here" does not exist/);
    for (const { err } of [none, host, port]) expect(err).not.toContain("secret-word");
  });

  test("a database of a newer schema, or of a live installation", async () => {
    const newer = await made(testDatabase);
    await newer.ownerPool.query("INSERT INTO migrations (number, name, sha256) VALUES (999999, 'from_the_future', '')");
    const live = await made(testDatabase);
    await live.ownerPool.query("INSERT INTO installation (mode, created_at, alive_at) VALUES ('live', now(), now())");
    const [a, b] = await Promise.all([tried({ DATABASE_URL: newer.ownerUrl }), tried({ DATABASE_URL: live.ownerUrl })]);
    refused(a, /newer Tranche/);
    refused(b, /belongs to a live installation; it cannot be started as sandbox/);
  });

  test("a folder that cannot be made, a setting that is wrong, an address that is not this machine's", async () => {
    const { ownerUrl } = await made(emptyDatabase);
    const [folder, setting, address] = await Promise.all([
      tried({ TRANCHE_HOME: "/dev/null/nothing" }),
      tried({ TRANCHE_ORDER_AGREE_BY: "soon" }),
      tried({ TRANCHE_HOST: "192.0.2.1", DATABASE_URL: ownerUrl }),
    ]);
    refused(folder, /TRANCHE_HOME/);
    refused(setting, /TRANCHE_ORDER_AGREE_BY must be a duration/);
    refused(address, /no address 192\.0\.2\.1/);
  });

  test("secrets of the demo's people outlive a crash at any moment of the first start", async () => {
    const { ownerUrl } = await made(emptyDatabase);
    const base = home();
    const settings = { TRANCHE_HOME: base, PORT: "0", DATABASE_URL: ownerUrl };
    const cut = startServer(settings);
    for (let waited = 0; !existsSync(join(base, "sandbox.json.new")) && waited < 20_000; waited += 2) await sleep(2);
    await sleep(60);
    cut.child.kill("SIGKILL");
    await cut.ended;
    expect(existsSync(join(base, "sandbox.json"))).toBe(false);
    const early = JSON.parse(readFileSync(join(base, "sandbox.json.new"), "utf8")) as Sandbox;
    expect(statSync(join(base, "sandbox.json.new")).mode & 0o777).toBe(0o600);

    const again = startServer(settings);
    await ready(again);
    const sandbox = sandboxOf(base);
    expect(sandbox).toMatchObject(early);
    expect(await signIn(sandbox)).toBe(200);
    for (let i = 0; i < 3; i += 1) expect((await wire(sandbox, "/api/project/getExternalProjects", {}, i)).status).toBe(200);
    await readsOnly(sandbox.database_url);
    expect((await tranche(["solvency"], settings)).out).toContain("100,000,000");
    expect(readdirSync(base)).not.toContain("sandbox.json.new");
    await stop(again);

    // The file is lost altogether: the people get new secrets, and those work.
    rmSync(join(base, "sandbox.json"));
    const later = startServer(settings);
    await ready(later);
    const renewed = sandboxOf(base);
    expect(renewed.operator.password).not.toBe(sandbox.operator.password);
    expect(await signIn(renewed)).toBe(200);
    expect((await wire(renewed, "/api/project/getExternalProjects")).status).toBe(200);
    await stop(later);
  });
});
