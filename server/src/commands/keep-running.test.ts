import { expect, test } from "vitest";
import { MovedAway } from "../db/embedded.ts";
import { keepRunning } from "./keep-running.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

test("a database that cannot start yet is tried again, until the watch is ended", async () => {
  let tries = 0;
  let end: () => void = () => undefined;
  await new Promise<void>((resolve) => {
    const revive = () => {
      tries += 1;
      if (tries === 3) resolve();
      return tries < 3 ? Promise.reject(new Error("shared memory is still in use")) : Promise.resolve(true);
    };
    end = keepRunning({ revive }, silent, (sentence) => expect.fail(sentence), 1);
  });
  end();
  expect(tries).toBe(3);
});

test("a database that came back elsewhere ends the server with one sentence", async () => {
  const sentence = await new Promise<string>((tell) => {
    keepRunning({ revive: () => Promise.reject(new MovedAway("It has another port: start Tranche again.")) }, silent, tell, 1);
  });
  expect(sentence).toBe("The embedded PostgreSQL died and could not be started again: It has another port: start Tranche again.");
});
