import { loadConfig } from "./config.ts";
import { StartError } from "./db/start-error.ts";
import { serve } from "./commands/serve.ts";

// Heard from the first moment on: a Ctrl-C while everything is still starting stops it in order as soon as it has.
let wanted: NodeJS.Signals | undefined;
let stop: (() => void) | undefined;
const hear = (signal: NodeJS.Signals) => {
  // A second Ctrl-C does not wait.
  if (wanted !== undefined) process.exit(1);
  wanted = signal;
  process.stdout.write(`\n${signal}: stopping …\n`);
  stop?.();
};
process.on("SIGINT", hear);
process.on("SIGTERM", hear);

try {
  const running = await serve(loadConfig());
  stop = () => {
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      },
    );
  };
  if (wanted !== undefined) stop();
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
