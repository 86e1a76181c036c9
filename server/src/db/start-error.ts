/** Something the person who starts Tranche can mend. The message is one sentence for them; main prints it alone, without a stack, and exits with 1. */
export class StartError extends Error {
  override readonly name = "StartError";
}
