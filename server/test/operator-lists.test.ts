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
  readonly counts: { readonly alarms: number; readonly railEvents: number };
  readonly next: { readonly alarms_before: number | null; readonly reports_before: number | null };
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
    const before = (await api<Overview>("overview")).counts.railEvents;
    const id = await told("sandbox", "charge.mystery", "mystery");
    await world.due();
    expect(await shown(id)).toMatchObject({ outcome: "unknown_type", tries: 1, dueAt: null });
    expect((await api<Overview>("overview")).counts.railEvents).toBe(before + 1);
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
