import { readFile } from "node:fs/promises";
import type { Config } from "../config.ts";
import type { OpenBreak } from "../db/break-lists.ts";
import { openBreaks } from "../db/break-lists.ts";
import { isRefusal } from "../domain/refusals.ts";
import { reconciliationOf, toldOf } from "./reconciliation-of.ts";
import { CommandRefused, UsageError } from "./usage-error.ts";
import { withEngine } from "./with-installation.ts";

const usage = "Say `reconcile [--rail NAME] [--since DATE] [--file X.csv]`; a file needs the rail whose settlements it holds.";

/** `reconcile`: asks the rails what reached our balance, or reads it from a file, and tells every break that is open afterwards. */
export async function reconcileCommand(config: Config, args: readonly string[]): Promise<string> {
  const { rail, since, file } = optionsOf(args);
  if (file !== undefined && (rail === undefined || since !== undefined)) throw new UsageError(usage);
  const text = file === undefined ? undefined : await textOf(file);
  return withEngine(config, async (engine) => {
    const reconciliation = reconciliationOf(engine);
    let said: readonly string[];
    let silent = false;
    if (text === undefined || rail === undefined) {
      const asked = await reconciliation.askEach({ rail, since });
      if (isRefusal(asked)) throw new CommandRefused(asked.detail);
      said = toldOf(asked);
      silent = asked.some((one) => one.silent !== undefined);
    } else {
      const taken = await reconciliation.file(rail, text);
      if (isRefusal(taken)) throw new CommandRefused(taken.detail);
      said = taken;
    }
    const breaks: string[] = [];
    for (let after: number | null = 0; after !== null; ) {
      const part: Awaited<ReturnType<typeof openBreaks>> = await openBreaks(engine.pool, after);
      for (const one of part.breaks)
        breaks.push(`Break ${one.id} (${one.kind.replaceAll("_", " ")}): ${one.says} ${one.suggestion}${stops(one)}`);
      after = part.next;
    }
    const told = [...said, ...breaks].join("\n");
    // Whoever runs this by the clock looks at the code alone: what was not asked must not pass for what agreed.
    if (silent) throw new CommandRefused(told);
    return told;
  });
}

function stops({ rail, stops: currency }: OpenBreak): string {
  return currency === null ? "" : ` Nothing is sent from ${rail} in ${currency} meanwhile.`;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch {
    throw new UsageError(`The file ${file} cannot be read.`);
  }
}

function optionsOf(args: readonly string[]): { rail?: string; since?: string; file?: string } {
  const found: { rail?: string; since?: string; file?: string } = {};
  for (let at = 0; at < args.length; at += 2) {
    const name = /^--(rail|since|file)$/.exec(args[at] ?? "")?.[1] as keyof typeof found | undefined;
    const value = args[at + 1];
    if (name === undefined || value === undefined || found[name] !== undefined) throw new UsageError(usage);
    found[name] = value;
  }
  return found;
}
