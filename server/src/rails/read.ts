import { NoAnswer } from "../net/json-call.ts";

/** A piece of a rail's answer that is looked into by name. What is not as the rail documents it is {@link NoAnswer}, never a guess. */
export class Piece {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #what: string;

  constructor(value: unknown, what: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new NoAnswer(`${what} is not an object`);
    this.#value = value as Readonly<Record<string, unknown>>;
    this.#what = what;
  }

  raw(name: string): unknown {
    return this.#value[name];
  }

  has(name: string): boolean {
    return this.#value[name] !== undefined && this.#value[name] !== null;
  }

  piece(name: string): Piece {
    return new Piece(this.#value[name], `${this.#what}.${name}`);
  }

  list(name: string): Piece[] {
    const value = this.#value[name];
    if (!Array.isArray(value)) throw this.#unlike(name, "a list");
    return value.map((one, i) => new Piece(one, `${this.#what}.${name}[${i}]`));
  }

  text(name: string): string {
    const value = this.#value[name];
    if (typeof value === "string" && value !== "") return value;
    // Ids are numbers at some rails and text at others.
    if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
    throw this.#unlike(name, "text");
  }

  textOr<T>(name: string, otherwise: T): string | T {
    return this.has(name) && this.#value[name] !== "" ? this.text(name) : otherwise;
  }

  /** A whole number of smallest units. */
  whole(name: string): bigint {
    const value = this.#value[name];
    if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
    if (typeof value === "string" && /^-?\d{1,18}$/.test(value)) return BigInt(value);
    throw this.#unlike(name, "a whole number");
  }

  wholeOr(name: string, otherwise: bigint): bigint {
    return this.has(name) ? this.whole(name) : otherwise;
  }

  date(name: string): Date {
    const at = new Date(this.text(name));
    if (Number.isNaN(at.getTime())) throw this.#unlike(name, "a time");
    return at;
  }

  #unlike(name: string, wanted: string): NoAnswer {
    return new NoAnswer(`${this.#what}.${name} is not ${wanted}`);
  }
}
