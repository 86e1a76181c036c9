import { describe, expect, test } from "vitest";
import { must } from "../src/domain/fault.ts";
import { blocksOf, php, runDocument } from "./setup/doc-blocks.ts";

// The integrator's documents: whoever copies their blocks from top to bottom sees what they say. A `json` block after a block is what that
// block prints, as far as it goes.

const documents = [
  "get-started.md",
  "ground-up.md",
  "frameworks.md",
  "milestones.md",
  "payouts.md",
  "order-status.md",
  "going-live.md",
  "marketplaces.md",
  "migrating-from-atarapay.md",
];

/** The documents after the first take its keys and small functions for granted. */
const prelude = must(
  blocksOf("get-started.md").find((block) => block.kind === "sh" && block.body.includes("checkout()")),
  "the functions of get-started.md",
).body;

const skipped = php ? "" : " (without its PHP: there is no php here)";

describe.each(documents)("%s", (document) => {
  const blocks = blocksOf(document);

  test("every block is run, or is what one prints, or says that it is a fragment", () => {
    const known = new Set(["sh", "js", "php", "json"]);
    expect(blocks.filter((block) => !block.fragment && !known.has(block.kind))).toEqual([]);
  });

  const toRun = blocks.some((block) => !block.fragment && block.kind !== "json");
  test.runIf(toRun)(
    `its blocks do what it says${skipped}`,
    async () => {
      const { ran, printed } = await runDocument(document, document === "get-started.md" ? "" : prelude);
      expect(ran, printed.map((one) => one.out).join("\n---\n")).toMatchObject({ code: 0 });
      for (const { block, out, expected } of printed) {
        if (expected === undefined) expect(out, block).not.toContain('"status":"error"');
        else expect(JSON.parse(out.trim().split("\n").at(-1) ?? ""), block).toMatchObject(expected);
      }
    },
    90_000,
  );
});
