import { describe, expect, test } from "vitest";
import type { AnyMachine, Machine, Party } from "./machine.ts";
import { after, allowedActions, decide, graphFaults, steps, words } from "./machine.ts";
import { isRefusal, refuse } from "./refusals.ts";

type State = "shut" | "open" | "broken";
type Need = "has_key" | "has_light";

const door: Machine<State, "build" | "open" | "shut" | "break" | "knock", Need, "none"> = {
  name: "door",
  states: ["shut", "open", "broken"],
  ends: ["broken"],
  ended: "order_ended",
  rows: [
    { from: ["none"], action: "build", to: "shut", by: ["seller"], needs: [], moves: "none", event: "door.built" },
    { from: ["shut"], action: "open", to: "open", by: ["buyer"], needs: ["has_key", "has_light"], moves: "none", event: "door.opened" },
    { from: ["shut"], action: "open", to: "open", by: ["operator"], needs: [], moves: "none", event: "door.opened" },
    { from: ["open"], action: "shut", to: "shut", by: ["buyer", "seller"], needs: [], moves: "none", event: "door.shut" },
    { from: ["shut", "open"], action: "knock", to: "same", by: ["buyer"], needs: [], moves: "none", event: "door.knocked" },
    { from: ["shut", "open"], action: "break", to: "broken", by: ["clock"], needs: [], moves: "none", event: "door.broken" },
  ],
};
const met = () => undefined;
const none = (need: Need) => refuse("mismatch", need);

describe("decide", () => {
  test("the row, when state, party and needs fit", () => {
    expect(decide(door, "shut", "open", "buyer", met)).toBe(door.rows[1]);
    expect(decide(door, "none", "build", "seller", met)).toBe(door.rows[0]);
  });

  test("refuses the wrong state before the wrong party before an unmet need", () => {
    expect(decide(door, "open", "open", "seller", none)).toMatchObject({ refused: "not_now", detail: "A door that is open cannot open." });
    expect(decide(door, "shut", "open", "seller", none)).toMatchObject({
      refused: "not_you",
      detail: "To open a door that is shut belongs to the buyer or operator.",
      facts: { state: "shut", action: "open" },
    });
    expect(decide(door, "shut", "open", "buyer", none)).toMatchObject({ refused: "mismatch" });
  });

  test("a thing at its end refuses with the machine's own word for it", () => {
    expect(decide(door, "broken", "open", "buyer", met)).toMatchObject({
      refused: "order_ended",
      facts: { state: "broken", action: "open" },
    });
    expect(decide(door, "none", "open", "buyer", met)).toMatchObject({ refused: "not_now" });
    expect(decide({ ...door, name: "opening" }, "broken", "open", "buyer", met)).toMatchObject({
      detail: "An opening that is broken cannot open.",
    });
  });

  test("the first unmet need refuses, in the row's order, and the rest are not asked", () => {
    const asked: Need[] = [];
    const refusal = decide(door, "shut", "open", "buyer", (need) => {
      asked.push(need);
      return need === "has_key" ? refuse("invalid", "no key") : undefined;
    });
    expect(refusal).toMatchObject({ refused: "invalid", detail: "no key" });
    expect(asked).toEqual(["has_key"]);
  });

  test("each party is judged by its own row's needs", () => {
    expect(isRefusal(decide(door, "shut", "open", "operator", none))).toBe(false);
  });
});

describe("allowedActions", () => {
  test("only what this party may do now, each action once", () => {
    expect(allowedActions(door, "shut", "buyer", met)).toEqual(["open", "knock"]);
    expect(allowedActions(door, "shut", "buyer", none)).toEqual(["knock"]);
    expect(allowedActions(door, "open", "seller", met)).toEqual(["shut"]);
    expect(allowedActions(door, "broken", "buyer", met)).toEqual([]);
  });
});

describe("rows as steps", () => {
  test("same stays, everything else goes where the row says", () => {
    const knock = door.rows[4];
    const breaks = door.rows[5];
    if (knock === undefined || breaks === undefined) throw new Error("the door has lost its rows");
    expect(after(knock, "open")).toBe("open");
    expect(after(breaks, "open")).toBe("broken");
    expect(steps(door)).toContainEqual({ from: "open", action: "knock", to: "open", by: ["buyer"] });
    expect(steps(door)).toHaveLength(8);
  });

  test("names as people read them", () => {
    expect(words("confirm_return_now")).toBe("confirm return now");
  });
});

describe("graphFaults", () => {
  const plain: AnyMachine = door;
  const row = (from: string, action: string, to: string, by: "buyer" | "clock") =>
    ({ from: [from], action, to, by: [by], needs: [], moves: "none", event: "x" }) as const;

  test("a sound machine has none", () => {
    expect(graphFaults(door)).toEqual([]);
  });

  test("finds two rows for one state, action and party", () => {
    expect(graphFaults({ ...plain, rows: [...plain.rows, row("shut", "open", "broken", "buyer")] })).toEqual([
      "two rows for shut open buyer",
    ]);
  });

  test("finds a state that cannot be reached", () => {
    const painted = { ...plain, states: [...plain.states, "painted"], rows: [...plain.rows, row("painted", "break", "broken", "clock")] };
    expect(graphFaults(painted)).toEqual(["painted can never be reached"]);
  });

  test("the rows may stand in any order, and one end within reach is enough", () => {
    expect(graphFaults({ ...plain, rows: plain.rows.toReversed() })).toEqual([]);
    expect(graphFaults({ ...plain, ends: ["shut", "broken"] })).toEqual([]);
  });

  test("finds a state that only buyer and seller can leave", () => {
    const jams = [...plain.rows, row("shut", "jam", "jammed", "clock")];
    const forcedBy = (...by: Party[]) => [...jams, { ...row("jammed", "force", "broken", "buyer"), by }];
    const faultsOf = (rows: AnyMachine["rows"]) => graphFaults({ ...plain, states: [...plain.states, "jammed"], rows });
    for (const by of [["buyer"], ["seller"], ["buyer", "seller"]] as const) {
      expect(faultsOf(forcedBy(...by))).toEqual(["jammed cannot be left without buyer and seller"]);
    }
    expect(faultsOf(forcedBy("buyer", "operator"))).toEqual([]);
  });

  test("finds rows that name a state the machine does not have", () => {
    expect(graphFaults({ ...plain, rows: [...plain.rows, row("shut", "melt", "molten", "clock")] })).toEqual(["unknown state molten"]);
  });
});
