import type { Goal } from "./goals.ts";
import { median } from "./measure.ts";

/** What the rounds answered, by key. */
export type Found = ReadonlyMap<string, readonly number[]>;

export const heads = ["measure", "goal", "stretch", "measured", "verdict"];

/** Judges the median; the reason stands where nothing was measured. */
export function verdictOf(goal: Goal, numbers: readonly number[]): string {
  const middle = median(numbers);
  if (numbers.length === 0 || !Number.isFinite(middle)) return "not measured";
  const reaches = (limit: number) => (goal.more ? middle >= limit : middle <= limit);
  if (reaches(goal.stretch)) return "met, stretch too";
  return reaches(goal.goal) ? "met" : "missed";
}

/** One row for each goal: the median, and in brackets the smallest and largest of the rounds. */
export function rowsOf(goals: readonly Goal[], found: Found): string[][] {
  return goals.map((goal) => {
    const numbers = found.get(goal.key) ?? [];
    const show = (value: number) => value.toLocaleString("en", { minimumFractionDigits: goal.digits, maximumFractionDigits: goal.digits });
    const measured = numbers.length === 0 ? "" : `${show(median(numbers))} (${show(Math.min(...numbers))}–${show(Math.max(...numbers))})`;
    const sign = goal.more ? "≥" : "≤";
    return [goal.says, `${sign} ${goal.goal}`, `${sign} ${goal.stretch}`, measured, verdictOf(goal, numbers)];
  });
}

export interface Facts {
  readonly command: string;
  readonly rounds: number;
  readonly at: Date;
  readonly versions: string;
  readonly load: readonly [number, number];
  readonly notes: readonly string[];
}

export function markdown(rows: readonly (readonly string[])[], facts: Facts): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return `# What was measured

\`${facts.command}\`, ${facts.at.toISOString().slice(0, 16).replace("T", " ")} UTC. Medians of ${facts.rounds} interleaved rounds; in brackets the smallest and the largest.
${facts.versions}. Load average over one minute: ${facts.load[0].toFixed(1)} before, ${facts.load[1].toFixed(1)} after. What the numbers mean: \`bench/README.md\`.

${line(heads)}
${line(heads.map(() => "---"))}
${rows.map(line).join("\n")}

${facts.notes.map((note) => `- ${note}`).join("\n")}
`;
}
