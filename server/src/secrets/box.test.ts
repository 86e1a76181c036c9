import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { open, SealBroken, seal } from "./box.ts";

const key = randomBytes(32);

test("whatever is sealed opens again under the same key in the same place", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string(), (plain, place) => open(key, seal(key, plain, place), place) === plain));
});

test("the same text never looks the same twice and never shows", () => {
  const a = seal(key, "PKp6z3jTcLeQ", "seller 1");
  expect(a).not.toBe(seal(key, "PKp6z3jTcLeQ", "seller 1"));
  expect(a).toMatch(/^v1\.[\w-]+$/);
  expect(Buffer.from(a.slice(3), "base64url").toString("latin1")).not.toContain("PKp6");
});

test("another key, another place or any changed byte does not open", () => {
  const sealed = seal(key, "secret", "seller 1");
  expect(() => open(randomBytes(32), sealed, "seller 1")).toThrow(SealBroken);
  expect(() => open(key, sealed, "seller 2")).toThrow(SealBroken);
  const bytes = Buffer.from(sealed.slice(3), "base64url");
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes);
    changed[i] = (changed[i] ?? 0) ^ 1;
    expect(() => open(key, `v1.${changed.toString("base64url")}`, "seller 1")).toThrow(SealBroken);
  }
  for (const junk of ["", "v1.", "v1.AAAA", "v2.AAAA", "secret"]) expect(() => open(key, junk, "seller 1")).toThrow(SealBroken);
});

test("a key of another length is refused", () => {
  expect(() => seal(randomBytes(16), "x", "y")).toThrow(RangeError);
});
