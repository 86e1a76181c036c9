import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { QuickFile } from "./quick-tests.ts";
import { collected, provide } from "./quick-tests.ts";

// A test runner for Stryker that loads and runs tests in its own process. Starting vitest's worker costs half a second for each mutant, which
// for thousands of them, most of them in tables, is an hour. Here a mutant costs some milliseconds: only the files of the server are loaded anew.

interface Mutated {
  readonly activeMutant: { readonly id: string };
  /** `static`: switched on before the files are loaded, because it lies in what runs while they are. */
  readonly mutantActivation: "static" | "runtime";
  readonly testFilter?: readonly string[];
  readonly hitLimit?: number;
}

interface Outcome {
  readonly id: string;
  readonly name: string;
  readonly timeSpentMs: number;
  /** As Stryker numbers them: 0 passed, 1 failed. */
  readonly status: 0 | 1;
  readonly failureMessage: string;
}

/** What instrumented code reads and writes. */
interface Namespace {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: object;
}

const namespace: Namespace = ((globalThis as { __stryker__?: Namespace }).__stryker__ ??= {});
const loads = "the file can be loaded";

class QuickRunner {
  #files: readonly QuickFile[] = [];
  readonly #begun = new Set<QuickFile>();
  #stopDatabase: (() => Promise<void>) | undefined;
  #dirty = true;
  #generation = 0;

  capabilities(): { reloadEnvironment: boolean } {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    await import("./fixed-seed.ts");
    const server = pathToFileURL(join(process.cwd(), "server/")).href;
    const vitest = new URL("./quick-tests.ts", import.meta.url).href;
    const database = paths().some((path) => path.startsWith("server/test/"));
    const stripped = new Map<string, string>();
    registerHooks({
      resolve: (name, context, next) => {
        const ours = context.parentURL?.startsWith(server) === true;
        if (ours && name === "vitest") return { url: vitest, shortCircuit: true };
        const found = next(name, context);
        // Another address is another module: that is how a file is loaded anew.
        return found.url.startsWith(server) ? { ...found, url: `${found.url.split("?")[0]}?${this.#generation}` } : found;
      },
      load: (url, context, next) => {
        const [file = ""] = url.split("?");
        if (!file.startsWith(server)) return next(url, context);
        const source = stripped.get(file) ?? stripTypeScriptTypes(readFileSync(fileURLToPath(file), "utf8"));
        stripped.set(file, source);
        return { format: "module", source, shortCircuit: true };
      },
    });
    // As in vitest's runs, the database server starts when the first test asks for it, and is one for all that this process runs.
    if (database) this.#stopDatabase = await (await import(addressOf("server/test/setup/global.ts"))).setup({ provide });
  }

  async dispose(): Promise<void> {
    for (const file of this.#files) await this.#end(file);
    await this.#stopDatabase?.();
  }

  async dryRun(): Promise<object> {
    await this.#load();
    const tests = await this.#run(undefined, false);
    return { status: "complete", tests, mutantCoverage: namespace.mutantCoverage };
  }

  async mutantRun({ activeMutant, mutantActivation, testFilter, hitLimit }: Mutated): Promise<object> {
    const early = mutantActivation === "static";
    namespace.hitCount = 0;
    namespace.hitLimit = hitLimit;
    if (early || this.#dirty) await this.#load(early ? activeMutant.id : undefined);
    this.#dirty = early;
    namespace.activeMutant = activeMutant.id;
    const tests = await this.#run(testFilter, true);
    namespace.activeMutant = undefined;
    const hits = namespace.hitCount;
    namespace.hitCount = undefined;
    if (hitLimit !== undefined && hits > hitLimit) return { status: "timeout", reason: `reached ${hits} times` };
    const failed = tests.find(({ status }) => status === 1);
    return failed === undefined
      ? { status: "survived", nrOfTests: tests.length }
      : { status: "killed", nrOfTests: tests.length, killedBy: [failed.id], failureMessage: failed.failureMessage };
  }

  /** Loads the tests and what they test anew. What cannot be loaded fails one test, which stands before all others. */
  async #load(mutant?: string): Promise<void> {
    for (const file of this.#files) await this.#end(file);
    namespace.activeMutant = mutant;
    this.#generation += 1;
    let broken: unknown;
    const files: QuickFile[] = [];
    collected();
    try {
      for (const path of paths()) {
        await import(addressOf(path));
        files.push(collected());
      }
    } catch (error) {
      broken = error;
    }
    const first = () => {
      if (broken !== undefined) throw broken;
    };
    this.#files = [{ tests: [{ name: loads, run: first }], before: [], after: [] }, ...files];
  }

  async #run(only: readonly string[] | undefined, stopAtFailure: boolean): Promise<Outcome[]> {
    const wanted = only === undefined ? undefined : new Set(only);
    const outcomes: Outcome[] = [];
    for (const [number, file] of this.#files.entries()) {
      const chosen = file.tests
        .map(({ name, run }, place) => ({ id: `${number}.${place} ${name}`, name, run }))
        .filter(({ id }) => wanted?.has(id) !== false);
      if (chosen.length === 0) continue;
      const spoilt = await this.#begin(file);
      for (const { id, name, run } of chosen) {
        namespace.currentTestId = id;
        const start = performance.now();
        // Where what must be done before went wrong, the first test has failed.
        const failure = spoilt ?? (await failureOf(run));
        namespace.currentTestId = undefined;
        const timeSpentMs = performance.now() - start;
        outcomes.push({ id, name, timeSpentMs, status: failure === undefined ? 0 : 1, failureMessage: failure ?? "" });
        if (!stopAtFailure || failure === undefined) continue;
        await this.#tidy(file, run);
        return outcomes;
      }
    }
    return outcomes;
  }

  /** What a file does before its tests is done once for as long as it is loaded: a new database takes longer than most mutants. */
  async #begin(file: QuickFile): Promise<string | undefined> {
    if (this.#begun.has(file)) return undefined;
    this.#begun.add(file);
    return failureOfAll(file.before);
  }

  async #end(file: QuickFile): Promise<void> {
    if (this.#begun.delete(file)) await failureOfAll(file.after);
  }

  /** A test that failed may have left something behind. If it fails without a mutant as well, everything is made anew. */
  async #tidy(file: QuickFile, failed: () => unknown): Promise<void> {
    const { hitCount } = namespace;
    namespace.activeMutant = undefined;
    namespace.hitCount = undefined;
    if (file.before.length > 0 && (await failureOf(failed)) !== undefined) await this.#end(file);
    namespace.hitCount = hitCount;
  }
}

function paths(): string[] {
  return (process.env.MUTATION_TESTS ?? "").split(" ");
}

/** Of a file in the folder that Stryker has copied and changed, where its processes run. */
function addressOf(path: string): string {
  return pathToFileURL(join(process.cwd(), path)).href;
}

async function failureOfAll(runs: readonly (() => unknown)[]): Promise<string | undefined> {
  let failure: string | undefined;
  for (const run of runs) failure ??= await failureOf(run);
  return failure;
}

async function failureOf(run: () => unknown): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export const strykerPlugins = [{ kind: "TestRunner", name: "quick", injectableClass: QuickRunner }];
