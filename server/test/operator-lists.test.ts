import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { storeRailEvent } from "../src/db/rail-events.ts";
import { httpWorld } from "./setup/http-world.ts";

let world: Awaited<ReturnType<typeof httpWorld>>;
let me: Awaited<ReturnType<typeof world.signIn>>;
let bearer: string;
beforeAll(async () => {
  world = await httpWorld();
  me = await world.signIn("operator");
  const { email, password } = world.seeded.operator;
  const answer = await world.inject({ method: "POST", url: "/operator/api/session", payload: { email, password } });
  bearer = (answer.json() as { data: { token: string } }).data.token;
});
afterAll(() => world.close());

interface Overview {
  readonly alarms: readonly { readonly id: number; readonly kind: string }[];
  readonly railEvents: readonly { readonly id: number; readonly outcome: string; readonly tries: number; readonly dueAt: string | null }[];
  readonly counts: Readonly<Record<string, number>>;
  readonly next: Readonly<Record<string, number | string | null>>;
}
const api = async <T>(url: string): Promise<T> => {
  const answer = await world.inject({ method: "GET", url: `/operator/api/${url}`, headers: { authorization: `Bearer ${bearer}` } });
  const body: { readonly data: T } = answer.json();
  return body.data;
};
const act = (action: string, fields: Readonly<Record<string, string>>) =>
  world.post("/operator", { csrf: me.csrf, action, ...fields }, me.headers);

describe("long lists go on to their end, and are counted whole", () => {
  test("breaks, over the API and on the page", async () => {
    await world.database.ownerPool.query(
      `INSERT INTO breaks (rail, kind, about, says, suggestion, state, found_at)
       SELECT 'sandbox', 'extra', 'line ' || i, 'Line ' || i || '.', 'Look.', 'open', now() FROM generate_series(1, 230) i`,
    );
    const seen: number[] = [];
    for (let after: number | null = 0; after !== null; ) {
      type Part = {
        readonly breaks: readonly { readonly id: number }[];
        readonly open: number;
        readonly next: { readonly after: number | null };
      };
      const part: Part = await api<Part>(`reconciliation?after=${after}`);
      expect(part.open).toBe(230);
      seen.push(...part.breaks.map((one) => one.id));
      after = part.next.after;
    }
    expect(new Set(seen).size).toBe(230);
    expect(seen).toHaveLength(230);
    const { text } = await world.get("/operator/reconciliation", me.headers);
    expect(text).toContain("(230)");
    expect(text).toContain(`?after=${seen[99]}`);
    expect((await world.get(`/operator/reconciliation?after=${seen[199]}`, me.headers)).text).toContain("Line 230.");
  });

  test("alarms", async () => {
    await world.database.ownerPool.query(
      "INSERT INTO alarms (kind, about, says, at) SELECT 'test', 'matter ' || i, 'Look.', now() FROM generate_series(1, 120) i",
    );
    const seen: number[] = [];
    for (let from = ""; ; ) {
      const part = await api<Overview>(`overview${from}`);
      expect(part.counts.alarms).toBe(120);
      seen.push(...part.alarms.map((one) => one.id));
      if (part.next.alarms_before === null) break;
      from = `?alarms_before=${part.next.alarms_before}`;
    }
    expect([seen.length, new Set(seen).size]).toEqual([120, 120]);
  });
});

