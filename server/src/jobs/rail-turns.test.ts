import { expect, test } from "vitest";
import type { Rail } from "../rails/rail.ts";
import { keyRefused } from "../net/json-call.ts";
import { NoAnswer } from "../rails/rail.ts";
import { waitAsked } from "../net/json-call.ts";
import { RailTurns } from "./rail-turns.ts";

const bears = (callsAtOnce: number) => ({ can: { callsAtOnce } }) as Rail;
const breath = () => new Promise((go) => setImmediate(go));

function held(turns: RailTurns, rail: string) {
  const asked = Promise.withResolvers<void>();
  let began = false;
  const ended = turns.run(rail, () => {
    began = true;
    return asked.promise;
  });
  return { began: () => began, end: () => asked.resolve(), fail: () => asked.reject(new Error("cut")), ended };
}

test("as many at a time as the rail bears, in the order they came; another rail has turns of its own", async () => {
  const turns = new RailTurns(
    new Map([
      ["slow", bears(2)],
      ["quick", bears(1)],
    ]),
    () => new Date(),
  );
  const all = Array.from({ length: 4 }, () => held(turns, "slow"));
  await breath();
  expect(all.map((one) => one.began())).toEqual([true, true, false, false]);
  const other = held(turns, "quick");
  await breath();
  expect(other.began()).toBe(true);
  other.end();
  all[1]?.fail();
  await expect(all[1]?.ended).rejects.toThrow("cut");
  await breath();
  expect(all.map((one) => one.began())).toEqual([true, true, true, false]);
  for (const one of all) one.end();
  await Promise.allSettled(all.map((one) => one.ended));
  expect(all[3]?.began()).toBe(true);
  // Nothing is left behind: all turns are free again.
  const again = [held(turns, "slow"), held(turns, "slow")];
  await breath();
  expect(again.map((one) => one.began())).toEqual([true, true]);
  for (const one of again) one.end();
});

test("a rail that is called too often rests for as long as it asks, a quarter of an hour at most; other silence is no such thing", async () => {
  let now = 0;
  const turns = new RailTurns(new Map([["busy", bears(1)]]), () => new Date(now));
  await turns.heard("busy", new NoAnswer("POST /transfer: status 500"));
  await turns.heard("busy", new Error("anything"));
  expect(turns.resting()).toEqual([]);
  await turns.heard("busy", new NoAnswer("status 429", 30_000));
  await turns.heard("busy", new NoAnswer("status 429", 1_000));
  expect(turns.resting()).toEqual(["busy"]);
  now = 29_999;
  expect(turns.resting()).toEqual(["busy"]);
  now = 30_000;
  expect(turns.resting()).toEqual([]);
  await turns.heard("busy", new NoAnswer("status 429", 86_400_000));
  now += 15 * 60_000;
  expect(turns.resting()).toEqual([]);
});

test("who waits for a turn at a rail that then asks to be left alone is not run, and every turn is free afterwards", async () => {
  let now = 0;
  const turns = new RailTurns(new Map([["busy", bears(1)]]), () => new Date(now));
  const first = held(turns, "busy");
  const waiting = held(turns, "busy");
  const calling = turns.call("busy", () => Promise.resolve("said"));
  first.fail();
  await expect(first.ended).rejects.toThrow("cut");
  now = 1;
  const again = held(turns, "busy");
  again.end();
  waiting.end();
  await expect(Promise.all([waiting.ended, calling, again.ended])).resolves.toEqual([undefined, "said", undefined]);
  await expect(turns.call("busy", () => Promise.reject(new NoAnswer("status 429", 1_000)))).rejects.toThrow("429");
  const late = held(turns, "busy");
  expect(await late.ended).toBeUndefined();
  expect(late.began()).toBe(false);
  await expect(turns.call("busy", () => Promise.resolve("said"))).rejects.toThrow(NoAnswer);
  now += 1_000;
  await expect(turns.call("busy", () => Promise.resolve("said"))).resolves.toBe("said");
});

test("a setting says how many, whatever the adapter says", async () => {
  const turns = new RailTurns(new Map([["busy", bears(8)]]), () => new Date(), new Map([["busy", 1]]));
  const all = [held(turns, "busy"), held(turns, "busy")];
  await breath();
  expect(all.map((one) => one.began())).toEqual([true, false]);
  for (const one of all) one.end();
  await Promise.all(all.map((one) => one.ended));
});

test("what Retry-After asks for: seconds, a date, or nothing that can be read", () => {
  const now = new Date("2026-11-26T10:00:00Z");
  expect(waitAsked("7", now)).toBe(7_000);
  expect(waitAsked("Thu, 26 Nov 2026 10:01:00 GMT", now)).toBe(60_000);
  expect(waitAsked("Thu, 26 Nov 2026 09:00:00 GMT", now)).toBe(0);
  expect([waitAsked(undefined, now), waitAsked("soon", now), waitAsked("-3", now)]).toEqual([10_000, 10_000, 0]);
});

test("that a rail refuses its key is passed on each time, whoever calls", async () => {
  const told: string[] = [];
  const refused = (rail: string) => Promise.resolve(void told.push(rail));
  const turns = new RailTurns(new Map([["shut", bears(1)]]), () => new Date(), new Map(), refused);
  await expect(turns.call("shut", () => Promise.reject(keyRefused("GET /balance", 401)))).rejects.toThrow("refused");
  await turns.heard("shut", keyRefused("POST /transfer", 403));
  await turns.heard("shut", new NoAnswer("POST /transfer: status 500"));
  expect(told).toEqual(["shut", "shut"]);
  expect(turns.resting()).toEqual([]);
});
