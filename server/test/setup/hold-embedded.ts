import { startEmbedded } from "../../src/db/embedded.ts";

// A process of its own for the supervisor's tests: starts or adopts, says so, and stays until it is told to stop (or is killed).
const embedded = await startEmbedded({ home: process.argv[2] ?? "", durable: process.argv[3] === "true" });
process.once("SIGTERM", () => {
  void embedded.stop().then(() => process.exit(0));
});
// Nothing else keeps this process alive; a parent that is gone ends it.
process.once("disconnect", () => process.exit(1));
process.on("message", () => undefined);
process.send?.(`${embedded.adopted ? "adopted" : "started"} ${embedded.url}`);
