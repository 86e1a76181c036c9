import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as movements from "../server/src/domain/movements.ts";
import { flows } from "./money-flow-steps.ts";
import { moneyFlowsPage } from "./money-flows.ts";

test("the page shows the balances that money.md's sample gives", () => {
  const page = moneyFlowsPage();
  // Worked out by hand: what each ending of the sample leaves with whom.
  const last = (title: string, account: string) => {
    const section = page.split("## ").find((part) => part.startsWith(title)) ?? "";
    const row = section.split("\n").find((line) => line.startsWith(`| \`${account}\``)) ?? "";
    return row.split("|").at(-2)?.trim();
  };
  expect(last("Accepted, a service provider", "payee:seller:117:payable")).toBe("75,650");
  expect(last("Cancelled late", "payee:service_provider:7:payable")).toBe("7,500");
  expect(last("Cancelled late", "buyer:278:refundable")).toBe("430,000");
  expect(last("Lapsed", "buyer:278:refundable")).toBe("400,000");
  expect(last("Lapsed", "order:3021:escrow")).toBe("");
  expect(last("Split", "payee:service_provider:7:payable")).toBe("149,300");
  expect(last("Ruled", "payee:seller:117:payable")).toBe("212,916");
  expect(last("A ruling reopened", "order:3021:escrow")).toBe("450,000");
  expect(last("Lost in part", "payee:seller:117:payable")).toBe("298,083");
  expect(last("Lost after the buyer was refunded", "platform:losses")).toBe("450,000");
  expect(last("Lost after the seller was paid", "seller:117:receivable")).toBe("");
  expect(last("A service provider paid in dollars", "platform:fx")).toBe("");
  expect(last("Overpaid", "rail:sandbox:fees")).toBe("16,900");
});

test("every movement the server can make is played", () => {
  const steps = readFileSync(join(import.meta.dirname, "money-flow-steps.ts"), "utf8");
  const made = Object.entries(movements).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
  expect(made.length).toBeGreaterThan(15);
  expect(made.filter((name) => !steps.includes(`movements.${name}(`)).toSorted()).toEqual([]);
  expect(flows.every((flow) => flow.steps.every((step) => step.postings.length > 0))).toBe(true);
});
