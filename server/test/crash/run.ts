import { setTimeout as sleep } from "node:timers/promises";
import type { RailName } from "../../../emulator/start.ts";
import { must } from "../../src/domain/fault.ts";
import { startReceiver } from "../setup/receiver.ts";
import { Random } from "../simulator/random.ts";
import { check, replay, unfinished } from "./checks.ts";
import type { Heard } from "./checks.ts";
import { Client } from "./client.ts";
import type { Installation } from "./installation.ts";
import { startInstallation } from "./installation.ts";
import type { Town } from "./life.ts";
import { engageProvider, live } from "./life.ts";
import { startCrashRail } from "./rails.ts";
import { Stuck } from "./stuck.ts";

export interface CrashOptions {
  readonly seed: number;
  readonly kills: number;
  readonly servers: number;
  /** Orders lived at the same time. */
  readonly people: number;
  /** Over that rail's emulator instead of the sandbox rail. */
  readonly rail?: RailName | undefined;
  /** Share of a rail's notices that never come. What they told of is then asked about after five minutes, for which the end waits. */
  readonly neverTold?: number;
  readonly say: (line: string) => void;
}

export type Kill = "server" | "postgres" | "connection";

export interface CrashReport {
  readonly kills: Readonly<Record<Kill, number>>;
  readonly requests: number;
  readonly unanswered: number;
  /** Calls that change something and are watched one by one, and those of them that nobody answered and that were done all the same. */
  readonly watched: number;
  readonly doneUnanswered: number;
  readonly orders: number;
  readonly told: number;
  readonly toldAgain: number;
  /** What kills left half done, by kind, and how long the slowest of it waited, in milliseconds. */
  readonly left: ReadonlyMap<string, number>;
  readonly slowestTakeover: number;
  /** Each with the step (number of the kill) after which it was seen. */
  readonly findings: readonly string[];
}

/** Lives orders over HTTP against real processes, kills one of them again and again, and looks after each kill whether everything said is true. */
export async function crash(options: CrashOptions): Promise<CrashReport> {
  const { seed, kills, servers, say } = options;
  const heard: Heard[] = [];
  const receiver = await startReceiver();
  const slow = new Random(seed, "receiver");
  receiver.behave((request, response) => {
    heard.push({ webhookId: String(request.headers["webhook-id"]), body: request.body });
    // A shop that takes its time is under way when the kill comes.
    setTimeout(() => response.writeHead(200).end(), slow.chance(0.2) ? slow.whole(200, 2_000) : 0);
  });
  const rail = options.rail === undefined ? undefined : await startCrashRail(options.rail, seed, options.neverTold ?? 0.1);
  const place = await startInstallation(servers, receiver.url, rail?.settings);
  rail?.tell(place.servers.map(({ url }) => url));
  const stuck = new Stuck(place.pool);
  const client = new Client(
    place.servers.map(({ url }) => url),
    new Random(seed, "client"),
  );
  const town: Town = { client, sandbox: place.sandbox, pool: place.pool, rail, provider: undefined, findings: [], paid: new Map() };
  const findings: string[] = [];
  const counts: Record<Kill, number> = { server: 0, postgres: 0, connection: 0 };
  try {
    const session = await client.insist("/operator/api/session", { ...place.sandbox.operator });
    client.bearer = must(/"token":"([^"]+)"/.exec(session.text)?.[1], "the operator's token");
    if (rail?.dollars === true) town.provider = await engageProvider(town);
    const lives = people(town, options);
    const chance = new Random(seed, "kills");
    for (let step = 1; step <= kills && findings.length === 0; step += 1) {
      await sleep(chance.whole(500, 2_000));
      const kind = await killOne(place, stuck, chance);
      counts[kind] += 1;
      for (const one of await lookAfter(place, town, heard, chance)) findings.push(`step ${step}, ${kind}: ${one}`);
      for (const one of [...town.findings.splice(0), ...stuck.findings.splice(0)]) findings.push(`step ${step}, ${kind}: ${one}`);
      say(`${step} ${kind}: ${client.requests} requests, ${client.unanswered} unanswered, ${heard.length} told, ${stuck.open} left open`);
    }
    client.stopped = true;
    client.broken = findings.length > 0;
    await lives;
    // After a finding the rest would only be its echo.
    if (findings.length === 0) for (const one of await ending(place, stuck, town, heard)) findings.push(`end: ${one}`);
    if (!client.broken) for (const one of [...town.findings, ...stuck.findings]) findings.push(`end: ${one}`);
  } finally {
    client.stopped = true;
    await stuck.end();
    await place.close();
    await receiver.close();
    await rail?.close();
  }
  const ids = new Set(heard.map(({ webhookId }) => webhookId));
  return {
    kills: counts,
    requests: client.requests,
    unanswered: client.unanswered,
    watched: client.asked.length,
    doneUnanswered: client.asked.filter(({ foundDone }) => foundDone).length,
    orders: town.paid.size,
    told: ids.size,
    toldAgain: heard.length - ids.size,
    left: stuck.counts,
    slowestTakeover: stuck.slowest,
    findings,
  };
}

