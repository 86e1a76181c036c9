import { expect, test } from "vitest";
import { bestScheme, hashPassword, needsRehash, passwordFits } from "./passwords.ts";

test("this runtime hashes with argon2id", async () => {
  expect(bestScheme).toBe("argon2id");
  expect(await hashPassword("correct horse")).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
});

test("only the password that was hashed fits, under both schemes", async () => {
  for (const scheme of ["argon2id", "scrypt"] as const) {
    const stored = await hashPassword("correct horse ẞ", scheme);
    expect(await passwordFits("correct horse ẞ", stored)).toBe(true);
    for (const wrong of ["", "Correct horse ẞ", "correct horse ẞ "]) expect(await passwordFits(wrong, stored)).toBe(false);
    expect(await hashPassword("correct horse ẞ", scheme)).not.toBe(stored);
  }
});

test("a hash made elsewhere with other costs is read by its own costs and marked for renewal", async () => {
  // Made by the reference implementation of argon2: password "password", salt "somesalt".
  const elsewhere = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  expect(await passwordFits("password", elsewhere)).toBe(true);
  expect(needsRehash(elsewhere)).toBe(true);
  expect(needsRehash(await hashPassword("x"))).toBe(false);
  expect(needsRehash(await hashPassword("x", "scrypt"))).toBe(true);
});

test("a stored text that is no hash never fits", async () => {
  for (const junk of ["", "password", "$argon2id$v=19$m=1$x$y", "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA"]) {
    expect(await passwordFits("password", junk)).toBe(false);
  }
});
