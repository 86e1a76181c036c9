/** A proof that does not hold; its message says why, for whoever checks it. */
export class ProofWrong extends Error {
  override readonly name = "ProofWrong";
}

/** Refuses with a sentence. */
export function demand(holds: boolean, says: string): asserts holds {
  if (!holds) throw new ProofWrong(says);
}

/** A value's fields: exactly these names, because what nobody reads could say anything. */
export function fieldsOf(value: unknown, names: readonly string[], what: string): ReadonlyMap<string, unknown> {
  demand(typeof value === "object" && value !== null && !Array.isArray(value), `${what} is not an object.`);
  const fields = new Map<string, unknown>(Object.entries(value));
  const missing = names.filter((name) => !fields.has(name));
  demand(missing.length === 0, `${what} lacks ${missing.join(", ")}.`);
  const strange = [...fields.keys()].filter((name) => !names.includes(name));
  demand(strange.length === 0, `${what} has ${strange.join(", ")}, which the format does not know.`);
  return fields;
}

export function textOf(value: unknown, shape: RegExp, what: string): string {
  demand(typeof value === "string" && shape.test(value), `${what} is not written as the format wants it.`);
  return value;
}

export function wholeOf(value: unknown, what: string): number {
  demand(typeof value === "number" && Number.isSafeInteger(value) && value >= 0, `${what} is no whole number from 0 up.`);
  return value;
}

/** Decimal text in minor units; a minus only where `signed`. Only one spelling of each number. */
export function amountOf(value: unknown, what: string, signed = false): bigint {
  const shape = signed ? /^(?:0|-?[1-9][0-9]{0,29})$/ : /^(?:0|[1-9][0-9]{0,29})$/;
  demand(typeof value === "string" && shape.test(value), `${what} is no amount${signed ? "" : " from 0 up"}.`);
  return BigInt(value);
}

export function listOf(value: unknown, what: string): readonly unknown[] {
  demand(Array.isArray(value), `${what} is not a list.`);
  return value as readonly unknown[];
}
