import { isRefusal, refuse } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import type { Reconciliation } from "../http/app-context.ts";
import type { Engine } from "../jobs/engine.ts";
import type { Reconciled } from "../jobs/reconcile.ts";
import { closeBreak } from "../jobs/close-break.ts";
import { weighStops } from "../jobs/rail-stops.ts";
import { reconcile, reconcileRails, saysOf } from "../jobs/reconcile.ts";
import type { ReadSettlement } from "../jobs/settlement-rows.ts";
import { readSettlementFile, readSettlementLines, readSince } from "../jobs/settlement-rows.ts";

/** As `ask`, told of each rail by itself: whoever runs a command wants to know whether one was silent. */
interface AsksEach {
  askEach(input: Parameters<Reconciliation["ask"]>[0]): Promise<readonly Reconciled[] | Refusal>;
}

/** What operators do with settlements, over HTTP and from the command line alike. */
export function reconciliationOf(engine: Engine): Reconciliation & AsksEach {
  const takeIn = async (
    rail: string,
    source: "api" | "csv",
    read: readonly ReadSettlement[] | Refusal,
  ): Promise<readonly string[] | Refusal> => {
    if (isRefusal(read)) return read;
    if (!engine.rails.has(rail)) return unknownRail(engine, rail);
    const at = engine.now();
    const imports = read.map(({ settlement, raw }) => ({ rail, source, settlement, raw, at }));
    return [sentence(await reconcile(engine, rail, imports))];
  };
  const askEach: AsksEach["askEach"] = async ({ rail, since }) => {
    if (rail !== undefined && !engine.rails.has(rail)) return unknownRail(engine, rail);
    const from = since === undefined ? undefined : readSince(since);
    if (since !== undefined && from === undefined)
      return refuse("invalid", `"${since.slice(0, 40)}" is no day like 2026-03-02.`, { field: "since" });
    return reconcileRails(engine, { rail, since: from });
  };
  return {
    askEach,
    ask: async (input) => {
      const done = await askEach(input);
      return isRefusal(done) ? done : toldOf(done);
    },
    file: (rail, text) => takeIn(rail, "csv", readSettlementFile(text)),
    lines: (rail, lines) => takeIn(rail, "api", readSettlementLines(lines)),
    close: (input) => closeBreak(engine, input),
    weigh: () => weighStops(engine),
  };
}

function unknownRail(engine: Engine, rail: string): Refusal {
  const known = [...engine.rails.keys()].join(", ") || "none is";
  return refuse("invalid", `The rail must be one that is connected here (${known}); "${rail.slice(0, 40)}" is not.`, { field: "rail" });
}

/** What is said of an asking, a sentence for each rail. */
export function toldOf(done: readonly Reconciled[]): string[] {
  return done.length === 0 ? ["No connected rail tells of its settlements; give them as a file."] : done.map(sentence);
}

function sentence(one: Reconciled): string {
  return `${one.rail}: ${one.silent === undefined ? "" : `it gave no answer (${one.silent}). `}${saysOf(one)}`;
}
