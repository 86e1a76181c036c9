import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { makePool } from "../../src/db/connect.ts";
import type { Embedded } from "../../src/db/embedded.ts";
import { startEmbedded } from "../../src/db/embedded.ts";
import { freePort } from "../../src/db/embedded-process.ts";
import { must } from "../../src/domain/fault.ts";
import type { Program, Sandbox } from "../setup/program.ts";
import { newHome, ready, sandboxOf, startServer, tranche } from "../setup/program.ts";

/** One server process. It keeps its port, so that a client finds it again after its restart. */
export interface Server {
  readonly url: string;
  readonly port: number;
  program: Program;
  /** Set once it ended without having been asked to. */
  died: string | undefined;
}

/** A home folder with its PostgreSQL and one or two server processes on it: the same programs that `npm start` runs. */
export interface Installation {
  readonly servers: readonly Server[];
  readonly sandbox: Sandbox;
  /** Looks at the rows as their owner, past the servers. */
  readonly pool: pg.Pool;
  killServer(server: Server): Promise<void>;
  restart(server: Server): Promise<void>;
  /** Kills PostgreSQL's first process. The servers start it again, nobody else. */
  killPostgres(): void;
  /** Kills one connection's process, and PostgreSQL throws out all others and recovers. False when there was none. */
  killBackend(choose: (pids: readonly number[]) => number): Promise<boolean>;
  /** Waits until PostgreSQL answers and every server says that it is well. False when that takes over half a minute. */
  well(): Promise<boolean>;
  close(): Promise<void>;
}

const within = 30_000;

export async function startInstallation(
  count: number,
  callbackUrl: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Installation> {
  const home = newHome();
  // This process only uses the cluster: it keeps it from being shut down between two servers.
  const embedded: Embedded = await startEmbedded({ home, durable: true });
  const pool = makePool(embedded.url, { max: 4, applicationName: "crash checks" });
  const servers: Server[] = [];
  for (let i = 0; i < count; i += 1) servers.push(await startOne(home, await freePort(0), settings));
  const sandbox = sandboxOf(home);
  const seller = must(
    sandbox.sellers.find(({ role }) => role === "business"),
    "the business seller",
  );
  const set = await tranche(["seller", seller.email, "set", `callback_url=${callbackUrl}`], { TRANCHE_HOME: home });
  if (set.code !== 0) throw new Error(`the seller could not be pointed at the receiver: ${set.err}${set.out}`);

  return {
    servers,
    sandbox,
    pool,
    killServer: async (server) => {
      const { program } = server;
      server.program = { ...program, ended: new Promise(() => undefined) };
      program.child.kill("SIGKILL");
      await program.ended;
    },
    restart: async (server) => {
      const fresh = await startOne(home, server.port, settings);
      server.program = fresh.program;
      watch(server);
    },
    killPostgres: () => {
      process.kill(Number.parseInt(readFileSync(join(embedded.dataDirectory, "postmaster.pid"), "utf8"), 10), "SIGKILL");
    },
    killBackend: async (choose) => {
      const { rows } = await pool.query<{ pid: number }>(
        "SELECT pid FROM pg_stat_activity WHERE application_name IN ('tranche', 'tranche jobs', 'tranche lane') ORDER BY pid",
      );
      if (rows.length === 0) return false;
      process.kill(choose(rows.map(({ pid }) => pid)), "SIGKILL");
      return true;
    },
    well: async () => {
      for (const until = performance.now() + within; performance.now() < until; await sleep(50)) {
        const database = await pool.query("SELECT 1").then(
          () => true,
          () => false,
        );
        if (!database) continue;
        const answers = await Promise.all(servers.map(({ url }) => fetch(`${url}/healthz`).catch(() => undefined)));
        if (answers.every((answer) => answer?.status === 200)) return true;
      }
      return false;
    },
    close: async () => {
      await pool.end();
      for (const server of servers) {
        server.program.child.kill("SIGKILL");
      }
      await embedded.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function startOne(home: string, port: number, settings: Readonly<Record<string, string>>): Promise<Server> {
  const program = startServer({
    TRANCHE_HOME: home,
    PORT: String(port),
    TRANCHE_LIMIT_PER_ADDRESS: "1000000",
    TRANCHE_LIMIT_PER_KEY: "1000000",
    ...settings,
  });
  await ready(program);
  const server: Server = { url: `http://127.0.0.1:${port}`, port, program, died: undefined };
  watch(server);
  return server;
}

/** A server that ends by itself is a finding; one that was killed on purpose was replaced before. */
function watch(server: Server): void {
  const { program } = server;
  void program.ended.then(({ code, err }) => {
    if (server.program === program) server.died = `ended with ${code}: ${err.slice(-3000)}`;
  });
}
