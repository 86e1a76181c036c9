import { withScratch } from "./own-cluster.ts";
import { serveLedger } from "./serve-ledger.ts";

// `npm run conformance:serve [-- port]`: the kit's four endpoints over a scratch book, for anybody's kit. Ends with Ctrl-C.
const port = Number(process.argv[2] ?? 4099);
await withScratch(async (ledger) => {
  const served = await serveLedger(ledger, port);
  console.log(`A scratch book answers at ${served.url}/_lck (reset, post, balance, journal) until Ctrl-C.`);
  console.log("Capabilities: OVERDRAFT_GUARD, REPLAY, COMPENSATION, HASH_CHAIN. Up to 10,000 calls may wait at once.");
  await new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
  await served.stop();
});
