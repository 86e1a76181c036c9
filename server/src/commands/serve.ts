import { pino } from "pino";
import type { Config } from "../config.ts";
import { freePort } from "../db/embedded-process.ts";
import { Gather } from "../db/gather.ts";
import { beat } from "../db/installation.ts";
import { sellersByKeys } from "../db/sellers.ts";
import { StartError } from "../db/start-error.ts";
import type { App } from "../http/app-context.ts";
import { buildServer } from "../http/app.ts";
import { askForDisputes } from "../jobs/ask-disputes.ts";
import { askAboutOrder } from "../jobs/ask-payments.ts";
import { sendCode } from "../jobs/contact-codes.ts";
import { mendOutage } from "../jobs/outage.ts";
import { doChores } from "../jobs/chores.ts";
import { reconcileRails } from "../jobs/reconcile.ts";
import { Pollers, workOff } from "../jobs/run-due.ts";
import { mintLink } from "../jobs/send-messages.ts";
import { letterFor } from "../events/letters.ts";
import { solvency } from "../ledger/solvency.ts";
import { verifyBooks } from "../ledger/verify.ts";
import { advanceClock } from "../sandbox/clock.ts";
import { Opened } from "../secrets/opened.ts";
import { readMailbox } from "../sandbox/mailbox.ts";
import type { Seeded } from "../sandbox/seed.ts";
import { startingTerms } from "./act-settings.ts";
import type { Assembled } from "./assemble.ts";
import { assemble } from "./assemble.ts";
import { openDatabase, openHome, readerUrl, secretKeyOf } from "./open-home.ts";
import { pointDemoShop } from "./point-demo-shop.ts";
import { prepareDatabase } from "./prepare-database.ts";
import { refuseStranded } from "./connect-rails.ts";
import { reconciliationOf } from "./reconciliation-of.ts";
import { ensureSigningKey, proveSolvency } from "./prove-solvency.ts";
import { writeSandboxFile } from "./sandbox-file.ts";
import { seedHome } from "./seed-home.ts";
import { welcome } from "./welcome.ts";

export interface Running {
  readonly url: string;
  /** Answers with a sentence when the server cannot go on by itself. */
  readonly lost: Promise<string>;
  stop(): Promise<void>;
}

export interface ServeOptions {
  /** Prints nothing: for commands that bring a sandbox of their own. */
  readonly quiet?: boolean;
}

/**
 * Starts everything: database, migrations, sandbox, jobs, HTTP. Throws a {@link StartError} with one sentence for what a person can mend, after
 * having stopped what it started.
 */
export async function serve(config: Config, options: ServeOptions = {}): Promise<Running> {
  const home = await openHome(config);
  const log = pino(
    { level: config.mode === "live" ? "info" : "warn", redact: ["authtoken", "token", "password", "private_key"] },
    pino.destination({ dest: 2, sync: true }),
  );
  for (const name of config.unknownVariables) log.warn({ name }, "this TRANCHE_ variable names no setting");
  const secretKey = await secretKeyOf(config);
  const database = await openDatabase(config);
  const undo: (() => Promise<void>)[] = [() => database.stop()];
  try {
    const aliveAt = await prepareDatabase(database.ownerUrl, config);
    // Links carry the address, so a free port is chosen before anything is made that knows it.
    const port = config.port === 0 ? await freePort(0) : config.port;
    const baseUrl = config.baseUrl ?? `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`;
    const parts = assemble({ config, ownerUrl: database.ownerUrl, baseUrl, secretKey, log });
    undo.unshift(() => parts.close());
    await refuseStranded(parts.pool, parts.engine.rails);
    await ensureSigningKey(parts.pool, secretKey, new Date());
    await mendOutage(parts.engine, aliveAt, config.outage.longerThan);

    const pollers = new Pollers(parts.engine, 1_000);
    const people = config.mode === "sandbox" ? await seedHome(home, parts.engine, secretKey, new Date(), startingTerms(config)) : undefined;
    const demoSeller = people?.sellers[0];
    if (demoSeller !== undefined) await pointDemoShop(parts.engine, demoSeller.email, { host: config.host, port });
    const app = withDemo(appOf(config, parts, secretKey, baseUrl), people);
    const server = await buildServer(app, { bodyLimit: config.bodyLimit, trustProxy: config.trustProxy, ...config.limit, logger: log });
    undo.unshift(() => server.close());
    await listen(server, config.host, port);

    parts.onCommit(gently(() => pollers.wake()));
    pollers.start();
    undo.splice(1, 0, () => pollers.stop());
    const heart = setInterval(
      () => void beat(parts.pool, new Date()).catch((error: unknown) => log.warn({ error: String(error) }, "no heartbeat")),
      config.outage.heartbeat,
    );
    undo.unshift(() => Promise.resolve(clearInterval(heart)));
    const chores = setInterval(() => void tidy(parts), 60_000);
    undo.unshift(() => Promise.resolve(clearInterval(chores)));
    void tidy(parts);
    const disputes = setInterval(() => void askForDisputes(parts.engine), 15 * 60_000);
    undo.unshift(() => Promise.resolve(clearInterval(disputes)));
    void askForDisputes(parts.engine);
    await beat(parts.pool, new Date());
    await parts.sandboxRail?.redeliver();

    const say = (text: string) => (options.quiet === true ? undefined : process.stdout.write(text));
    if (people === undefined) say(`Tranche (live) is ready at ${baseUrl}\n`);
    else {
      const file = await writeSandboxFile(home, { url: baseUrl, database_url: await readerUrl(database, home), ...people });
      say(welcome({ url: baseUrl, file, seller: people.sellers[0] }));
    }
    const lost = new Promise<string>((tell) => {
      const unwatch = database.keep(log, tell);
      undo.unshift(() => Promise.resolve(unwatch()));
    });
    return { url: baseUrl, lost, stop: () => stopAll(undo, parts) };
  } catch (error) {
    await stopAll(undo).catch(() => undefined);
    throw error;
  }
}

