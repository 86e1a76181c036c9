import fc from "fast-check";
import { expect, test } from "vitest";
import { Books } from "./books.ts";
import { Clock } from "./clock.ts";

const clock = new Clock(() => new Date("2026-03-02T08:00:00Z"));
const one = { what: "test", currency: "NGN", reference: "r" };

test("whatever moves, what came in is what went out and what is held", () => {
  const account = fc.constantFrom("outside:a", "outside:b", "balance", "fees", "in_transit");
  const move = fc.record({ from: account, to: account, amount: fc.bigInt({ min: -5n, max: 1_000n }) });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const books = new Books(clock);
      let made = 0;
      for (const { from, to, amount } of moves) {
        const sound = amount > 0n && from !== to && !(from.startsWith("outside") && to.startsWith("outside"));
        if (!sound || (!from.startsWith("outside") && books.balance(from, "NGN") < amount)) {
          expect(() => books.move({ ...one, from, to, amount })).toThrow();
        } else {
          books.move({ ...one, from, to, amount });
          made += 1;
        }
      }
      expect(books.movements()).toHaveLength(made);
      for (const totals of books.audit()) {
        expect(totals.in).toBe(totals.out + Object.values(totals.held).reduce((sum, held) => sum + held, 0n));
        expect(Object.values(totals.held).every((held) => held >= 0n)).toBe(true);
      }
    }),
  );
});

test("only a lost dispute may take more than there is", () => {
  const books = new Books(clock);
  const lost = { ...one, from: "balance", to: "outside:payers", amount: 5n };
  expect(() => books.move(lost)).toThrow("balance has not 5 NGN");
  books.move(lost, true);
  expect(books.audit()).toEqual([{ currency: "NGN", in: 0n, out: 5n, held: { balance: -5n } }]);
});
