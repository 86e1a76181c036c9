import { expect, test } from "vitest";
import { NoAnswer } from "../rail.ts";
import { fromStripe, toStripe } from "./amounts.ts";

test("amounts cross exactly or not at all, by Stripe's count of each currency", () => {
  expect(toStripe(5n, "ISK")).toEqual({ amount: 500 });
  expect(toStripe(5n, "UGX")).toEqual({ amount: 500 });
  expect(toStripe(500n, "MGA")).toEqual({ amount: 5 });
  expect(toStripe(501n, "MGA")).toHaveProperty("refused");
  expect(toStripe(1230n, "KWD")).toEqual({ amount: 1230 });
  expect(toStripe(1234n, "KWD")).toHaveProperty("refused");
  expect(toStripe(7n, "JPY")).toEqual({ amount: 7 });
  expect(toStripe(7n, "HUF")).toEqual({ amount: 7 });
  expect(toStripe(7n, "TWD")).toEqual({ amount: 7 });
  expect(toStripe(2n ** 53n, "USD")).toHaveProperty("refused");
  expect([fromStripe(500n, "ISK"), fromStripe(5n, "MGA"), fromStripe(7n, "USD")]).toEqual([5n, 500n, 7n]);
  expect(() => fromStripe(550n, "ISK")).toThrow(NoAnswer);
});
