/** The words of a name as they are compared: without accents, titles, punctuation and case. */
function wordsOf(name: string): string[] {
  const plain = name.normalize("NFD").replaceAll(/\p{M}/gu, "").toUpperCase();
  return plain.split(/[^\p{L}\p{N}]+/u).filter((word) => word.length > 1 && !titles.has(word));
}

const titles: ReadonlySet<string> = new Set([
  "MR",
  "MRS",
  "MS",
  "MISS",
  "DR",
  "CHIEF",
  "ALHAJI",
  "ALHAJA",
  "ENGR",
  "PROF",
  "LTD",
  "LIMITED",
  "PLC",
  "ENT",
]);

/**
 * Whether the name that a bank gives for an account fits the one the payee gave. Banks leave names out, add middle names and change the order,
 * so two words in common are enough, or all of a name that has only one. A name without a word fits nothing.
 */
export function namesFit(given: string, banks: string): boolean {
  const own = new Set(wordsOf(given));
  const theirs = new Set(wordsOf(banks));
  const common = [...own].filter((word) => theirs.has(word)).length;
  return common > 0 && common >= Math.min(2, own.size, theirs.size);
}
