import { expect, test } from "vitest";
import { Gather } from "./gather.ts";

/** A look-up that is answered when the test says so. */
function held() {
  const asked: { keys: readonly string[]; answer: (found: ReadonlyMap<string, number>) => void; fail: (error: Error) => void }[] = [];
  const gather = new Gather<string, number>((keys) => new Promise((answer, fail) => asked.push({ keys, answer, fail })));
  return { asked, gather };
}
const soon = () => new Promise((done) => setImmediate(done));

test("who comes first goes at once; those who come meanwhile go together, each key once", async () => {
  const { asked, gather } = held();
  const first = gather.get("a");
  await soon();
  const later = [gather.get("b"), gather.get("c"), gather.get("b"), gather.get("a")];
  await soon();
  expect(asked.map(({ keys }) => keys)).toEqual([["a"]]);
  asked[0]?.answer(new Map([["a", 1]]));
  expect(await first).toBe(1);
  await soon();
  // The second "a" is read anew: what was read before it was asked for may be old.
  expect(asked.map(({ keys }) => keys)).toEqual([["a"], ["b", "c", "a"]]);
  asked[1]?.answer(
    new Map([
      ["b", 2],
      ["a", 9],
    ]),
  );
  expect(await Promise.all(later)).toEqual([2, undefined, 2, 9]);
});

test("a look-up that fails fails for those in it, and the next go on", async () => {
  const { asked, gather } = held();
  const [first, second] = [gather.get("a"), gather.get("b")];
  const told = Promise.allSettled([first, second]);
  await soon();
  const next = gather.get("c");
  asked[0]?.fail(new Error("the database is away"));
  expect((await told).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await soon();
  asked[1]?.answer(new Map([["c", 3]]));
  expect(await next).toBe(3);
});
