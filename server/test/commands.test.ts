import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { must } from "../src/domain/fault.ts";
import { emptyDatabase } from "./setup/database.ts";
import type { TestDatabase } from "./setup/database.ts";
import type { Program, Ran } from "./setup/program.ts";
import { newHome, ready, sandboxOf, start, startServer, stop, tranche, wire } from "./setup/program.ts";

// Real processes: slow where the machine is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const home = newHome();
let database: TestDatabase;
let settings: Record<string, string>;
let server: Program;
const shop = "seller@demo.tranche.test";
const run = (...args: string[]): Promise<Ran> => tranche(args, settings);

beforeAll(async () => {
  database = await emptyDatabase();
  settings = { TRANCHE_HOME: home, DATABASE_URL: database.ownerUrl, PORT: "0" };
  server = startServer(settings);
  await ready(server);
});
afterAll(async () => {
  await stop(server);
  await database.drop();
  rmSync(home, { recursive: true, force: true });
});

/** One sentence on stderr and nothing of the program's insides. */
function no({ code, err, out }: Ran, wanted: number, says: RegExp): void {
  expect(err).toMatch(says);
  expect(err.trim().split("\n")).toHaveLength(1);
  expect(err).not.toMatch(/^\s+at /m);
  expect(out).toBe("");
  expect(code).toBe(wanted);
}

test("unknown commands, options and arguments are one sentence and code 2", async () => {
  const all = await Promise.all([
    run("dance"),
    run("verify", "--quickly"),
    run("verify", "now"),
    run("why", "yesterday"),
    run("float", "add", "12.5"),
    run("float", "add", "10", "XXY"),
    run("seller", shop, "sing"),
    run("seller", shop, "set", "colour=red"),
    run("seller", shop, "set", "callback_format=xml"),
    run("seller", "nobody"),
    run("operator", "remove", "x@example.test"),
    run("seller", "add", "new@example.test", "role=business"),
  ]);
  const says = [
    /no command "dance"/,
    /no option "--quickly"/,
    /verify does not know .*"now"/,
    /why ORDER/,
    /whole number/,
    /"XXY" is no currency/,
  ];
  const more = [
    /knows set and keys/,
    /no setting "colour"/,
    /callback_format must be one of auto, json, multipart/,
    /not an e-mail/,
    /operator add EMAIL/,
    /phone=/,
  ];
  for (const [i, expected] of [...says, ...more].entries()) no(all[i] as Ran, 2, expected);
  const help = await run("help");
  expect(help.code).toBe(0);
  for (const name of ["verify", "solvency", "why", "seller", "operator", "float", "migrate", "roles"]) expect(help.out).toContain(name);
});

test("a setting changed by command is the page's own, and the running server goes by it at once", async () => {
  const set = await run(
    "seller",
    shop,
    "set",
    "callback_url=http://127.0.0.1:9/hook",
    "callback_format=json",
    "terms.max_delivery_days=14",
    "unsigned_checkout=refuse",
    "provider_share_limit=12.5",
    "origins=https://a.example,https://b.example",
    "bank.account_number=0123456789",
  );
  expect(set.err).toBe("");
  for (const line of [
    "callback_url=http://127.0.0.1:9/hook",
    "terms.max_delivery_days=14",
    "provider_share_limit=12.5",
    "origins=https://a.example,https://b.example",
    "bank.account_number=0123456789",
  ]) {
    expect(set.out).toContain(line);
  }
  const { rows } = await database.ownerPool.query(
    "SELECT actor, action FROM transitions WHERE object = 'seller' AND action = 'set' ORDER BY seq",
  );
  // The first is the start's own: the demo seller's notifications go to the demo's shop.
  expect(rows).toEqual([
    { actor: "installation", action: "set" },
    { actor: "command", action: "set" },
  ]);
  const sandbox = sandboxOf(home);
  const form = {
    email: "b@example.test",
    phone_number: "+2348031112222",
    customer_firstname: "B",
    customer_lastname: "B",
    currency: "NGN",
    amount: "400000",
    order_product_id: "1",
    order_product_name: "x",
    delivery_date: "2030-01-01 00:00:00",
    delivery_location: "Lagos",
  };
  const answer = await fetch(`${sandbox.url}/pay`, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ token: sandbox.sellers[0]?.public_key ?? "", ...form }),
  });
  expect(answer.status).toBe(422);
  expect(await answer.text()).toContain("signed checkouts only");
  expect((await run("seller", shop, "set", "unsigned_checkout=allow", "callback_url=", "origins=")).code).toBe(0);
  no(await run("seller", shop, "set", "terms.max_delivery_days=1000"), 1, /from 1 to 90/);
  no(await run("seller", shop, "set", "callback_url=ftp://x"), 1, /callback_url must be/);
  no(await run("seller", "nobody@example.test"), 1, /no seller nobody@example\.test/);
});

