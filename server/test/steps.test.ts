import { afterAll, beforeAll, expect, test } from "vitest";
import { machines, permittedSteps, stepsConstraintName, stepsFunctionName } from "../../tools/steps-sql.ts";
import type { TestDatabase } from "./setup/database.ts";
import { testDatabase } from "./setup/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

test("the database permits exactly the steps that the machines' tables have", async () => {
  const { rows } = await database.ownerPool.query<{ source: string }>("SELECT prosrc AS source FROM pg_proc WHERE proname = $1", [
    stepsFunctionName,
  ]);
  const listed = (/'\{([^}]*)\}'/.exec(rows[0]?.source ?? "")?.[1] ?? "").split(",").map((step) => step.trim());
  expect(
    listed.toSorted(),
    "the tables of steps have changed: write a new migration (node tools/steps-sql.ts > server/migrations/00000N_some_name.sql)",
  ).toEqual(permittedSteps());
});

test("every machine's steps are in the list", () => {
  expect(machines.map((machine) => machine.name).toSorted()).toEqual(
    ["book", "disbursement", "hold", "offer", "order", "payment", "project", "provider", "seller"].toSorted(),
  );
  const named = new Set(permittedSteps().map((step) => step.split(" ")[0]));
  expect(named.size).toBe(machines.length);
  expect(permittedSteps().every((step) => step.split(" ").length === 4)).toBe(true);
});

test("a step that no table has is refused by the database", async () => {
  const insert = (from: string, action: string, to: string, seq: number) =>
    database.ownerPool.query(
      `INSERT INTO transitions (seller_id, seq, object, object_id, version, action, from_state, to_state, party, actor, event, at, command_id, step)
       VALUES (1, $1::int, 'order', 1, $1::int, $2, $3, $4, 'clock', 'clock', 'x', now(), gen_random_uuid(), 1)`,
      [seq, action, from, to],
    );
  await insert("contested", "escalate", "disputed", 1);
  await expect(insert("disputed", "accept", "accepted", 2)).rejects.toThrow(stepsConstraintName);
  await expect(insert("completed", "settle", "completed", 3)).rejects.toThrow(stepsConstraintName);
});
