import { expect, test } from "vitest";
import { untilSomethingFires } from "./all-due.ts";

/** Twenty rows that are due, read three at a time; what is put off is due no more. */
function queue(fires: (id: number) => boolean, putOff: (id: number) => boolean) {
  const due = new Set(Array.from({ length: 20 }, (_, id) => id));
  const acted: number[] = [];
  return {
    acted,
    read: () => Promise.resolve([...due].slice(0, 3).map((id) => ({ id, sellerId: 1 }))),
    act: (rows: readonly { readonly id: number }[]) => {
      for (const { id } of rows) {
        acted.push(id);
        if (putOff(id)) due.delete(id);
      }
      return Promise.resolve(rows.filter(({ id }) => fires(id)).map(({ id }) => ({ what: "done", seller: 1, id })));
    },
  };
}

test("what is only put off does not keep what is due behind it waiting", async () => {
  const { acted, read, act } = queue(
    (id) => id === 13,
    () => true,
  );
  expect(await untilSomethingFires(read, act)).toEqual([{ what: "done", seller: 1, id: 13 }]);
  expect(acted).toEqual(Array.from({ length: 15 }, (_, id) => id));
});

test("it ends where nothing fires, and where what is due stays due", async () => {
  const all = queue(
    () => false,
    () => true,
  );
  expect(await untilSomethingFires(all.read, all.act)).toEqual([]);
  expect(all.acted).toHaveLength(20);
  const stuck = queue(
    () => false,
    () => false,
  );
  expect(await untilSomethingFires(stuck.read, stuck.act)).toEqual([]);
  expect(stuck.acted).toEqual([0, 1, 2]);
});
