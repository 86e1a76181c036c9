/** The command line is not understood. One sentence for the person who typed it; the process ends with code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command was understood and the answer is no. One sentence; the process ends with code 1. */
export class CommandRefused extends Error {
  override readonly name = "CommandRefused";
}

/** Refuses arguments that a command does not know. */
export function nothingMore(rest: readonly string[], command: string): void {
  const [first] = rest;
  if (first !== undefined) throw new UsageError(`${command} does not know what to do with "${first}".`);
}
