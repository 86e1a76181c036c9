import fc from "fast-check";
import { expect, test } from "vitest";
import { isRefusal } from "./refusals.ts";
import { normaliseEmail, normalisePhone } from "./contact.ts";

test("an e-mail address is trimmed and its domain put in lower case", () => {
  expect(normaliseEmail("  Ada.Obi+shop@Example.COM ")).toBe("Ada.Obi+shop@example.com");
  expect(normaliseEmail("o'neill@mail.example.co.uk")).toBe("o'neill@mail.example.co.uk");
});

test("what cannot be a mailbox is refused with a sentence that names the field", () => {
  const bad = ["", "ada", "ada@", "@example.com", "ada@example", "ada@exa mple.com", "a da@example.com", "ada@@example.com", "ada@.com"];
  const worse = [
    ".ada@example.com",
    "a..b@example.com",
    "ada@-x.com",
    "ada@127.0.0.1",
    "ada@example.com\nBcc: x@y.zz",
    "Ada <a@b.cc>",
    7,
    null,
    undefined,
  ];
  for (const value of [...bad, ...worse, `${"a".repeat(65)}@example.com`, `a@${"b".repeat(250)}.com`]) {
    const answer = normaliseEmail(value, "buyer_email");
    expect(answer).toMatchObject({ refused: "invalid", detail: "buyer_email must be an e-mail address such as ada@example.com." });
  }
});

test("every way to write a Nigerian number is the same number", () => {
  const ways = [
    "08031234567",
    "8031234567",
    "2348031234567",
    "+2348031234567",
    "002348031234567",
    "+23408031234567",
    "0803 123 4567",
    "+234 (0) 803-123-4567",
  ];
  for (const way of ways) expect(normalisePhone(way)).toBe("+2348031234567");
  expect(normalisePhone(2348031234567)).toBe("+2348031234567");
});

test("numbers of other countries need their country code", () => {
  expect(normalisePhone("+44 7911 123456")).toBe("+447911123456");
  expect(normalisePhone("0044 7911 123456")).toBe("+447911123456");
  expect(normalisePhone("447911123456")).toBe("+447911123456");
  expect(normalisePhone("01 234 5678")).toBe("+23412345678");
});

test("what is no number is refused with a sentence that names the field", () => {
  for (const value of [
    "",
    "0",
    "phone",
    "+",
    "12345",
    "+123",
    "0803123456789",
    "+1234567890123456",
    "08031234567 ext 2",
    "++2348031234567",
    null,
    {},
  ]) {
    const answer = normalisePhone(value, "recipient");
    expect(answer).toMatchObject({ refused: "invalid", facts: { field: "recipient" } });
  }
});

test("normalising twice changes nothing more", () => {
  fc.assert(
    fc.property(fc.oneof(fc.emailAddress(), fc.string()), (text) => {
      const once = normaliseEmail(text);
      return isRefusal(once) || normaliseEmail(once) === once;
    }),
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[+0]{0,2}\d{6,16}$/), (text) => {
      const once = normalisePhone(text);
      return isRefusal(once) || normalisePhone(once) === once;
    }),
  );
});
