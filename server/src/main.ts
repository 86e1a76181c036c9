import { loadConfig } from "./config.ts";
import { StartError } from "./db/start-error.ts";
import { serve } from "./commands/serve.ts";

try {
  const running = await serve(loadConfig());
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    // A second Ctrl-C does not wait.
    if (stopping) process.exit(1);
    stopping = true;
    process.stdout.write(`\n${signal}: stopping …\n`);
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