/** So many people, each living one order after the other. A life that breaks off is a finding. */
function people(town: Town, { seed, people: count }: CrashOptions): Promise<void[]> {
  let next = 1;
  const one = async () => {
    while (!town.client.stopped && town.findings.length === 0) {
      const number = (next += 1);
      await live(town, number, new Random(seed, `order ${number}`)).catch((error: unknown) => {
        town.findings.push(`order of buyer ${number} broke off: ${error instanceof Error ? error.message : String(error)}`);
      });
    }
  };
  return Promise.all(Array.from({ length: count }, one));
}

/** Kills, brings back what nobody else brings back, and notes what was left half done. */
async function killOne(place: Installation, stuck: Stuck, chance: Random): Promise<Kill> {
  const kind = chance.weighted<Kill>({ server: 5, postgres: 3, connection: 2 });
  const killedAt = performance.now();
  if (kind === "server") {
    const server = chance.pick(place.servers);
    await place.killServer(server);
    await stuck.left(killedAt);
    await place.restart(server);
  } else {
    if (kind === "postgres") place.killPostgres();
    else await place.killBackend((pids) => chance.pick(pids));
    // The signal takes a moment; only then is "well" worth asking.
    await sleep(200);
    if (await place.well()) await stuck.left(killedAt);
  }
  return kind;
}

async function lookAfter(place: Installation, town: Town, heard: readonly Heard[], chance: Random): Promise<string[]> {
  const { client, rail } = town;
  const dead = place.servers.flatMap(({ url, died }) => (died === undefined ? [] : [`the server ${url} ${died}`]));
  if (dead.length > 0) return dead;
  if (!(await place.well())) return ["after half a minute not everything was well again"];
  return [...(await check(place.pool, client, heard, rail)), ...(await replay(client, chance, 3))];
}

/**
 * Waits until all work is done, or until a rail has been asked about what it did not tell, and looks a last time. One shop's notifications queue up
 * while process after process dies with some under way, so what counts is that the work gets less: a minute in which it does not is a finding.
 */
async function ending(place: Installation, stuck: Stuck, { client, rail }: Town, heard: readonly Heard[]): Promise<string[]> {
  let left: string[] = ["nobody has looked"];
  let fewest = Number.POSITIVE_INFINITY;
  const wait = rail === undefined ? 60_000 : askedWithin;
  // A rail's time goes on: it tells again of what nobody took when it was told first.
  await rail?.later();
  for (let until = performance.now() + wait; performance.now() < until && (left.length > 0 || stuck.open > 0); await sleep(250)) {
    left = await unfinished(place.pool, rail);
    if (left.length < fewest) until = Math.max(until, performance.now() + 60_000);
    fewest = Math.min(fewest, left.length);
  }
  const apart = left.length > 0 ? [] : ((await rail?.apart(place.pool)) ?? []);
  return [
    ...left.slice(0, 10),
    ...(left.length > 10 ? [`and ${left.length - 10} more like these`] : []),
    ...apart,
    ...(await check(place.pool, client, heard, rail)),
    ...(await replay(client, new Random(0, "end"), 20)),
  ];
}

/**
 * A rail that said that money is on its way is asked after five minutes, and then after as long again as it has been; what it should list and
 * does not counts as not there after a quarter of an hour. So the last answer may come after half an hour; mostly all is decided in minutes.
 */
const askedWithin = 40 * 60_000;