/** Now and then: chores, and the sandbox's bank settles what was paid a day ago. What fails is tried again at the next turn. */
async function tidy(parts: Assembled): Promise<void> {
  try {
    await doChores(parts.engine);
    await parts.sandboxRail?.settle(parts.engine.now());
    await reconcileRails(parts.engine);
  } catch (error) {
    parts.engine.log.warn({ error: error instanceof Error ? error.message : String(error) }, "a chore failed; it is tried again");
  }
}

async function stopAll(undo: readonly (() => Promise<void>)[], parts?: Assembled): Promise<void> {
  if (parts !== undefined) await beat(parts.pool, new Date()).catch(() => undefined);
  for (const step of undo) await step();
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

async function listen(server: Awaited<ReturnType<typeof buildServer>>, host: string, port: number): Promise<void> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "EADDRINUSE")
      throw new StartError(`Port ${port} on ${host} is in use: stop the other program, or start with another, as in PORT=4001 npm start.`);
    if (code === "EACCES")
      throw new StartError(`This user may not listen on port ${port}: choose one above 1023, as in PORT=4001 npm start.`);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
      throw new StartError(`This machine has no address ${host} to listen on: mend TRANCHE_HOST.`);
    throw error;
  }
}

/** Hands the demo page the people of a sandbox. */
function withDemo(app: App, people: Seeded | undefined): App {
  const seller = people?.sellers[0];
  if (app.sandbox === undefined || people === undefined || seller === undefined) return app;
  const buyer = { email: "buyer@demo.tranche.test", phone: "+2348031234567" };
  return { ...app, sandbox: { ...app.sandbox, demo: { seller, operator: people.operator, buyer } } };
}

/** What the routes work with. */
export function appOf(config: Config, parts: Assembled, secretKey: Buffer, baseUrl: string): App {
  const { engine, pool, requests, sandboxRail } = parts;
  return {
    mode: config.mode,
    pool: requests,
    lanes: engine.lanes,
    // Two at a time: one may wait for a page of the disk while the other is answered.
    holders: new Gather((publicKeys) => sellersByKeys(requests, publicKeys, engine.now()), 2),
    opened: new Opened(secretKey),
    settings: engine.settings,
    baseUrl,
    secretKey,
    sessionLife: config.sessionLife,
    acceptCode: config.acceptCode,
    now: engine.now,
    rail: (name) => engine.rails.get(name),
    railNames: [...engine.rails.keys()],
    work: {
      settle: async (sellerId) => {
        await workOff(engine, sellerId, 5);
      },
      askAboutPayments: (sellerId, orderId, closing) => askAboutOrder(engine, sellerId, orderId, closing),
      sendLink: async (order, party, sentTo) => {
        const letter = letterFor(order, party, "link.fresh", await mintLink(engine, order, party, sentTo));
        if (sentTo.includes("@")) await engine.mailer?.send({ to: sentTo, subject: letter.subject, text: letter.text });
        else await engine.sms?.send({ to: sentTo, text: letter.text });
      },
      sendCode: (order) => sendCode(engine, order),
      verifyBooks: async () => {
        const report = await verifyBooks(pool);
        const wired = report.solvency.map(({ currency, held, owed, surplus }) => ({
          currency,
          held: Number(held),
          owed: Number(owed),
          surplus: Number(surplus),
        }));
        return { ...report, solvency: wired };
      },
      proveSolvency: () => proveSolvency(pool, secretKey, config.mode, engine.now()),
      reconciliation: reconciliationOf(engine),
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
