import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { machines } from "../../tools/steps-sql.ts";
import { steps } from "../src/domain/machine.ts";
import type { OrderAction, OrderState } from "../src/domain/order-table.ts";
import { orderMachine } from "../src/domain/order-table.ts";
import { orderWalks } from "./setup/walk-orders.ts";
import { sideWalks } from "./setup/walk-sides.ts";
import { moneyWalks } from "./setup/walk-money.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterAll(() => world.close());

/** Rows that no walk takes, and why. */
const unwalked: Readonly<Record<string, string>> = {
  "order charged_back charge_back charged_back rail":
    "an order whose escrow was lost has nothing to pay out, so it settles in the same command",
  "seller none join active seller": "a seller is made by the installation, which acts as the operator",
  "book none change_money kept operator": "a book is there as soon as its seller is",
  "book none add_float kept operator": "a book is there as soon as its seller is",
  "book none take_fees kept operator": "a book is there as soon as its seller is",
  "book none write_off kept operator": "a book is there as soon as its seller is",
  "book none settle kept rail": "a book is there as soon as its seller is",
};

const wanted = new Set(
  machines.flatMap((machine) =>
    steps(machine).flatMap((s) => s.by.map((party) => `${machine.name} ${s.from} ${s.action} ${s.to} ${party}`)),
  ),
);

async function taken(): Promise<Set<string>> {
  const { rows } = await world.engine.pool.query<{ row: string }>(
    "SELECT DISTINCT object || ' ' || from_state || ' ' || action || ' ' || to_state || ' ' || party AS row FROM transitions",
  );
  return new Set(rows.map((one) => one.row));
}

const orderRows = steps(orderMachine).flatMap((s) =>
  s.by.map((party) => ({ ...s, party, name: `order ${s.from} ${s.action} ${s.to} ${party}` })),
);

describe("every row of an order's table is taken on a real database, and leaves sound books", () => {
  test.each(orderRows.filter((row) => unwalked[row.name] === undefined))("$name", async ({ name, from, action, party }) => {
    const id = await orderWalks[action as OrderAction](world, from as OrderState, party);
    const { rows } = await world.engine.pool.query(
      `SELECT object || ' ' || from_state || ' ' || action || ' ' || to_state || ' ' || party AS row FROM transitions WHERE object = 'order' AND object_id = $1`,
      [id],
    );
    expect(rows.map((one) => one["row"])).toContain(name);
    await world.sound();
  });
});

describe("so is every row of payments, payouts and refunds", () => {
  test.each(moneyWalks)("$name", async ({ run }) => {
    await run(world);
    await world.sound();
  });
});

describe("and of offers, holds, projects, providers, sellers and books", () => {
  test.each(sideWalks)("$name", async ({ run }) => {
    await run(world);
    await world.sound();
  });
});

test("no row of any table was left out, and nothing was recorded that no table has", async () => {
  const all = await taken();
  expect(
    [...all].filter((row) => !wanted.has(row)),
    "recorded, but in no table",
  ).toEqual([]);
  expect(
    [...wanted].filter((row) => !all.has(row) && unwalked[row] === undefined),
    "never taken",
  ).toEqual([]);
  expect(
    Object.keys(unwalked).filter((row) => all.has(row) || !wanted.has(row)),
    "listed as never taken for nothing",
  ).toEqual([]);
});
