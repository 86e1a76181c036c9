import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { testDatabase } from "./database.ts";
import type { Ran } from "./program.ts";
import { newHome, ready, root, start, startServer, stop } from "./program.ts";

/** A fenced block of a document. */
export interface Block {
  readonly kind: string;
  readonly body: string;
  /** Not run: the block says of itself that it is a fragment. */
  readonly fragment: boolean;
}

export function blocksOf(document: string): readonly Block[] {
  const text = readFileSync(join(root, "docs", document), "utf8");
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map(([, kind = "", body = ""]) => ({
    kind,
    body,
    fragment: /^(?:#|\/\/) fragment\b/m.test(body),
  }));
}

/** Whether this machine has PHP; without it those blocks are left out. */
export const php = spawnSync("php", ["--version"]).status === 0;

/** What one block printed; `expected` is the `json` block that follows it in the document. */
export interface Printed {
  readonly block: string;
  readonly out: string;
  readonly expected: object | undefined;
}

const runs: Readonly<Record<string, { readonly file: string; readonly program: string }>> = {
  js: { file: "mjs", program: "node" },
  php: { file: "php", program: "php" },
};

/**
 * Runs the blocks of one document from top to bottom, in one shell, against a fresh sandbox, as a reader would who copies them. `prelude` is
 * shell that the document takes for granted. The shell ends at the first command that fails.
 */
export async function runDocument(document: string, prelude: string): Promise<{ readonly ran: Ran; readonly printed: readonly Printed[] }> {
  const database = await testDatabase();
  const home = newHome();
  const folder = mkdtempSync(join(tmpdir(), "tranche-doc-"));
  const server = startServer({ PORT: "0", TRANCHE_HOME: home, DATABASE_URL: database.ownerUrl });
  try {
    await ready(server);
    const { url } = JSON.parse(readFileSync(join(home, "sandbox.json"), "utf8")) as { url: string };
    symlinkSync(home, join(folder, ".tranche"));
    const here = (text: string) => text.replaceAll("http://127.0.0.1:4000", url);
    const blocks = blocksOf(document);
    const asked: { block: string; expected: object | undefined }[] = [];
    const script = [`cd '${folder}'`, "set -ea -o pipefail", here(prelude)];
    for (const [at, block] of blocks.entries()) {
      if (block.fragment || block.kind === "json" || (block.kind === "php" && !php)) continue;
      const next = blocks[at + 1];
      asked.push({ block: block.body, expected: next?.kind === "json" && !next.fragment ? (JSON.parse(next.body) as object) : undefined });
      script.push("printf '\\n@@@@\\n'");
      const language = runs[block.kind];
      if (language === undefined) script.push(here(block.body));
      else {
        const file = join(folder, `block${at}.${language.file}`);
        writeFileSync(file, here(block.body));
        script.push(`${language.program} '${file}'`);
      }
    }
    const ran = await start("bash", ["-c", script.join("\n")], {
      PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
    }).ended;
    const outs = ran.out.split("\n@@@@\n").slice(1);
    return { ran, printed: asked.map((one, at) => ({ ...one, out: outs[at] ?? "" })) };
  } finally {
    await stop(server);
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
    rmSync(home, { recursive: true, force: true });
  }
}
