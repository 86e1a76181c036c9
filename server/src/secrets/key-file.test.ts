import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { KeyUnusable, keyFromBase64, keyFromFile } from "./key-file.ts";

const folder = mkdtempSync(join(tmpdir(), "tranche-key-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the first start makes a key that only its owner can read, and later starts find the same", async () => {
  const home = join(folder, "fresh", "home");
  const key = await keyFromFile(home);
  expect(key).toHaveLength(32);
  expect(statSync(join(home, "key")).mode & 0o777).toBe(0o600);
  expect(await keyFromFile(home)).toEqual(key);
  expect(readdirSync(home)).toEqual(["key"]);
});

test("processes that start together agree on one key", async () => {
  const home = join(folder, "together");
  const keys = await Promise.all(Array.from({ length: 12 }, () => keyFromFile(home)));
  expect(new Set(keys.map((k) => k.toString("hex"))).size).toBe(1);
  expect(readdirSync(home)).toEqual(["key"]);
});

test("a key file that others can read is refused, and so is a link or a broken one", async () => {
  const home = join(folder, "open");
  await keyFromFile(home);
  for (const mode of [0o640, 0o604, 0o620]) {
    chmodSync(join(home, "key"), mode);
    await expect(keyFromFile(home)).rejects.toThrow(/chmod 600/);
  }
  chmodSync(join(home, "key"), 0o600);
  const linked = join(folder, "linked");
  await keyFromFile(linked);
  rmSync(join(linked, "key"));
  symlinkSync(join(home, "key"), join(linked, "key"));
  await expect(keyFromFile(linked)).rejects.toThrow(/not a plain file/);
  writeFileSync(join(home, "key"), "short\n");
  await expect(keyFromFile(home)).rejects.toThrow(KeyUnusable);
});

test("a key given as text must be 32 bytes of base64", () => {
  const key = randomBytes(32);
  expect(keyFromBase64(` ${key.toString("base64")}\n`)).toEqual(key);
  for (const bad of ["", "abc", randomBytes(31).toString("base64"), randomBytes(33).toString("base64"), `${key.toString("base64")}!`]) {
    expect(() => keyFromBase64(bad)).toThrow(KeyUnusable);
  }
});
