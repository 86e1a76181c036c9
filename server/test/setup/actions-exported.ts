import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../../src/actions");

/** The name of every function in server/src/actions that makes a command, read from the source: what can be done at all. */
export function exportedActions(): string[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && name !== "command.ts" && name !== "order-step.ts");
  return files.flatMap((name) => {
    const source = readFileSync(join(folder, name), "utf8");
    return [...source.matchAll(/^export function (\w+)\((?:(?!^export )[^])*?\): (\w+)[^\n]* \{$/gm)]
      .filter(([, , answers]) => answers === "Command")
      .map(([, action = ""]) => action);
  });
}
