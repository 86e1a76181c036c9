import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestDatabase } from "../../test/setup/database.ts";
import { emptyDatabase } from "../../test/setup/database.ts";
import type { ElementType } from "./array-param.ts";
import { arrayParam } from "./array-param.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await emptyDatabase();
});
afterAll(() => database.drop());

/** What PostgreSQL makes of the array, element by element, as text. */
async function read(type: ElementType, values: readonly unknown[]): Promise<(string | null)[]> {
  const { rows } = await database.pool.query<{ text: string | null }>(
    `SELECT ${type === "bytea" ? "encode(x, 'hex')" : "x::text"} AS text FROM unnest($1::${type}[]) WITH ORDINALITY AS u(x, n) ORDER BY n`,
    [arrayParam(type, values)],
  );
  return rows.map((row) => row.text);
}

describe("an array parameter arrives as it was", () => {
  const cases: [ElementType, unknown[], (string | null)[]][] = [
    [
      "bigint",
      [0, 1, -1, 2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 32, -(2 ** 32) - 1],
      ["0", "1", "-1", "9007199254740991", "-9007199254740991", "4294967296", "-4294967297"],
    ],
    ["bigint", [9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n, null], ["9223372036854775807", "-9223372036854775808", null]],
    ["integer", [0, -1, 2_147_483_647, null, undefined], ["0", "-1", "2147483647", null, null]],
    ["boolean", [true, false, null], ["true", "false", null]],
    [
      "text",
      ["", "plain", 'with "quotes", {braces} and \\', "NULL", "Ọ̀ṣun 🐘", null],
      ["", "plain", 'with "quotes", {braces} and \\', "NULL", "Ọ̀ṣun 🐘", null],
    ],
    ["bytea", ["", "00ff", "ab".repeat(32), null], ["", "00ff", "ab".repeat(32), null]],
    ["uuid", ["3f2504e0-4f89-41d3-9a0c-0305e82c3301"], ["3f2504e0-4f89-41d3-9a0c-0305e82c3301"]],
    ["json", ['{"b": 1,  "a": 2}'], ['{"b": 1,  "a": 2}']],
    ["jsonb", ['{"b": 1,  "a": [1, "é"]}', null], ['{"a": [1, "é"], "b": 1}', null]],
    ["bigint", [], []],
  ];
  test.each(cases)("%s, case %#", async (type, values, expected) => {
    expect(await read(type, values)).toEqual(expected);
  });

  test("times, to the millisecond, before and after 2000", async () => {
    const times = [
      new Date(0),
      new Date("2000-01-01T00:00:00.000Z"),
      new Date("1999-12-31T23:59:59.999Z"),
      new Date("2026-11-26T12:49:58.123Z"),
    ];
    const { rows } = await database.pool.query<{ at: Date }>("SELECT unnest($1::timestamptz[]) AS at", [arrayParam("timestamptz", times)]);
    expect(rows.map(({ at }) => at)).toEqual(times);
  });

  test("any texts and any whole numbers", async () => {
    const text = fc.string({ unit: "binary" }).map((value) => value.replaceAll("\0", "").toWellFormed());
    await fc.assert(
      fc.asyncProperty(fc.array(text), fc.array(fc.maxSafeInteger()), async (texts, numbers) => {
        expect(await read("text", texts)).toEqual(texts);
        expect(await read("bigint", numbers)).toEqual(numbers.map(String).map((value) => (value === "-0" ? "0" : value)));
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  test("more than the first buffer holds", async () => {
    const long = ["é".repeat(50_000), "b".repeat(200_000), "c"];
    expect(await read("text", long)).toEqual(long);
  });
});

test.each([
  ["bigint", [1.5]],
  ["bigint", ["12x"]],
  ["bigint", [2 ** 53]],
  ["integer", [2 ** 31]],
  ["timestamptz", [new Date(Number.NaN)]],
  ["bytea", ["0g"]],
  ["bytea", ["abc"]],
] as const)("what is no %s is refused before it is sent: %j", (type, values) => {
  expect(() => arrayParam<unknown>(type, values)).toThrow();
});
