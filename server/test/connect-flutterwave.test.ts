import type pg from "pg";
import { expect, test } from "vitest";
import { connectRails } from "../src/commands/connect-rails.ts";
import { readConfig } from "../src/config.ts";
import { StartError } from "../src/db/start-error.ts";

const hash = "a-secret-hash-of-the-dashboard";
const nobody = {} as pg.Pool;

function connect(settings: Readonly<Record<string, string>>) {
  const environment = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`TRANCHE_${name}`, value]));
  return connectRails({ config: readConfig(environment), pool: nobody, clock: () => new Date(0) });
}

test("Flutterwave is connected by its key and the hash of its notices, in the mode that the key is for", async () => {
  expect(connect({}).connected).toEqual([]);
  const test1 = connect({ FLUTTERWAVE_SECRET_KEY: "FLWSECK_TEST-abc123-X", FLUTTERWAVE_WEBHOOK_HASH: hash });
  expect(test1.connected.map((rail) => rail.name)).toEqual(["flutterwave"]);
  const live = connect({ MODE: "live", FLUTTERWAVE_SECRET_KEY: "FLWSECK-abc123-1f0vt-X", FLUTTERWAVE_WEBHOOK_HASH: hash });
  expect(live.connected.map((rail) => rail.name)).toEqual(["flutterwave"]);
  await Promise.all([test1.close(), live.close()]);
});

test.each([
  [{ FLUTTERWAVE_SECRET_KEY: "FLWSECK-abc123-X", FLUTTERWAVE_WEBHOOK_HASH: hash }, "is a live key"],
  [{ MODE: "live", FLUTTERWAVE_SECRET_KEY: "FLWSECK_TEST-abc123-X", FLUTTERWAVE_WEBHOOK_HASH: hash }, "is a test key"],
  [{ FLUTTERWAVE_SECRET_KEY: "FLWSECK_TEST-abc123-X" }, "TRANCHE_FLUTTERWAVE_WEBHOOK_HASH is missing"],
  [{ FLUTTERWAVE_SECRET_KEY: "sk_test_abc", FLUTTERWAVE_WEBHOOK_HASH: hash }, "TRANCHE_FLUTTERWAVE_SECRET_KEY must be a key like FLWSECK"],
  [{ FLUTTERWAVE_SECRET_KEY: "FLWSECK_TEST-abc123-X", FLUTTERWAVE_WEBHOOK_HASH: "short" }, "of 16 characters or more"],
  [{ FLUTTERWAVE_WEBHOOK_SIGNATURE: "v5" }, "one of v3, v4"],
])("%j is refused with a sentence, without the secret itself", (settings, says) => {
  const attempt = () => connect(settings);
  expect(attempt).toThrow(StartError);
  expect(attempt).toThrow(says);
  for (const secret of ["abc123", hash, "short", "sk_test_abc"]) expect(attempt).not.toThrow(secret);
});

test("a secret that stands in a file is refused", () => {
  for (const name of ["secret_key", "webhook_hash"])
    expect(() => readConfig({}, `[flutterwave]\n${name} = "${hash}"\n`)).toThrow("may stand in no file");
});
