import { randomUUID } from "node:crypto";
import { addFloat, changeMoney } from "../actions/book-steps.ts";
import type { Config } from "../config.ts";
import type { Query } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { operatorByEmail } from "../db/sessions.ts";
import { seedQueries } from "../sandbox/seed.ts";
import { normaliseEmail } from "../domain/contact.ts";
import { format, isCurrency } from "../domain/currency.ts";
import { minor } from "../domain/money.ts";
import { isRefusal } from "../domain/refusals.ts";
import { withSurplus } from "../http/operator-acts.ts";
import { weighStops } from "../jobs/rail-stops.ts";
import { solvency } from "../ledger/solvency.ts";
import { givenPassword, takePasswordOption } from "./passwords-given.ts";
import { CommandRefused, nothingMore, UsageError } from "./usage-error.ts";
import { withEngine } from "./with-installation.ts";

export const operatorCommandQueries = {
  endSessions: { name: "end_operator_sessions", text: "DELETE FROM sessions WHERE kind = 'operator' AND subject_id = $1" },
} satisfies Record<string, Query>;

/** `operator add EMAIL` and `operator EMAIL password`. */
export async function operatorCommand(config: Config, args: readonly string[]): Promise<string> {
  const { fromInput, others } = takePasswordOption(args);
  const [first, second, ...rest] = others;
  nothingMore(rest, "operator");
  if (first === "add" && second !== undefined) return addOperator(config, emailOf(second), fromInput);
  if (first !== undefined && first !== "add" && second === "password") return newPassword(config, emailOf(first), fromInput);
  throw new UsageError("Say `operator add EMAIL` or `operator EMAIL password`.");
}

export function emailOf(given: string): string {
  const email = normaliseEmail(given);
  if (isRefusal(email)) throw new UsageError(`"${given}" is not an e-mail address.`);
  return email;
}

function addOperator(config: Config, email: string, fromInput: boolean): Promise<string> {
  return withEngine(config, async ({ pool }) => {
    if ((await operatorByEmail(pool, email)) !== undefined)
      throw new CommandRefused(`There is an operator ${email} already; operator ${email} password gives a new password.`);
    const { hash, told } = await givenPassword(fromInput);
    await run(pool, seedQueries.operator, [email, hash, new Date().toISOString()]);
    return `Operator ${email} is added.\n${told}`;
  });
}

function newPassword(config: Config, email: string, fromInput: boolean): Promise<string> {
  return withEngine(config, async ({ pool }) => {
    const operator = await operatorByEmail(pool, email);
    if (operator === undefined) throw new CommandRefused(`There is no operator ${email}.`);
    const { hash, told } = await givenPassword(fromInput);
    await run(pool, seedQueries.operatorPassword, [operator.email, hash]);
    await run(pool, operatorCommandQueries.endSessions, [operator.id]);
    return `Operator ${operator.email} has a new password; every sign-in has ended.\n${told}`;
  });
}

/**
 * `money change AMOUNT CURRENCY RAIL AMOUNT CURRENCY RAIL`: money that left one rail's balance (named first), and what reached another's for it.
 * In each currency's smallest unit.
 */
export async function moneyCommand(config: Config, args: readonly string[]): Promise<string> {
  const [verb, ...sides] = args;
  const [gaveAmount, gaveCurrency, gaveRail, gotAmount, gotCurrency, gotRail, ...rest] = sides;
  nothingMore(rest, "money");
  if (verb !== "change" || gotRail === undefined)
    throw new UsageError(
      "Say `money change AMOUNT CURRENCY RAIL AMOUNT CURRENCY RAIL`: what left, and what came for it, each in its currency's smallest unit.",
    );
  const gave = sideOf(gaveAmount, gaveCurrency, gaveRail);
  const got = sideOf(gotAmount, gotCurrency, gotRail);
  const answer = await withEngine(config, async (engine) => {
    const { lanes, rails, pool } = engine;
    for (const { rail } of [gave, got])
      if (!rails.has(rail))
        throw new UsageError(`"${rail}" is no rail that is connected here (${[...rails.keys()].join(", ") || "none is"}).`);
    const ask = { id: randomUUID(), sellerId: 0, actor: { party: "operator", name: "command" } as const };
    const changed = await withSurplus({ pool, work: { solvency: () => solvency(pool) } }, gave.currency, (surplus) =>
      lanes.one(changeMoney(ask, { gave, got, surplus })),
    );
    await weighStops(engine);
    return changed;
  });
  if (isRefusal(answer)) throw new CommandRefused(answer.detail);
  return `${format(gave.amount, gave.currency)} of ${gave.rail} became ${format(got.amount, got.currency)} of ${got.rail} (entry ${String(answer.done["entry"])} of the house's book).`;
}

function sideOf(given = "", code = "", rail = "") {
  const amount = /^\d+$/.test(given) ? minor(given) : undefined;
  if (amount === undefined || isRefusal(amount))
    throw new UsageError(`An amount must be a whole number of the smallest unit, above 0; it is "${given}".`);
  const currency = code.toUpperCase();
  if (!isCurrency(currency)) throw new UsageError(`"${code}" is no currency.`);
  return { rail, currency, amount };
}

/** `float add AMOUNT [CURRENCY] [RAIL]`: money of the operator's own that was put into a rail's balance; unnamed, the one that pays out. */
export async function floatCommand(config: Config, args: readonly string[]): Promise<string> {
  const [verb, given, code = "NGN", rail, ...rest] = args;
  nothingMore(rest, "float");
  if (verb !== "add" || given === undefined)
    throw new UsageError("Say `float add AMOUNT [CURRENCY] [RAIL]`, with the amount in the currency's smallest unit (kobo).");
  const amount = /^\d+$/.test(given) ? minor(given) : undefined;
  if (amount === undefined || isRefusal(amount))
    throw new UsageError(`The amount must be a whole number of the smallest unit, above 0; it is "${given}".`);
  const currency = code.toUpperCase();
  if (!isCurrency(currency)) throw new UsageError(`"${code}" is no currency.`);
  const answer = await withEngine(config, async (engine) => {
    const { lanes, rails } = engine;
    if (rail !== undefined && !rails.has(rail))
      throw new UsageError(`"${rail}" is no rail that is connected here (${[...rails.keys()].join(", ") || "none is"}).`);
    const added = await lanes.one(
      addFloat({ id: randomUUID(), sellerId: 0, actor: { party: "operator", name: "command" } }, { amount, currency, rail }),
    );
    await weighStops(engine);
    return added;
  });
  if (isRefusal(answer)) throw new CommandRefused(answer.detail);
  return `${format(amount, currency)} of float at ${String(answer.done["rail"])} is in the house's book (entry ${String(answer.done["entry"])}).`;
}
