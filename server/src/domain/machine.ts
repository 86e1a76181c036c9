import type { Refusal, RefusalCode } from "./refusals.ts";
import { isRefusal, refuse } from "./refusals.ts";

/** Who may take a step. `clock` acts when a deadline passes or work is due; `rail` reports what happened to money outside. */
export type Party = "buyer" | "seller" | "operator" | "rail" | "clock";

/** One permitted step. `from` lists the states it may start in ("none" = the thing does not exist yet), `to` "same" leaves the state. */
export interface Row<State extends string, Action extends string, Need extends string, Move extends string> {
  readonly from: readonly (State | "none")[];
  readonly action: Action;
  readonly to: State | "same";
  readonly by: readonly Party[];
  readonly needs: readonly Need[];
  readonly moves: Move;
  readonly event: string;
}

export interface Machine<State extends string, Action extends string, Need extends string, Move extends string> {
  readonly name: string;
  readonly states: readonly State[];
  /** States a thing of this kind can rest in for good. */
  readonly ends: readonly State[];
  readonly rows: readonly Row<State, Action, Need, Move>[];
  /** What to answer when the state does not permit the action at all. */
  readonly ended: RefusalCode;
}

/** A machine whose states, actions, needs and moves are seen only as text: for the generators and the graph checks. */
export type AnyMachine = Machine<string, string, string, string>;

/** Judges one need against facts; undefined means the need is met. */
export type Judge<Need extends string> = (need: Need) => Refusal | undefined;

/**
 * The one judge of every step: finds the row for (state, action, party) and asks its needs in order.
 * Answers the row, or the first refusal: wrong state, wrong party, then the needs as written.
 */
export function decide<S extends string, A extends string, N extends string, M extends string>(
  machine: Machine<S, A, N, M>,
  state: S | "none",
  action: A,
  by: Party,
  judge: Judge<N>,
): Row<S, A, N, M> | Refusal {
  const here = machine.rows.filter((row) => row.action === action && row.from.includes(state));
  if (here.length === 0) {
    const over = state !== "none" && machine.ends.includes(state);
    const said = `${/^[aeiou]/.test(machine.name) ? "An" : "A"} ${machine.name} that is ${words(state)} cannot ${words(action)}.`;
    return refuse(over ? machine.ended : "not_now", said, { state, action });
  }
  const row = here.find((candidate) => candidate.by.includes(by));
  if (row === undefined) {
    const who = [...new Set(here.flatMap((candidate) => candidate.by))].join(" or ");
    return refuse("not_you", `To ${words(action)} a ${machine.name} that is ${words(state)} belongs to the ${who}.`, { state, action });
  }
  for (const need of row.needs) {
    const refusal = judge(need);
    if (refusal !== undefined) return refusal;
  }
  return row;
}

/** The actions a party may take now; what the API returns and the pages draw their buttons from. */
export function allowedActions<S extends string, A extends string, N extends string, M extends string>(
  machine: Machine<S, A, N, M>,
  state: S,
  by: Party,
  judge: Judge<N>,
): A[] {
  const actions = machine.rows.filter((row) => row.from.includes(state) && row.by.includes(by)).map((row) => row.action);
  return [...new Set(actions)].filter((action) => !isRefusal(decide(machine, state, action, by, judge)));
}

/** The state after a row was taken from `state`. */
export function after<S extends string>(row: Row<S, string, string, string>, state: S): S {
  return row.to === "same" ? state : row.to;
}

/** Every (from, action, to) a machine permits, "same" resolved: what the database's allow-list is made of. */
export function steps(machine: AnyMachine): { from: string; action: string; to: string; by: readonly Party[] }[] {
  return machine.rows.flatMap((row) =>
    row.from.map((from) => ({ from, action: row.action, to: row.to === "same" ? from : row.to, by: row.by })),
  );
}

/** What is wrong with a machine as a graph; an empty list when nothing is. */
export function graphFaults(machine: AnyMachine): string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  const all = steps(machine);
  for (const step of all) {
    for (const party of step.by) {
      const key = `${step.from} ${step.action} ${party}`;
      if (seen.has(key)) faults.push(`two rows for ${key}`);
      seen.add(key);
    }
    for (const state of [step.from, step.to]) {
      if (state !== "none" && !machine.states.includes(state)) faults.push(`unknown state ${state}`);
    }
  }
  for (const state of machine.states) {
    if (!reachable(all, "none").has(state)) faults.push(`${state} can never be reached`);
    const others = all.filter((step) => !step.by.every((party) => party === "buyer" || party === "seller"));
    const out = reachable(others, state);
    if (!machine.ends.some((end) => out.has(end))) faults.push(`${state} cannot be left without buyer and seller`);
  }
  return faults;
}

function reachable(all: readonly { from: string; to: string }[], start: string): Set<string> {
  const found = new Set([start]);
  for (let grew = true; grew; ) {
    const before = found.size;
    for (const step of all) if (found.has(step.from)) found.add(step.to);
    grew = found.size > before;
  }
  return found;
}

/** A name as people read it: `confirm_return` → `confirm return`. */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}
