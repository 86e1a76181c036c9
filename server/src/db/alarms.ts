import type { Query, Queryable } from "./connect.ts";
import { run } from "./connect.ts";

export const alarmQueries = {
  raise: {
    name: "raise_alarm",
    text: "INSERT INTO alarms (kind, about, says, at) VALUES ($1, $2, $3, $4) ON CONFLICT (kind, about) DO NOTHING",
  },
  list: { name: "list_alarms", text: "SELECT id, kind, about, says, at FROM alarms WHERE cleared_at IS NULL ORDER BY id DESC LIMIT 200" },
} satisfies Record<string, Query>;

/** Tells the operator once about something only a person can look at. */
export async function raiseAlarm(client: Queryable, alarm: { kind: string; about: string; says: string; at: Date }): Promise<void> {
  await run(client, alarmQueries.raise, [alarm.kind, alarm.about, alarm.says, alarm.at.toISOString()]);
}
