/** A bug: something that the code before it promised could not happen. Never shown to a caller in detail, always logged. */
export class Fault extends Error {
  override readonly name = "Fault";
}

/** Returns the value, or throws a {@link Fault} that says what was expected: for rows and entries the code has just made sure of. */
export function must<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Fault(`expected ${what}`);
  return value;
}

/** Makes the compiler prove that every member of a union was handled. */
export function never(value: never, what: string): never {
  throw new Fault(`unhandled ${what}: ${String(value)}`);
}
