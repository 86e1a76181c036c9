import { expect, test } from "vitest";
import { codeHash, newCode, newPrivateKey, newPublicKey, randomToken, sameSecret, tokenHash } from "./tokens.ts";

test("tokens carry 32 random bytes and are stored as a hash", () => {
  const tokens = Array.from({ length: 200 }, randomToken);
  for (const token of tokens) expect(token).toMatch(/^[\w-]{43}$/);
  expect(new Set(tokens).size).toBe(200);
  expect(tokenHash("abc").toString("hex")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("keys have the wire's lengths and use every letter and digit", () => {
  const keys = Array.from({ length: 200 }, () => [newPublicKey(), newPrivateKey()]);
  for (const [publicKey, privateKey] of keys) {
    expect(publicKey).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(privateKey).toMatch(/^[A-Za-z0-9]{35}$/);
  }
  expect(new Set(keys.flat().join("")).size).toBe(62);
});

test("codes have six digits, leading zeros too, and equal codes of two people hash differently", () => {
  const codes = Array.from({ length: 500 }, newCode);
  for (const code of codes) expect(code).toMatch(/^\d{6}$/);
  expect(codes.some((c) => c.startsWith("0"))).toBe(true);
  expect(codeHash("000001", "order 1")).not.toEqual(codeHash("000001", "order 2"));
});

test("secrets are compared whole, whatever their lengths", () => {
  expect(sameSecret("abc", "abc")).toBe(true);
  expect(sameSecret("abc", Buffer.from("abc"))).toBe(true);
  for (const other of ["abd", "ab", "abcd", ""]) expect(sameSecret("abc", other)).toBe(false);
});
