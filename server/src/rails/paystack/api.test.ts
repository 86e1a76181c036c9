import { expect, test } from "vitest";
import type { Answered } from "../../net/json-call.ts";
import { NoAnswer } from "../rail.ts";
import type { Paystack } from "./api.ts";
import { everyPage } from "./api.ts";

function answering(answer: (page: number) => Pick<Answered, "status" | "body">) {
  const asked: string[] = [];
  const call = (_method: string, path: string) => {
    asked.push(path);
    return Promise.resolve(answer(asked.length));
  };
  return { asked, paystack: { api: { call } } as unknown as Paystack };
}

const page = (length: number) => ({ status: 200, body: { status: true, data: Array.from({ length }, (_, id) => ({ id })) } });

test("a list is read until a page is not full", async () => {
  const { asked, paystack } = answering((nth) => page(nth < 3 ? 100 : 7));
  expect(await everyPage(paystack, "/refund?transaction=1", "the refunds")).toHaveLength(207);
  expect(asked.at(-1)).toBe("/refund?transaction=1&perPage=100&page=3");
});

test("a list that does not end, or that is refused on the way, is no list: what it did not show may be there", async () => {
  const endless = answering(() => page(100));
  await expect(everyPage(endless.paystack, "/refund", "the refunds")).rejects.toThrow(NoAnswer);
  expect(endless.asked).toHaveLength(500);
  const refused = answering((nth) => (nth === 1 ? page(100) : { status: 400, body: { status: false, message: "No more", data: [] } }));
  await expect(everyPage(refused.paystack, "/refund", "the refunds")).rejects.toThrow("Paystack did not list the refunds: No more");
});
