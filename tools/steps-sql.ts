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

export const stepsFunctionName = "is_a_step_of_its_table";

/**
 * The allow-list of the table `transitions` in SQL, made from the machines' rows: a function, which the constraint asks. Written into the
 * constraint itself, PostgreSQL would read the whole list anew for every statement that writes a step.
 */
export function stepsFunction(): string {
  const list = permittedSteps().map((step) => `    ${step}`);
  return `CREATE OR REPLACE FUNCTION ${stepsFunctionName}(object text, from_state text, action text, to_state text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN object || ' ' || from_state || ' ' || action || ' ' || to_state = ANY ('{
${list.join(",\n")}
  }'::text[]);
END $$;
`;
}

/**
 * A migration that puts the present list in the place of the one before; with `first` also the constraint. To write the next one:
 * `node tools/steps-sql.ts > server/migrations/00000N_some_name.sql`.
 */
export function stepsMigration(first: boolean): string {
  const constraint = `
ALTER TABLE transitions ADD CONSTRAINT ${stepsConstraintName}
  CHECK (${stepsFunctionName}(object, from_state, action, to_state));
`;
  return `-- The steps that may be recorded, made from the machines in server/src/domain by tools/steps-sql.ts.\n\n${stepsFunction()}${first ? constraint : ""}`;
}

if (import.meta.main) process.stdout.write(stepsMigration(process.argv.includes("--first")));
