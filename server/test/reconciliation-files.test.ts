import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../src/db/connect.ts";
import { breakQueries, settlementQueries } from "../src/db/settlements.ts";
import { must } from "../src/domain/fault.ts";
import { reconcileRails } from "../src/jobs/reconcile.ts";
import type { Rail } from "../src/rails/rail.ts";
import { NoAnswer } from "../src/rails/rail.ts";
import type { WorldOver } from "./setup/over-rail.ts";
import { worldOver } from "./setup/over-rail.ts";

let world: WorldOver;
let bearer: string;
beforeAll(async () => {
  world = await worldOver("paystack");
  await world.signIn("operator");
  const { email, password } = world.seeded.operator;
  const answer = await world.inject({ method: "POST", url: "/operator/api/session", payload: { email, password } });
  bearer = (answer.json() as { data: { token: string } }).data.token;
});
afterAll(() => world.close());

const header = "settlement_id,currency,settlement_amount,settled_at,line_id,kind,reference,rail_reference,gross,fee";
const upload = async (file: string | Buffer, rail = "paystack") => {
  const headers = { authorization: `Bearer ${bearer}`, "content-type": "text/csv" };
  const answer = await world.inject({ method: "POST", url: `/operator/api/settlements/${rail}`, headers, payload: file });
  const body: { readonly message?: string; readonly data?: { readonly outcome: readonly string[] } } = answer.json();
  return { status: answer.statusCode, body };
};
const settlements = async () =>
  (await world.engine.pool.query<{ id: string; source: string }>("SELECT settlement_id AS id, source FROM settlements ORDER BY 1")).rows;

test("a file settles the payments it names, once, however often it is given", async () => {
  const id = await world.bought();
  const payment = (await world.paymentsOf(id))[0];
  const line = `${payment?.reference},${payment?.railReference},${payment?.received},${payment?.railFee}`;
  const net = (payment?.received ?? 0n) - (payment?.railFee ?? 0n);
  const file = `${header}\nbank-1,NGN,${net},2026-11-20,1,payment,${line}\n`;
  expect(await upload(file)).toMatchObject({ status: 200 });
  expect(await upload(file)).toMatchObject({ status: 200 });
  expect(await settlements()).toEqual([{ id: "bank-1", source: "csv" }]);
  expect((await world.paymentsOf(id)).map((one) => one.settled)).toEqual([true]);
});

test("a file with a wrong row is refused whole, with the row's number, and nothing is stored", async () => {
  const file = `${header}\nbank-2,NGN,100,2026-11-20,1,payment,a,b,100,0\nbank-2,NGN,100,2026-11-20,2,payment,a,b,12.50,0\nbank-2,NGN,100,yesterday,3,payment,a,b,1,0\n`;
  const { status, body } = await upload(file);
  expect(status).toBe(422);
  expect(body.message).toContain("Row 3 has a gross that is not a whole number");
  expect(body.message).toContain("Row 4 has a time");
  expect(body.message).toContain("Nothing was stored.");
  expect((await upload("settlement_id,what\n1,2\n")).body.message).toContain("The columns are:");
  expect((await upload(`${header}\n`, "nowhere")).status).toBe(422);
  expect((await settlements()).map(({ id }) => id)).toEqual(["bank-1"]);
});

test("a file that is not UTF-8, or not separated by commas, is refused for that, and not taken with letters lost", async () => {
  const file = `${header}\nbank-9,NGN,100,2026-11-20,1,payment,caf\u00e9,b,100,0\n`;
  const cases = [
    [Buffer.from(file, "latin1"), "is not UTF-8. Save it as CSV UTF-8."],
    [Buffer.from(`\ufeff${file}`, "utf16le"), "is UTF-16. Save it as CSV UTF-8."],
    [Buffer.from(file, "utf16le"), "is UTF-16."],
    [file.replaceAll(",", ";"), "is separated by semicolons."],
    [file.replaceAll(",", "\t"), "is separated by tabs."],
  ] as const;
  for (const [given, says] of cases) {
    const { status, body } = await upload(given);
    expect([status, body.message]).toEqual([422, expect.stringContaining(says)]);
  }
  expect((await settlements()).map(({ id }) => id)).toEqual(["bank-1"]);
  const me = await world.signIn("operator");
  const head = `--b\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n${me.csrf}\r\n--b\r\ncontent-disposition: form-data; name="rail"\r\n\r\npaystack\r\n`;
  const body = `${head}--b\r\ncontent-disposition: form-data; name="file"; filename="s.csv"\r\n\r\n`;
  const payload = Buffer.concat([Buffer.from(body), Buffer.from(file, "latin1"), Buffer.from("\r\n--b--\r\n")]);
  const headers = { ...me.headers, accept: "text/html", "content-type": "multipart/form-data; boundary=b" };
  const uploaded = await world.inject({ method: "POST", url: "/operator/reconciliation/file", headers, payload });
  expect([uploaded.statusCode, uploaded.body]).toEqual([422, expect.stringContaining("is not UTF-8")]);
});

