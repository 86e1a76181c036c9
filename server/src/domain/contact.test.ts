import fc from "fast-check";
import { expect, test } from "vitest";
import { isRefusal } from "./refusals.ts";
import { normaliseEmail, normalisePhone } from "./contact.ts";

test("an e-mail address is trimmed and its domain put in lower case", () => {
  expect(normaliseEmail("  Ada.Obi+shop@Example.COM ")).toBe("Ada.Obi+shop@example.com");
  expect(normaliseEmail("o'neill@mail.example.co.uk")).toBe("o'neill@mail.example.co.uk");
});

test("an address may be as long as mail servers take, its labels short, and its domain hold digits", () => {
  const local = "a".repeat(64);
  const longest = `${local}@${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(57)}.com`;
  expect(longest).toHaveLength(254);
  expect(normaliseEmail(longest)).toBe(longest);
  expect(normaliseEmail(longest.replace("@", "@e"))).toMatchObject({ refused: "invalid" });
  expect(normaliseEmail(longest.replace(".com", "d.com"))).toMatchObject({ refused: "invalid" });
  for (const address of ["a@b.c", "a@1.co", "a@x.1a", "a@x.a1", "a@x.11a", "a@x-1.example", "ada@exämple.com"]) {
    expect(normaliseEmail(address)).toBe(address);
  }
});

test("what cannot be a mailbox is refused with a sentence that names the field", () => {
  const bad = ["", "ada", "ada@", "@example.com", "ada@example", "ada@exa mple.com", "a da@example.com", "ada@@example.com", "ada@.com"];
  const worse = [
    ".ada@example.com",
    "a..b@example.com",
    "ada.@example.com",
    "ada@x-.com",
    "ada@example.1",
    "ada@x.com.12",
    `ada@${"b".repeat(64)}.com`,
    ["ada@example.com"],
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
    expect(answer).toEqual({
      refused: "invalid",
      detail: "buyer_email must be an e-mail address such as ada@example.com.",
      facts: { field: "buyer_email" },
    });
  }
  expect(normaliseEmail("ada")).toMatchObject({ facts: { field: "email" } });
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
  // Eleven digits are a number with its country code, and ten are one without, which only Nigeria's mobile numbers can be.
  expect(normalisePhone("86123456789")).toBe("+86123456789");
  expect(normalisePhone("44791112345")).toBe("+44791112345");
  expect(normalisePhone(" 1234567890 ")).toMatchObject({ refused: "invalid" });
  // Where the digits of Nigeria's code stand elsewhere, they are nothing.
  expect(normalisePhone("+123405678901")).toBe("+123405678901");
  expect(normalisePhone("+44791112234")).toBe("+44791112234");
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
    "+23480312345678",
    "+23412345",
    "+234023412345678",
    "0012",
    "01234",
    "8031234567x",
    "x08031234567",
    ["08031234567"],
    "08031234567 ext 2",
    "++2348031234567",
    null,
    {},
  ]) {
    const answer = normalisePhone(value, "recipient");
    expect(answer).toEqual({
      refused: "invalid",
      detail: "recipient must be a phone number such as +2348031234567 or 08031234567.",
      facts: { field: "recipient" },
    });
  }
  expect(normalisePhone("")).toMatchObject({ facts: { field: "phone_number" } });
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