test("float, solvency, and why an order's money is not out", async () => {
  const float = await run("float", "add", "5000");
  expect(float.out).toMatch(/NGN 50\.00 of float at sandbox is in the house's book/);
  expect((await run("solvency")).out).toMatch(/Solvent[^]*NGN +100,005,000 +0 +100,005,000/);
  const demo = await start(process.execPath, ["server/src/commands/demo.ts"], settings).ended;
  expect(demo.code).toBe(0);
  const order = /order (\d+): completed/.exec(demo.out)?.[1] ?? "";
  const why = await run("why", order);
  expect(why.out).toContain(`Order ${order} of seller 101 is completed; escrow holds NGN 0.00.`);
  expect(why.out).toMatch(/The payout of NGN 756\.50 has arrived\./);
  no(await run("why", "1"), 1, /no order 1/);
});

test("a rotated key works beside the old one, and a second rotation ends the oldest", async () => {
  const sandbox = sandboxOf(home);
  const pairOf = (out: string) => ({
    public_key: /Public key +(\S+)/.exec(out)?.[1] ?? "",
    private_key: /Private key +(\S+)/.exec(out)?.[1] ?? "",
  });
  const works = async (pair: object) =>
    (
      await wire(
        { ...sandbox, sellers: [{ ...(sandbox.sellers[0] as (typeof sandbox.sellers)[number]), ...pair }] },
        "/api/project/getExternalProjects",
      )
    ).status;
  const fresh = pairOf((await run("seller", shop, "keys", "rotate")).out);
  expect(await works({})).toBe(200);
  expect(await works(fresh)).toBe(200);
  const newest = pairOf((await run("seller", shop, "keys", "rotate")).out);
  expect(await works({})).toBe(401);
  expect(await works(fresh)).toBe(200);
  expect(await works(newest)).toBe(200);
  const listed = await run("seller", shop, "keys");
  expect(listed.out).toContain(newest.public_key);
  expect(listed.out).not.toContain(newest.private_key);
});

test("people are added and their passwords changed, from the standard input or printed once", async () => {
  const { url } = sandboxOf(home);
  const signIn = async (email: string, password: string) =>
    (await fetch(`${url}/operator/api/session`, { method: "POST", body: new URLSearchParams({ email, password }) })).status;
  const added = await run("operator", "add", "Second@Example.test");
  const password = /once\): (\S+)/.exec(added.out)?.[1] ?? "";
  expect(await signIn("second@example.test", password)).toBe(200);
  no(await run("operator", "add", "second@example.test"), 1, /already/);
  const changed = await tranche(["operator", "second@example.test", "password", "--password-stdin"], settings, "a long enough one\n");
  expect(changed.out).not.toContain("a long enough one");
  expect(await signIn("second@example.test", password)).toBe(401);
  expect(await signIn("second@example.test", "a long enough one")).toBe(200);
  no(await tranche(["operator", "second@example.test", "password", "--password-stdin"], settings, "short"), 2, /at least 10/);

  const seller = await run("seller", "add", "new@example.test", "phone=+2348039990001", "role=business", "business_name=New Shop");
  expect(seller.code).toBe(0);
  const pair = {
    public_key: /Public key +(\S+)/.exec(seller.out)?.[1] ?? "",
    private_key: /Private key +(\S+)/.exec(seller.out)?.[1] ?? "",
  };
  const sandbox = sandboxOf(home);
  expect(
    (await wire({ ...sandbox, sellers: [{ role: "", email: "", password: "", phone: "", ...pair }] }, "/api/project/getExternalProjects"))
      .status,
  ).toBe(200);
  no(await run("seller", "add", "new@example.test", "phone=+2348039990002", "business_name=Twice"), 1, /exists/);
});

