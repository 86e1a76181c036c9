import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import type { Config } from "../config.ts";
import { addFloat } from "../actions/book-steps.ts";
import { makePool } from "../db/connect.ts";
import { beat, openInstallation } from "../db/installation.ts";
import { migrate } from "../db/migrate.ts";
import { StartError } from "../db/start-error.ts";
import type { App } from "../http/app-context.ts";
import { buildServer } from "../http/app.ts";
import { askBeforeClosing } from "../jobs/ask-payments.ts";
import { sendCode } from "../jobs/contact-codes.ts";
import { mendOutage } from "../jobs/outage.ts";
import { Pollers, runDue } from "../jobs/run-due.ts";
import { mintLink } from "../jobs/send-messages.ts";
import { letterFor } from "../events/letters.ts";
import { solvency } from "../ledger/solvency.ts";
import { verifyBooks } from "../ledger/verify.ts";
import { prepareSandboxRail } from "../rails/sandbox/store.ts";
import { advanceClock } from "../sandbox/clock.ts";
import { readMailbox } from "../sandbox/mailbox.ts";
import { seedSandbox } from "../sandbox/seed.ts";
import type { Assembled } from "./assemble.ts";
import { assemble } from "./assemble.ts";
import { openDatabase, openHome, readerUrl, readSandboxFile, secretKeyOf, writeSandboxFile } from "./open-home.ts";
import { seedSecrets } from "./secrets.ts";
import { welcome } from "./welcome.ts";

export interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts everything: database, migrations, sandbox, jobs, HTTP. Throws a {@link StartError} with one sentence for what a person can mend. */
export async function serve(config: Config): Promise<Running> {
  const home = await openHome(config);
  const log = pino({ level: process.stdout.isTTY ? "info" : "info", redact: ["authtoken", "token", "password", "private_key"] }, pino.destination({ dest: 2, sync: true }));
  for (const name of config.unknownVariables) log.warn({ name }, "this TRANCHE_ variable names no setting");
  const secretKey = await secretKeyOf(config);
  const database = await openDatabase(config);
  const undo: (() => Promise<void>)[] = [() => database.stop()];
  try {
    await migrate(database.ownerUrl);
    const owner = makePool(database.ownerUrl, { max: 2, applicationName: "tranche start" });
    const { aliveAt } = await openInstallation(owner, config.mode, new Date()).finally(() => undefined);
    if (config.mode === "sandbox") await prepareSandboxRail(owner);
    await owner.end();

    const baseUrl = config.baseUrl ?? `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${config.port}`;
    const parts = assemble({ config, ownerUrl: database.ownerUrl, baseUrl, secretKey, log });
    undo.unshift(() => parts.close());
    await mendOutage(parts.engine, aliveAt, config.outage.longerThan);

    const pollers = new Pollers(parts.engine, 1_000);
    const app = appOf(config, parts, secretKey, baseUrl);
    const server = await buildServer(app, { bodyLimit: config.bodyLimit, trustProxy: config.trustProxy, ...config.limit, logger: log });
    await listen(server, config);
    const port = (server.server.address() as AddressInfo).port;
    undo.unshift(() => server.close());

    parts.onCommit(gently(() => pollers.wake()));
    pollers.start();
    undo.splice(1, 0, () => pollers.stop());
    const heart = setInterval(() => void beat(parts.pool, new Date()).catch((error: unknown) => log.warn({ error: String(error) }, "no heartbeat")), config.outage.heartbeat);
    undo.unshift(() => Promise.resolve(clearInterval(heart)));
    await beat(parts.pool, new Date());
    await parts.sandboxRail?.redeliver();

    const url = config.baseUrl ?? baseUrl.replace(/:0$/, `:${port}`);
    if (config.mode === "sandbox") {
      const seeded = await seedSandbox(parts.pool, seedSecrets(secretKey), new Date());
      if (seeded !== undefined) await lendFloat(parts);
      const earlier = await readSandboxFile(home);
      const people = seeded ?? { operator: earlier?.["operator"], sellers: earlier?.["sellers"] };
      const file = await writeSandboxFile(home, { url, database_url: await readerUrl(database, home), ...people });
      process.stdout.write(welcome({ url, file, seller: (people.sellers as { email: string; public_key: string; private_key: string }[] | undefined)?.[0], adopted: database.adopted }));
    } else {
      process.stdout.write(`Tranche (live) is ready at ${url}\n`);
    }
    return { url, stop: () => stopAll(undo, parts) };
  } catch (error) {
    await stopAll(undo).catch(() => undefined);
    throw error;
  }
}

async function stopAll(undo: readonly (() => Promise<void>)[], parts?: Assembled): Promise<void> {
  if (parts !== undefined) await beat(parts.pool, new Date()).catch(() => undefined);
  for (const step of undo) await step();
}

/** The rail keeps its fee of each pay-in, so a platform needs some money of its own before it is solvent; the sandbox lends itself a million naira. */
async function lendFloat({ engine }: Assembled): Promise<void> {
  const ask = { id: randomUUID(), sellerId: 0, actor: { party: "operator", name: "installation" } as const };
  await engine.lanes.one(addFloat(ask, { amount: 100_000_000n, currency: "NGN" }));
}

/** At most one wake-up every 20 ms: under load the jobs look often enough anyway. */
function gently(wake: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      wake();
    }, 20);
  };
}

async function listen(server: Awaited<ReturnType<typeof buildServer>>, config: Config): Promise<void> {
  try {
    await server.listen({ host: config.host, port: config.port });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "EADDRINUSE") throw new StartError(`Port ${config.port} on ${config.host} is in use; stop the other program or start with PORT=another.`);
    if (code === "EACCES") throw new StartError(`This user may not listen on port ${config.port}; choose one above 1023 with PORT=.`);
    throw error;
  }
}

/** What the routes work with. */
export function appOf(config: Config, parts: Assembled, secretKey: Buffer, baseUrl: string): App {
  const { engine, pool, sandboxRail } = parts;
  return {
    mode: config.mode,
    pool,
    lanes: engine.lanes,
    settings: engine.settings,
    baseUrl,
    secretKey,
    sessionLife: config.sessionLife,
    acceptCode: config.acceptCode,
    now: engine.now,
    rail: (name) => engine.rails.get(name),
    work: {
      settle: async (sellerId) => {
        await runDue(engine, sellerId, 5);
      },
      askBeforeClosing: (sellerId, orderId) => askBeforeClosing(engine, sellerId, orderId),
      sendLink: async (order, party, sentTo) => {
        const letter = letterFor(order, party, "link.fresh", await mintLink(engine, order, party, sentTo));
        if (sentTo.includes("@")) await engine.mailer?.send({ to: sentTo, subject: letter.subject, text: letter.text });
        else await engine.sms?.send({ to: sentTo, text: letter.text });
      },
      sendCode: (order) => sendCode(engine, order),
      verifyBooks: () => verifyBooks(pool),
      solvency: () => solvency(pool),
    },
    sandbox:
      sandboxRail === undefined
        ? undefined
        : {
            rail: sandboxRail,
            advance: (sellerId, by) => advanceClock(engine, sellerId, by, (at) => sandboxRail.settle(at)),
            mailbox: (to) => readMailbox(pool, to),
          },
  };
}
