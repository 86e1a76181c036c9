import type { AnyMachine, Party } from "../../src/domain/machine.ts";
import { decide } from "../../src/domain/machine.ts";
import { isRefusal } from "../../src/domain/refusals.ts";

const parties: readonly Party[] = ["buyer", "seller", "operator", "rail", "clock"];

/**
 * A table of steps as people write it, one row a line: `from from | action | to | party party | moves`. Answers every
 * `state action party` with where it leads and what it moves; "same" stays the state it is.
 */
export function readSteps(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.trim().split("\n")) {
    const [froms = "", action = "", to = "", by = "", moves = ""] = line.split("|").map((cell) => cell.trim());
    for (const from of froms.split(" ")) {
      for (const party of by.split(" ")) {
        const key = `${from} ${action} ${party}`;
        if (found.has(key)) throw new Error(`written twice: ${key}`);
        found.set(key, `${to === "same" ? from : to} ${moves}`);
      }
    }
  }
  return found;
}

/** What the machine answers for every state, action and party there is, if all needs are met: only the steps it permits. */
export function permitted(machine: AnyMachine): Map<string, string> {
  const found = new Map<string, string>();
  const actions = new Set(machine.rows.map((row) => row.action));
  for (const state of ["none", ...machine.states]) {
    for (const action of actions) {
      for (const party of parties) {
        const row = decide(machine, state, action, party, () => undefined);
        if (!isRefusal(row)) found.set(`${state} ${action} ${party}`, `${row.to === "same" ? state : row.to} ${row.moves}`);
      }
    }
  }
  return found;
}

/** How many questions {@link permitted} asks. */
export function questions(machine: AnyMachine): number {
  return (machine.states.length + 1) * new Set(machine.rows.map((row) => row.action)).size * parties.length;
}

/** One row as `from action to by needs moves`, with commas inside of a word and a dash for no needs. */
export function readRow(text: string): AnyMachine["rows"][number] {
  const [from = "", action = "", to = "", by = "", needs = "", moves = ""] = text.split(" ");
  const list = (words: string) => (words === "-" ? [] : words.split(","));
  return { from: from.split(","), action, to, by: by.split(",") as Party[], needs: list(needs), moves, event: "planted" };
}