test("verify says that the books prove themselves, and names the first wrong entry where they do not", async () => {
  const good = await run("verify");
  expect(good.out).toMatch(/The books prove themselves: \d+ books, \d+ entries, \d+ postings, no finding\.\nSolvent/);
  expect(good.code).toBe(0);
  await database.ownerPool.query("UPDATE postings SET amount = amount + 1 WHERE seller_id = 0 AND entry_seq = 2");
  const bad = await run("verify");
  expect(bad.err).toMatch(/The books are WRONG .* First: book 0, entry 2: /);
  expect(bad.code).toBe(1);
  await database.ownerPool.query("UPDATE postings SET amount = amount - 1 WHERE seller_id = 0 AND entry_seq = 2");
  expect((await run("verify")).code).toBe(0);
});

test("migrate makes a schema once; other commands say when it is missing; roles prints SQL without a database", async () => {
  const fresh = await emptyDatabase();
  const there = { ...settings, DATABASE_URL: fresh.ownerUrl };
  no(await tranche(["verify"], there), 1, /schema is 0 of \d+: npm run tranche -- migrate/);
  expect((await tranche(["migrate"], there)).out).toContain("ran 000001_installation.sql");
  expect((await tranche(["migrate"], there)).out).toContain("up to date already");
  expect((await tranche(["verify"], there)).code).toBe(0);
  no(await tranche(["migrate"], { ...there, TRANCHE_MODE: "live" }), 1, /belongs to a sandbox installation/);
  await fresh.drop();
  const roles = await tranche(["roles"], { TRANCHE_HOME: home, DATABASE_URL: "postgres://the%20owner:pw@nowhere.invalid/x" });
  expect(roles.out).toContain('GRANT tranche_app, tranche_read TO "the owner";');
  expect(roles.out).not.toContain("pw");
  no(await tranche(["verify"], { TRANCHE_HOME: `${home}/nothing` }), 1, /no installation in .*nothing/);
});

test("a proof of solvency is written once, verified from the file alone, and refused with the reason where it was changed", async () => {
  const file = `${home}/proof.json`;
  expect((await run("solvency", "--out", file)).out).toMatch(/^Solvent\.[^]*Signed by [0-9a-f]{64}/);
  const kept = async () => (await database.ownerPool.query("SELECT count(*) FROM solvency_statements")).rows;
  const before = await kept();
  no(await run("solvency", "--out", file), 1, /proof\.json is there already and is not written over; nothing was signed/);
  no(await run("solvency", "--out", `${home}/nowhere/proof.json`), 1, /nowhere cannot be written to; nothing was signed/);
  expect(await kept()).toEqual(before);
  no(await run("solvency", "receipt", "7"), 1, /Nothing was owed to service provider 7 at 20/);
  no(await run("solvency", "receipt", "seven"), 2, /solvency receipt PROVIDER/);
  const key = must(/^[0-9a-f]{64}/.exec((await run("solvency", "key")).out)?.[0], "a key");
  // Elsewhere, where there is no installation.
  const elsewhere = { TRANCHE_HOME: `${home}/nothing` };
  const good = await tranche(["verify", "--solvency", file, "--key", key], elsewhere);
  expect([good.code, good.err]).toEqual([0, ""]);
  expect(good.out).toMatch(/It was signed by/);
  no(
    await tranche(["verify", "--solvency", file, "--key", "0".repeat(64)], elsewhere),
    1,
    /NOT hold\. The document is signed with the key/,
  );
  const changed = `${home}/changed.json`;
  writeFileSync(changed, readFileSync(file, "utf8").replace(/"entry": (\d+)/, '"entry": 9$1'));
  no(await tranche(["verify", "--solvency", changed], elsewhere), 1, /NOT hold\. The signature does not fit/);
  no(await run("verify", "--receipt", file), 2, /A receipt is checked against its document/);
  no(await run("verify", "--solvency", file, "--receipt", file), 1, /The receipt lacks format/);
});

test("a reconciliation in which a rail gave no answer ends with 1, and says which", async () => {
  expect((await run("reconcile")).code).toBe(0);
  const paystack = { TRANCHE_PAYSTACK_SECRET_KEY: "sk_test_nobody_is_there", TRANCHE_PAYSTACK_BASE_URL: "http://127.0.0.1:9" };
  const { code, err, out } = await tranche(["reconcile"], { ...settings, ...paystack });
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/paystack: it gave no answer/);
  expect(err).not.toMatch(/^\s+at /m);
});
