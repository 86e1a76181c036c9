/** Of a mutation report (the mutation-testing-elements JSON) what the guard looks at. */
export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly ReportedMutant[] }>>;
}

export interface ReportedMutant {
  readonly status: string;
  /** How many tests were run against it; missing where none was. */
  readonly testsCompleted?: number;
}

export interface Judged {
  /** Percent of the valid mutants that a test noticed. */
  readonly score: number;
  readonly mutants: number;
  readonly testsPerMutant: number;
  readonly perFile: readonly { readonly file: string; readonly score: number; readonly mutants: number; readonly missed: number }[];
  /** Why the run must not count; empty when it may. */
  readonly complaints: readonly string[];
}

const noticed = new Set(["Killed", "Timeout"]);
const missed = new Set(["Survived", "NoCoverage"]);

/** The least score that a run may have, in percent. */
export const leastScore = 85;

/**
 * Judges a report. A run in which the runner found no tests reports every mutant as survived, or worse, looks like a result: a mutant that
 * "survived" without a test having been run against it is a complaint of its own, and so is a run that tested nothing.
 */
export function judge(report: MutationReport): Judged {
  const all = Object.entries(report.files).flatMap(([file, { mutants }]) => mutants.map((mutant) => ({ file, ...mutant })));
  const valid = all.filter(({ status }) => noticed.has(status) || missed.has(status));
  const tests = valid.reduce((sum, { testsCompleted = 0 }) => sum + testsCompleted, 0);
  const testsPerMutant = valid.length === 0 ? 0 : tests / valid.length;
  const untested = valid.filter(({ status, testsCompleted = 0 }) => status === "Survived" && testsCompleted === 0).length;
  const broken = all.filter(({ status }) => status === "RuntimeError" || status === "Pending").length;
  const score = scoreOf(valid);
  const complaints = [
    ...(valid.length === 0 ? ["the report holds no mutant"] : []),
    ...(valid.length > 0 && testsPerMutant === 0 ? ["no test was run against any mutant"] : []),
    ...(untested > 0 ? [`${untested} mutants survived without a test having been run against them`] : []),
    ...(broken > 0 ? [`${broken} mutants could not be judged: their runs broke`] : []),
    ...(score < leastScore ? [`the score is ${score.toFixed(2)} %, below ${leastScore} %`] : []),
  ];
  const perFile = Object.keys(report.files).map((file) => {
    const own = valid.filter((mutant) => mutant.file === file);
    return { file, score: scoreOf(own), mutants: own.length, missed: own.filter(({ status }) => missed.has(status)).length };
  });
  return { score, mutants: valid.length, testsPerMutant, perFile, complaints };
}

function scoreOf(mutants: readonly ReportedMutant[]): number {
  return mutants.length === 0 ? 0 : (100 * mutants.filter(({ status }) => noticed.has(status)).length) / mutants.length;
}
