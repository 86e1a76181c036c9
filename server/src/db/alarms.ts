import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";

export const alarmQueries = {
  raise: {
    name: "raise_alarm",
    text: "INSERT INTO alarms (kind, about, says, at) VALUES ($1, $2, $3, $4) ON CONFLICT (kind, about) DO NOTHING",
  },
  again: {
    name: "raise_alarm_again",
    text: `INSERT INTO alarms (kind, about, says, at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (kind, about) DO UPDATE SET says = excluded.says, at = excluded.at, cleared_at = NULL`,
  },
  // One that was cleared rings again a day later: whoever cleared it may have mended something else.
  while: {
    name: "raise_alarm_while_it_lasts",
    text: `INSERT INTO alarms (kind, about, says, at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (kind, about) DO UPDATE SET says = excluded.says, at = excluded.at, cleared_at = NULL
             WHERE alarms.cleared_at < excluded.at - interval '1 day'`,
  },
  // The newest first; the next page begins after the alarm $1.
  list: {
    name: "list_alarms",
    text: `SELECT id, kind, about, says, at FROM alarms WHERE cleared_at IS NULL
             AND ($1::bigint IS NULL OR (at, id) < (SELECT x.at, x.id FROM alarms x WHERE x.id = $1)) ORDER BY at DESC, id DESC LIMIT $2`,
  },
  count: { name: "count_alarms", text: "SELECT count(*) AS n FROM alarms WHERE cleared_at IS NULL" },
  // A break rings when it is found: one that healed and is found again carries another time, and rings again, cleared or not.
  ringForBreaks: {
    name: "ring_for_breaks",
    text: `INSERT INTO alarms (kind, about, says, at)
           SELECT 'reconciliation', b.rail || ' ' || b.kind || ' ' || b.about, b.says || ' ' || b.suggestion, b.found_at FROM breaks b WHERE b.state = 'open'
             AND NOT EXISTS (SELECT 1 FROM alarms a WHERE a.kind = 'reconciliation' AND a.about = b.rail || ' ' || b.kind || ' ' || b.about AND a.at = b.found_at)
           ON CONFLICT (kind, about) DO UPDATE SET says = excluded.says, at = excluded.at, cleared_at = NULL`,
  },
} satisfies Record<string, Query>;

interface Alarm {
  readonly kind: string;
  readonly about: string;
  readonly says: string;
  readonly at: Date;
}

/** Tells the operator once about something only a person can look at. */
export async function raiseAlarm(client: Queryable, alarm: Alarm): Promise<void> {
  await run(client, alarmQueries.raise, [alarm.kind, alarm.about, alarm.says, alarm.at.toISOString()]);
}

/** The same of a matter that had ended and is back: it rings though it was cleared before. */
export async function raiseAlarmAgain(client: Queryable, alarm: Alarm): Promise<void> {
  await run(client, alarmQueries.again, [alarm.kind, alarm.about, alarm.says, alarm.at.toISOString()]);
}

/** The same of a matter that goes on, told of each time it is met: once cleared it rings again after a day, if it still stands or is back. */
export async function raiseAlarmWhileItLasts(client: Queryable, alarm: Alarm): Promise<void> {
  await run(client, alarmQueries.while, [alarm.kind, alarm.about, alarm.says, alarm.at.toISOString()]);
}

export interface StandingAlarm extends Alarm {
  readonly id: number;
}

/** A page of the alarms that stand, after the alarm `before`, with how many there are in all; `next` asks for the next page, null on the last. */
export async function standingAlarms(
  client: Queryable,
  before: number | null,
  most: number,
): Promise<{ readonly alarms: StandingAlarm[]; readonly count: number; readonly next: number | null }> {
  const [list, counted] = await Promise.all([
    run(client, alarmQueries.list, [before, most + 1]),
    run<{ n: bigint }>(client, alarmQueries.count),
  ]);
  const alarms = list.rows.slice(0, most).map((row) => ({
    id: Number(row["id"]),
    kind: String(row["kind"]),
    about: String(row["about"]),
    says: String(row["says"]),
    at: row["at"] as Date,
  }));
  const next = list.rows.length > most ? (alarms.at(-1)?.id ?? null) : null;
  return { alarms, count: Number(counted.rows[0]?.n ?? 0n), next };
}