describe("what waits for an operator goes on to its end, and is counted whole", () => {
  const many = 230;
  const lists: readonly (readonly [list: string, cursor: string, fill: string])[] = [
    [
      "holds",
      "holds_before",
      `INSERT INTO holds (seller_id, id, scope, reason, note, state, version, placed_at)
       SELECT 101, 900000 + i, 'seller', 'operator', '', 'standing', 1, now() FROM generate_series(1, ${many}) i`,
    ],
    [
      "parked",
      "parked_before",
      `INSERT INTO disbursements (seller_id, id, kind, payee_kind, payee_id, source, amount, currency, out_amount, out_currency, rail, state, version, attempts, created_at)
       SELECT 101, 900000 + i, 'payout', 'seller', 101, 'payee:seller:101:payable', 1, 'NGN', 1, 'NGN', 'sandbox', 'parked', 1, 0, now()
       FROM generate_series(1, ${many}) i`,
    ],
    [
      "unapplied",
      "unapplied_before",
      `INSERT INTO payments (seller_id, id, rail, reference, state, version, asked, currency, received, received_currency, unapplied, rail_fee, disputed,
         taken_at_once, charged_back, settled, opened_at)
       SELECT 101, 900000 + i, 'sandbox', 'late-' || i, 'received', 1, 5, 'NGN', 5, 'NGN', 5, 0, 0, false, 0, false, now() FROM generate_series(1, ${many}) i`,
    ],
    [
      "receivables",
      "receivables_after",
      `WITH s AS (INSERT INTO sellers SELECT (jsonb_populate_record(s, jsonb_build_object('id', 900000 + i, 'email', i || '@owes.test', 'phone', '+23470' || i,
         'public_key', 'pk_' || i))).* FROM sellers s, generate_series(1, ${many}) i WHERE s.id = 101 RETURNING id)
       INSERT INTO accounts (seller_id, account, currency, balance) SELECT id, 'seller:' || id || ':receivable', 'NGN', 7 FROM s`,
    ],
    [
      "disputes",
      "disputes_after",
      `INSERT INTO orders SELECT (jsonb_populate_record(o, jsonb_build_object('id', 900000 + i, 'state', 'disputed', 'due_at', NULL, 'project_id', NULL,
         'position', NULL, 'updated_at', now() - i / 3 * interval '1 second'))).* FROM orders o, generate_series(1, ${many}) i
       WHERE (o.seller_id, o.id) = (SELECT seller_id, id FROM orders ORDER BY id LIMIT 1)`,
    ],
  ];

  beforeAll(() => world.buy());

  test.each(lists)("%s", async (list, cursor, fill) => {
    const before = (await api<Overview>("overview")).counts[list] ?? 0;
    await world.database.ownerPool.query(fill);
    const seen: string[] = [];
    let pages = 0;
    for (let from = ""; pages < 10; pages += 1) {
      const part = await api<Overview & Readonly<Record<string, readonly Record<string, unknown>[]>>>(`overview${from}`);
      expect(part.counts[list]).toBe(before + many);
      const lines = part[list] ?? [];
      seen.push(...lines.map((one) => String(one["orderId"] ?? one["paymentId"] ?? one["id"] ?? one["sellerId"])));
      const next = part.next[cursor] ?? null;
      if (pages === 0) expect((await world.get("/operator", me.headers)).text).toContain(`?${cursor}=${next}`);
      if (next === null) break;
      from = `?${cursor}=${next}`;
    }
    expect([seen.length, new Set(seen).size, pages]).toEqual([before + many, before + many, 2]);
  });

  test("what names no line begins anew", async () => {
    const first = await api<Overview>("overview");
    const lost = "overview?parked_before=x'&disputes_after=1-&receivables_after=101-ngn&holds_before=99999999999999999999";
    expect((await api<Overview>(lost)).next).toEqual(first.next);
  });
});

describe("a report that nothing was done for", () => {
  const told = async (rail: string, type: string, reference: string) => {
    const parsed = { type, reference, occurredAt: new Date().toISOString() };
    const at = new Date();
    return (
      await storeRailEvent(world.engine.pool, { rail, eventId: `e-${reference}`, type, reference, body: Buffer.from("{}"), parsed, at })
    ).id;
  };
  const shown = async (id: number) => (await api<Overview>("overview")).railEvents.find((one) => one.id === id);

  test("of an unknown type is shown, counted, tried again by a button, and set aside by another; it is kept", async () => {
    const before = (await api<Overview>("overview")).counts["railEvents"] ?? 0;
    const id = await told("sandbox", "charge.mystery", "mystery");
    await world.due();
    expect(await shown(id)).toMatchObject({ outcome: "unknown_type", tries: 1, dueAt: null });
    expect((await api<Overview>("overview")).counts["railEvents"]).toBe(before + 1);
    expect((await world.get("/operator", me.headers)).text).toContain(`Handle report ${id} again`);
    expect((await act("retry_report", { report: String(id) })).status).toBe(200);
    expect(await shown(id)).toMatchObject({ outcome: "unknown_type", tries: 2 });
    expect((await act("set_aside_report", { report: String(id) })).status).toBe(200);
    expect(await shown(id)).toBeUndefined();
    const { rows } = await world.engine.pool.query("SELECT outcome FROM rail_events WHERE id = $1", [id]);
    expect(rows).toEqual([{ outcome: "set_aside" }]);
    expect((await act("retry_report", { report: String(id) })).status).toBe(422);
  });

  test("that keeps failing is tried again by itself, is not set aside, and rings once it has failed often", async () => {
    // Its rail is not connected, so nobody can be asked about it.
    const id = await told("elsewhere", "payment.changed", "lost");
    await world.due();
    expect(await shown(id)).toMatchObject({ outcome: "failed", tries: 1, dueAt: expect.any(String) });
    expect((await act("set_aside_report", { report: String(id) })).status).toBe(422);
    for (let times = 2; times < 8; times += 1) await act("retry_report", { report: String(id) });
    expect((await api<Overview>("overview")).alarms.filter((one) => one.kind === "report_keeps_failing")).toEqual([]);
    await act("retry_report", { report: String(id) });
    expect(await shown(id)).toMatchObject({ tries: 8 });
    expect((await api<Overview>("overview")).alarms.filter((one) => one.kind === "report_keeps_failing")).toHaveLength(1);
  });
});
