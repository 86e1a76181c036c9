/** Of a mutation report (the mutation-testing-elements JSON) what the guard looks at. */
export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly ReportedMutant[] }>>;
}

export interface ReportedMutant {
  readonly status: string;
  /** How many tests were run against it; missing where none was. */
  readonly testsCompleted?: number;
  /** Whether it lies in what runs once, while its file is loaded. */
  readonly static?: boolean;
}

interface Score {
  /** Percent of the valid mutants that a test noticed. */
  readonly score: number;
  readonly mutants: number;
  readonly missed: number;
  readonly testsPerMutant: number;
}

export interface Judged extends Score {
  readonly perFile: readonly (Score & { readonly file: string })[];
  /** Why the run must not count; empty when it may. */
  readonly complaints: readonly string[];
}

const noticed = new Set(["Killed", "Timeout"]);
const missed = new Set(["Survived", "NoCoverage"]);

/** The least score that a folder may have, in percent. */
export const leastScore = 85;

/**
 * Judges the reports of a folder's files together. A run in which the runner found no tests reports every mutant as survived, or worse, looks
 * like a result: a mutant that no test was run against is a complaint of its own, and so is a run that tested nothing.
 */
export function judge(reports: readonly MutationReport[]): Judged {
  const perFile = reports.flatMap(({ files }) => Object.entries(files).map(([file, { mutants }]) => ({ file, mutants })));
  const all = perFile.flatMap(({ mutants }) => mutants);
  const score = scoreOf(all);
  const complaints = [
    ...(score.mutants === 0 ? ["the report holds no mutant"] : []),
    ...perFile.flatMap(({ file, mutants }) => complaintsOf(mutants).map((complaint) => `${file}: ${complaint}`)),
    ...(score.score < leastScore ? [`the score is ${score.score.toFixed(2)} %, below ${leastScore} %`] : []),
  ];
  return { ...score, perFile: perFile.map(({ file, mutants }) => ({ file, ...scoreOf(mutants) })), complaints };
}

/** Whether a report says something about its mutants at all, however many of them were noticed. */
export function isSound(report: MutationReport): boolean {
  return Object.values(report.files).every(({ mutants }) => complaintsOf(mutants).length === 0);
}

function complaintsOf(mutants: readonly ReportedMutant[]): string[] {
  const valid = mutants.filter(isValid);
  const untested = valid.filter(({ status, testsCompleted = 0 }) => status !== "Timeout" && testsCompleted === 0).length;
  const constants = valid.filter((mutant) => mutant.static === true);
  const late = valid.filter(({ status }) => status === "Timeout").length;
  const broken = mutants.filter(({ status }) => status === "RuntimeError" || status === "Pending").length;
  return [
    ...(valid.length > 0 && scoreOf(valid).testsPerMutant === 0 ? ["no test was run against any mutant"] : []),
    ...(untested > 0 ? [`no test was run against ${untested} of ${valid.length} mutants`] : []),
    // Stryker can run tests without having switched on what is read while a file is loaded. Then none of them is noticed.
    ...(constants.length > 4 && constants.every(isMissed) ? [`none of ${constants.length} mutants of constants was noticed`] : []),
    // Few changes make a loop endless. A busy machine makes everything late, and a time-out counts as noticed.
    ...(valid.length > 4 && late > valid.length / 5 ? [`${late} of ${valid.length} mutants ran out of time`] : []),
    ...(broken > 0 ? [`${broken} mutants could not be judged: their runs broke`] : []),
  ];
}

function scoreOf(mutants: readonly ReportedMutant[]): Score {
  const valid = mutants.filter(isValid);
  const lost = valid.filter(isMissed).length;
  const tests = valid.reduce((sum, { testsCompleted = 0 }) => sum + testsCompleted, 0);
  const count = valid.length;
  return { mutants: count, missed: lost, score: part(100 * (count - lost), count), testsPerMutant: part(tests, count) };
}

function part(of: number, whole: number): number {
  return whole === 0 ? 0 : of / whole;
}

function isValid({ status }: ReportedMutant): boolean {
  return noticed.has(status) || missed.has(status);
}

function isMissed({ status }: ReportedMutant): boolean {
  return missed.has(status);
}
