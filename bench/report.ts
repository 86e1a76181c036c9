import { cpus, loadavg } from "node:os";
import type { Measured } from "./measure.ts";
import { median, rate } from "./measure.ts";

/** Measurements by way of working and number in flight, a list of rounds each. */
export type Rounds = ReadonlyMap<string, ReadonlyMap<number, readonly Measured[]>>;

const heads = ["way", "in flight", "per second", "÷ pgbench", "p50 ms", "p99 ms", "PostgreSQL µs", "Node µs", "commits", "WAL bytes"];

/** The medians of the rounds, as rows; ratios are paired within each round, then the median is taken. */
export function rowsOf(rounds: Rounds, yardstick: string): string[][] {
  const rows: string[][] = [];
  for (const [way, levels] of rounds) {
    for (const [inFlight, list] of levels) {
      const beside = rounds.get(yardstick)?.get(inFlight) ?? [];
      const ratios = list.map((one, i) => (beside[i] === undefined ? Number.NaN : rate(one) / rate(beside[i])));
      const of = (pick: (one: Measured) => number | undefined, digits: number) => {
        const known = list.map(pick).filter((value) => value !== undefined);
        return known.length === 0 ? "" : median(known).toFixed(digits);
      };
      rows.push([
        way,
        String(inFlight),
        Math.round(median(list.map(rate))).toLocaleString("en"),
        way === yardstick ? "1" : `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
        of((one) => one.p50, 2),
        of((one) => one.p99, 2),
        of((one) => one.postgres, 0),
        of((one) => one.node, 0),
        of((one) => one.commits, 3),
        of((one) => one.wal, 0),
      ]);
    }
  }
  return rows;
}

export interface Facts {
  readonly rounds: number;
  readonly postgres: string;
  readonly pgbench: string;
  readonly books: string;
  readonly at: Date;
}

export function markdown(rows: readonly (readonly string[])[], facts: Facts): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return `# Order transitions per second

\`npm run bench\`, ${facts.at.toISOString().slice(0, 10)}. Medians of ${facts.rounds} interleaved rounds; in brackets the smallest and the largest ratio of a round.
Node ${process.versions.node}, ${facts.postgres} (embedded, fsync on), ${facts.pgbench}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}. Client, server and database share
the machine, so the rates are of this machine; ratios and microseconds of processor time travel better. Load average of the last 15 minutes: ${(loadavg()[2] ?? 0).toFixed(1)}.

${line(heads)}
${line(heads.map(() => "---"))}
${rows.map(line).join("\n")}

- **pgbench**: one prepared statement with a commit of its own: a guarded update of the order, one journal entry, two postings, one event. No books, no hash chain, no keys, no messages.
- **act()**: each order is funded, delivered and accepted; every step is locked, judged, chained, posted and remembered. Two round trips to a batch.
- **HTTP**: \`POST /api/callback/order\` with \`status=delivered\` and the seller's authtoken; the client is another process and is not counted.
- PostgreSQL µs and Node µs are processor time per transition; commits per transition is about its number of fsyncs. Jobs (mail, payouts) do not run meanwhile.
- ${facts.books}
`;
}

export { heads };