test("the time of an asking to which a rail was silent is the time at which it was asked", async () => {
  const rails = world.engine.rails as Map<string, Rail>;
  const honest = must(rails.get("paystack"), "Paystack");
  rails.set("paystack", { ...honest, settlements: () => Promise.reject(new NoAnswer("GET /settlement: status 500")) });
  const from = Date.now();
  try {
    await reconcileRails(world.engine, {});
  } finally {
    rails.set("paystack", honest);
  }
  const { rows } = await run(world.engine.pool, breakQueries.runs);
  const silent = must(rows[0], "a run");
  expect(silent["outcome"]).toContain("gave no answer");
  expect((silent["asked_at"] as Date).getTime()).toBeGreaterThanOrEqual(from);
  // It is asked again within the hour all the same.
  const soon = new Date(Date.now() + 3_700_000).toISOString();
  expect((await run(world.engine.pool, settlementQueries.claim, ["paystack", soon, false])).rowCount).toBe(1);
});

test("nobody but the operator uploads or looks", async () => {
  const url = "/operator/api/settlements/paystack";
  const answer = await world.inject({ method: "POST", url, headers: { "content-type": "text/csv" }, payload: header });
  expect(answer.statusCode).toBe(401);
  expect((await world.inject({ method: "GET", url: "/operator/api/reconciliation" })).statusCode).toBe(401);
  const seller = await world.signIn("seller");
  expect((await world.get("/operator/reconciliation", seller.headers)).status).not.toBe(200);
});

test("the operator's page shows settlements and open breaks, runs on demand, and takes a file", async () => {
  const me = await world.signIn("operator");
  const file = `${header}\nbank-3,NGN,4925,2026-11-21,1,payment,pay-of-nobody,99,5000,75\n`;
  const boundary = "a-boundary";
  const part = (name: string, value: string, more = "") =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
  const payload = `${part("csrf", me.csrf)}${part("rail", "paystack")}${part("file", file, '; filename="s.csv"')}--${boundary}--\r\n`;
  const headers = { ...me.headers, accept: "text/html", "content-type": `multipart/form-data; boundary=${boundary}` };
  const uploaded = await world.inject({ method: "POST", url: "/operator/reconciliation/file", headers, payload });
  expect([uploaded.statusCode, uploaded.body.includes("bank-3")]).toEqual([200, true]);
  const page = await world.get("/operator/reconciliation", me.headers);
  expect(page.text).toContain("bank-1");
  expect(page.text).toContain("pay-of-nobody");
  const ran = await world.post("/operator/reconciliation", { csrf: me.csrf, action: "run" }, me.headers);
  expect([ran.status, ran.text.includes("paystack:")]).toEqual([200, true]);
  const lines = await world.get("/operator/reconciliation/paystack/bank-3", me.headers);
  expect(lines.text).toContain("pay-of-nobody");
  const { rows } = await world.engine.pool.query<{ id: bigint }>("SELECT id FROM breaks WHERE kind = 'extra' AND state = 'open'");
  const closing = { csrf: me.csrf, action: "close_break", break: String(rows[0]?.id), note: "Money of a test." };
  expect((await world.post("/operator/reconciliation", { ...closing, note: "" }, me.headers)).status).toBe(422);
  expect((await world.post("/operator/reconciliation", closing, me.headers)).status).toBe(200);
  expect((await world.engine.pool.query("SELECT 1 FROM breaks WHERE kind = 'extra' AND state = 'open'")).rows).toEqual([]);
});
