import { enableCompileCache, flushCompileCache } from "node:module";
import { join } from "node:path";

// Heard from the first moment on: a Ctrl-C while everything is still starting stops it in order as soon as it has.
let wantedAt: number | undefined;
let stop: (() => void) | undefined;
const hear = (signal: NodeJS.Signals) => {
  if (wantedAt !== undefined) {
    // One Ctrl-C comes twice under npm: from the terminal, and passed on by npm. A second one later does not wait.
    if (performance.now() - wantedAt > 1_000) process.exit(1);
    return;
  }
  wantedAt = performance.now();
  process.stdout.write(`\n${signal}: stopping …\n`);
  stop?.();
};
process.on("SIGINT", hear);
process.on("SIGTERM", hear);

// A second start reads what the first one compiled: it takes half as long. Only whoever may change the packages may change what is kept beside
// them; where nothing can be written nothing is kept.
enableCompileCache(join(import.meta.dirname, "..", "..", "node_modules", ".cache", "compiled"));
const [{ loadConfig }, { StartError }, { serve }] = await Promise.all([
  import("./config.ts"),
  import("./db/start-error.ts"),
  import("./commands/serve.ts"),
]);

try {
  const running = await serve(loadConfig());
  // Not only at the end, which a server that is killed does not have.
  flushCompileCache();
  stop = () => {
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      },
    );
  };
  if (wantedAt !== undefined) stop();
  void running.lost.then((sentence) => {
    process.stderr.write(`${sentence}\n`);
    process.exit(1);
  });
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
