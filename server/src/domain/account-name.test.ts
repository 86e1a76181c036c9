import { expect, test } from "vitest";
import { namesFit } from "./account-name.ts";

test.each([
  ["Ada Obi", "OBI, ADA NGOZI", true],
  ["Mrs. Adaéze Obi", "ADAEZE OBI", true],
  ["Ada Obi", "ADA BELLO", false],
  ["Ada Obi", "TUNDE ADE", false],
  ["Wood & Sons Ltd", "WOOD AND SONS LIMITED", true],
  ["Emeka", "EMEKA OBI", true],
  ["Emeka", "MUSA BELLO", false],
  // Titles alone are nobody's name.
  ["Mr Dr", "MR DR", false],
  ["", "ADA OBI", false],
  ["Ada Obi", "", false],
  ["A B", "A B", false],
])("%s and %s", (given, banks, fit) => {
  expect(namesFit(given, banks)).toBe(fit);
});
