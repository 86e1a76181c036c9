import { parse, TomlError } from "smol-toml";
import { StartError } from "./db/start-error.ts";
import { parseDuration } from "./domain/duration.ts";

type Table = Readonly<Record<string, unknown>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** One setting as it was given: by the environment (always text), by the operator's file, or by the defaults. */
interface Given {
  readonly value: unknown;
  /** What to call it in a sentence to the operator. */
  readonly place: string;
}

/** Answers for one setting; every method takes the dotted name of config.defaults.toml and throws a {@link StartError} on a bad value. */
export interface ConfigSource {
  text(name: string): string;
  /** Text for which '' means none; `secret` keeps the value out of the sentence. */
  optional(name: string, fits: (text: string) => boolean, what: string, secret?: boolean): string | undefined;
  /** A secret that may stand in no file: from the environment alone. '' means none. */
  secret(name: string, fits: (text: string) => boolean, what: string): string | undefined;
  oneOf<T extends string>(name: string, choices: readonly T[]): T;
  whole(name: string, least: number, most: number): number;
  kobo(name: string): bigint;
  /** Milliseconds. */
  duration(name: string, least?: number): number;
  texts(name: string, fits: (text: string) => boolean, what: string): readonly string[];
  wholes(name: string, least: number, most: number): readonly number[];
  /** A section whose keys the operator chooses. */
  map(section: string, fits: (key: string, value: string) => boolean, what: string): ReadonlyMap<string, string>;
  /** TRANCHE_… variables that name no setting: probably misspelt, so worth a warning. */
  readonly unknown: readonly string[];
}

const openSections: ReadonlySet<string> = new Set(["rates", "rails", "payout_rails", "payout_hours"]);
/** What hosting platforms call a setting; ours wins over it. */
const usualNames: ReadonlyMap<string, readonly string[]> = new Map([
  ["database_url", ["DATABASE_URL"]],
  ["port", ["PORT"]],
]);
/** Variables of this program that are no settings of the file. */
const notSettings: ReadonlySet<string> = new Set(["TRANCHE_CONFIG"]);

/** Puts the three places in order: environment over file over defaults. Unknown keys of the file are refused. */
export function configSource(environment: Environment, file: string, defaultsFile: string): ConfigSource {
  const defaults = parseFile(defaultsFile, "config.defaults.toml");
  const own = parseFile(file, "tranche.toml");
  refuseUnknown(own, defaults);
  const known = new Set<string>(notSettings);
  for (const name of namesOf(defaults)) known.add(variableFor(name));

  function given(name: string): Given {
    for (const variable of [variableFor(name), ...(usualNames.get(name) ?? [])]) {
      const fromEnvironment = environment[variable];
      if (fromEnvironment !== undefined && fromEnvironment !== "") return { value: fromEnvironment, place: variable };
    }
    const mine = lookUp(own, name);
    return mine === undefined ? { value: lookUp(defaults, name), place: name } : { value: mine, place: `${name} in tranche.toml` };
  }

  function text(name: string): string {
    const { value, place } = given(name);
    return typeof value === "string" ? value : bad(place, value, "text");
  }

  function number(one: unknown, place: string, least: number, most: number): number {
    const value = typeof one === "string" && /^\d{1,15}$/.test(one) ? Number(one) : one;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    return bad(place, one, `a whole number from ${least} to ${most}`);
  }

  function list(name: string): { items: readonly unknown[]; place: string } {
    const { value, place } = given(name);
    if (Array.isArray(value)) return { items: value, place };
    if (typeof value === "string") return { items: value.split(",").map((item) => item.trim()), place };
    return bad(place, value, "a list");
  }

  return {
    text,
    optional(name, fits, what, secret = false) {
      const { value, place } = given(name);
      if (value === "") return undefined;
      if (typeof value === "string" && fits(value)) return value;
      return bad(place, secret ? undefined : value, what);
    },
    secret(name, fits, what) {
      const variable = variableFor(name);
      if (lookUp(own, name) !== undefined) {
        throw new StartError(`The setting ${name} is a secret and may stand in no file: set ${variable} in the environment instead.`);
      }
      const value = environment[variable] ?? "";
      return value === "" ? undefined : fits(value) ? value : bad(variable, undefined, what);
    },
    oneOf(name, choices) {
      const { value, place } = given(name);
      return choices.find((choice) => choice === value) ?? bad(place, value, `one of ${choices.join(", ")}`);
    },
    whole(name, least, most) {
      const { value, place } = given(name);
      return number(value, place, least, most);
    },
    kobo(name) {
      const { value, place } = given(name);
      return BigInt(number(value, place, 0, Number.MAX_SAFE_INTEGER));
    },
    duration(name, least = 0) {
      const { value, place } = given(name);
      const milliseconds = typeof value === "string" ? parseDuration(value) : undefined;
      if (milliseconds === undefined || milliseconds < least) {
        return bad(place, value, `a duration like PT24H or P7D${least > 0 ? `, of at least ${least / 1000} s` : ""}`);
      }
      return milliseconds;
    },
    texts(name, fits, what) {
      const { items, place } = list(name);
      return items.map((item) => (typeof item === "string" && fits(item) ? item : bad(place, item, what)));
    },
    wholes(name, least, most) {
      const { items, place } = list(name);
      return items.map((item) => number(item, place, least, most));
    },
    map(section, fits, what) {
      const prefix = `TRANCHE_${section.toUpperCase()}_`;
      const fromEnvironment = Object.keys(environment).filter((variable) => variable.startsWith(prefix));
      const keys = new Set([...Object.keys(tableAt(defaults, section)), ...Object.keys(tableAt(own, section))]);
      for (const variable of fromEnvironment) keys.add(variable.slice(prefix.length));
      const found = new Map<string, string>();
      for (const key of keys) {
        const { value, place } = given(`${section}.${key}`);
        found.set(key, typeof value === "string" && fits(key, value) ? value : bad(place, value, what));
      }
      return found;
    },
    unknown: Object.keys(environment).filter(
      (variable) =>
        variable.startsWith("TRANCHE_") &&
        !known.has(variable) &&
        ![...openSections].some((section) => variable.startsWith(`TRANCHE_${section.toUpperCase()}_`)),
    ),
  };
}

function variableFor(name: string): string {
  return `TRANCHE_${name.replaceAll(".", "_").toUpperCase()}`;
}

function parseFile(file: string, called: string): Table {
  try {
    return parse(file);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new StartError(`${called} is not readable at line ${error.line}: ${error.message.split("\n")[0]}`);
  }
}

function refuseUnknown(own: Table, defaults: Table): void {
  const known = new Set(namesOf(defaults));
  for (const name of namesOf(own)) {
    const section = name.split(".")[0] ?? "";
    if (!known.has(name) && !openSections.has(section)) {
      throw new StartError(`${name} in tranche.toml is no setting: config.defaults.toml lists them all.`);
    }
  }
}

function namesOf(table: Table): string[] {
  return Object.entries(table).flatMap(([key, value]) => (isTable(value) ? namesOf(value).map((inner) => `${key}.${inner}`) : [key]));
}

function lookUp(table: Table, name: string): unknown {
  const [first = "", second] = name.split(".");
  return second === undefined ? table[first] : tableAt(table, first)[second];
}

function tableAt(table: Table, section: string): Table {
  const found = table[section];
  return isTable(found) ? found : {};
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** `value` undefined keeps a secret out of the sentence. */
function bad(place: string, value: unknown, what: string): never {
  const said = value === undefined ? "" : ` (it is ${JSON.stringify(value)})`;
  throw new StartError(`The setting ${place} must be ${what}${said}.`);
}
