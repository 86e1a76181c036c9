import { parseArgs } from "node:util";
import { railNamed } from "../setup/over-rail.ts";
import { crash } from "./run.ts";

// npm run crash -- [--seed N] [--kills 50] [--servers 1] [--people 6] [--rail paystack]
const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    kills: { type: "string", default: "50" },
    servers: { type: "string", default: "1" },
    people: { type: "string", default: "6" },
    rail: { type: "string" },
  },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
const began = performance.now();
console.log(`seed ${seed}, ${values.kills} kills, ${values.servers} server(s)${values.rail === undefined ? "" : `, over ${values.rail}`}`);
const report = await crash({
  seed,
  kills: Number(values.kills),
  servers: Number(values.servers),
  people: Number(values.people),
  rail: values.rail === undefined ? undefined : railNamed(values.rail),
  say: (line) => console.log(line),
});
const left = [...report.left].map(([kind, count]) => `${count} ${kind}`).join(", ");
const lines: [string, string | number][] = [
  ["kills", `${report.kills.server} server, ${report.kills.postgres} PostgreSQL, ${report.kills.connection} connection`],
  ["orders paid", report.orders],
  ["requests", report.requests],
  ["without an answer", report.unanswered],
  ["watched calls", report.watched],
  ["unanswered but done", report.doneUnanswered],
  ["notifications told / told again", `${report.told} / ${report.toldAgain}`],
  ["left half done by kills", left === "" ? "nothing" : left],
  ["slowest takeover", `${(report.slowestTakeover / 1_000).toFixed(1)} s`],
  ["took", `${((performance.now() - began) / 1_000).toFixed(0)} s`],
  ["findings", report.findings.length],
];
for (const [name, value] of lines) console.log(`${name.padEnd(32)} ${value}`);
for (const one of report.findings) console.error(`seed ${seed}: ${one}`);
process.exit(report.findings.length === 0 ? 0 : 1);
