import type { AnyMachine } from "../server/src/domain/machine.ts";
import { steps } from "../server/src/domain/machine.ts";
import { paymentMachine } from "../server/src/domain/money-in-table.ts";
import { disbursementMachine } from "../server/src/domain/money-out-table.ts";
import { orderMachine } from "../server/src/domain/order-table.ts";
import {
  bookMachine,
  holdMachine,
  offerMachine,
  projectMachine,
  providerMachine,
  sellerMachine,
} from "../server/src/domain/side-tables.ts";

/** Every machine whose steps the table `transitions` records. */
export const machines: readonly AnyMachine[] = [
  orderMachine,
  paymentMachine,
  disbursementMachine,
  offerMachine,
  holdMachine,
  projectMachine,
  providerMachine,
  sellerMachine,
  bookMachine,
];

export const stepsConstraintName = "each_step_is_a_row_of_its_table";

/** Every permitted step as `object from action to`, sorted, each once. */
export function permittedSteps(all: readonly AnyMachine[] = machines): string[] {
  const texts = all.flatMap((machine) => steps(machine).map(({ from, action, to }) => `${machine.name} ${from} ${action} ${to}`));
  return [...new Set(texts)].toSorted();
}

/** The constraint's SQL: the allow-list of the table `transitions`, made from the machines' rows. */
export function stepsConstraint(): string {
  const list = permittedSteps().map((step) => `    '${step}'`);
  return [
    `CONSTRAINT ${stepsConstraintName}`,
    `  CHECK ((object || ' ' || from_state || ' ' || action || ' ' || to_state) IN (`,
    list.join(",\n"),
    `  ))`,
  ].join("\n");
}

/**
 * A migration that puts the present list in the place of the one before. To write the next one:
 * `node tools/steps-sql.ts > server/migrations/00000N_some_name.sql`.
 */
export function stepsMigration(replaces: boolean): string {
  const drop = replaces ? `ALTER TABLE transitions DROP CONSTRAINT ${stepsConstraintName};\n` : "";
  return `-- The steps that may be recorded, made from the machines in server/src/domain by tools/steps-sql.ts.\n\n${drop}ALTER TABLE transitions ADD ${stepsConstraint()};\n`;
}

if (import.meta.main) process.stdout.write(stepsMigration(!process.argv.includes("--first")));
