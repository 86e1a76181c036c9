import { expect, test } from "vitest";
import { sideBySide } from "./side-by-side.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("one group's things go in order, groups side by side, and never more than allowed", async () => {
  const things = Array.from({ length: 40 }, (_, i) => ({ group: `g${i % 7}`, i }));
  const heard = new Map<string, number[]>();
  let under = 0;
  let most = 0;
  const done = await sideBySide(
    things,
    (thing) => thing.group,
    3,
    async ({ group, i }) => {
      under += 1;
      most = Math.max(most, under);
      for (let waits = i % 4; waits > 0; waits -= 1) await turn();
      heard.set(group, [...(heard.get(group) ?? []), i]);
      under -= 1;
      return i * 2;
    },
  );
  expect(done).toEqual(things.map(({ i }) => i * 2));
  expect(most).toBe(3);
  for (const order of heard.values()) expect(order).toEqual(order.toSorted((a, b) => a - b));
});

test("what one throws is thrown only when nothing is under way any more", async () => {
  let under = 0;
  const work = async (thing: number) => {
    under += 1;
    await turn();
    under -= 1;
    if (thing === 2) throw new Error("two");
    return thing;
  };
  await expect(sideBySide([1, 2, 3, 4, 5, 6], String, 2, work)).rejects.toThrow("two");
  expect(under).toBe(0);
});
