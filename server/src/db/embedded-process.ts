import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { RunAs } from "./embedded-files.ts";
import { StartError } from "./start-error.ts";

/** The wanted port if nobody has it, else any free one. */
export function freePort(wanted: number): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once("error", (error) => (wanted === 0 ? fail(error) : done(freePort(0))));
    probe.listen(wanted, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => done(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Waits while the server is still starting; false when nobody listens there or the time is over. */
export async function answers(url: string, within: number): Promise<boolean> {
  const until = Date.now() + within;
  let refusedSince: number | undefined;
  for (;;) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.end();
      return true;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "28P01") throw new StartError("The running database does not take the password that is stored beside it.");
      refusedSince = code === "ECONNREFUSED" ? (refusedSince ?? Date.now()) : undefined;
      if (Date.now() > until || (refusedSince !== undefined && Date.now() - refusedSince > 5_000)) return false;
      await sleep(100);
    }
  }
}

/** Runs one of PostgreSQL's programs as the server's user, in a folder that user can enter and with no environment of ours. */
export function runProgram(
  place: { readonly base: string; readonly runAs: RunAs | undefined },
  program: string,
  args: string[],
): Promise<{ code: number; output: string }> {
  const env = { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
  return new Promise((done, fail) => {
    execFile(program, args, { ...place.runAs, cwd: place.base, env, windowsHide: true }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") {
        fail(
          new StartError(
            `PostgreSQL's ${basename(program)} cannot run here (${error.message}): set DATABASE_URL to a PostgreSQL 15 or newer.`,
          ),
        );
      } else {
        done({ code: typeof error?.code === "number" ? error.code : 0, output: `${stdout}${stderr}` });
      }
    });
  });
}

/** What a program said last: the part for a sentence to the operator. */
export function lastLine(output: string): string {
  return output.trim().split("\n").at(-1) ?? "";
}
