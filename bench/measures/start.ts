import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Measure } from "../bench.ts";
import { freePort } from "../../server/src/db/embedded-process.ts";

const root = join(import.meta.dirname, "..", "..");

/** Starts, waits for the first answer, and stops again; the first start makes the database and does not count. */
export const start: Measure = {
  name: "start",
  round: async () => {
    const home = mkdtempSync(join(tmpdir(), "tranche-start-"));
    chmodSync(home, 0o711);
    try {
      await startOnce(home);
      return { start: await startOnce(home) };
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
};

async function startOnce(home: string): Promise<number> {
  const port = await freePort(0);
  const began = performance.now();
  const child = spawn("npm", ["start"], {
    cwd: root,
    env: { ...process.env, TRANCHE_HOME: home, PORT: String(port) },
    stdio: "ignore",
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGTERM");
  };
  process.once("exit", stop);
  try {
    while (performance.now() - began < 90_000) {
      const answered = await fetch(`http://127.0.0.1:${port}/healthz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (answered) return (performance.now() - began) / 1000;
      if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error("npm start did not answer in 90 s");
  } finally {
    stop();
    await ended;
    process.off("exit", stop);
  }
}
