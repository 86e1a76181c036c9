import { parseArgs } from "node:util";
import { startEmulator } from "./start.ts";

// `npm run rails`: all rails on loopback until Ctrl-C. One address per rail, and the keys to use with it.

const { values } = parseArgs({
  options: { port: { type: "string", default: "4700" }, seed: { type: "string", default: "1" }, pace: { type: "string", default: "1000" } },
});
const emulator = await startEmulator({ port: Number(values.port), seed: Number(values.seed), pace: Number(values.pace) });

console.log(`Rail emulator, seed ${emulator.seed}. No money moves here. Controls: <address>/_emulator (docs/rail-emulator.md).`);
for (const [name, rail] of Object.entries(emulator.rails)) {
  console.log(`\n${name.padEnd(12)} ${rail.url}`);
  for (const [secret, value] of Object.entries(rail.secrets)) console.log(`  ${secret}: ${value.replaceAll("\n", "\n  ")}`);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void emulator.stop());
