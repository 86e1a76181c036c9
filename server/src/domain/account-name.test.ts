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
  ["Ada Obi Bello", "ADA OBI MUSA", true],
  ["Ada-Obi", "obi ada", true],
  ["Depot 24", "DEPOT 24", true],
])("%s and %s", (given, banks, fit) => {
  expect(namesFit(given, banks)).toBe(fit);
});

test.each(["Mr", "Mrs", "Ms", "Miss", "Dr", "Chief", "Alhaji", "Alhaja", "Engr.", "Prof.", "Ltd", "Limited", "PLC", "Ent"])(
  "%s is no word of a name: it neither fits by itself, nor is it one of two in common",
  (title) => {
    expect(namesFit(title, title.toUpperCase())).toBe(false);
    expect(namesFit(`${title} Ada Obi`, `${title} ADA BELLO`)).toBe(false);
  },
);
