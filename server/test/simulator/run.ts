import type pg from "pg";
import { addFloat } from "../../src/actions/book-steps.ts";
import type { Answer, Command } from "../../src/actions/command.ts";
import { noteRotation } from "../../src/actions/sellers.ts";
import { readConfig } from "../../src/config.ts";
import type { RailName } from "../../../emulator/start.ts";
import { makePool } from "../../src/db/connect.ts";
import { openInstallation } from "../../src/db/installation.ts";
import { orders as orderTable } from "../../src/db/tables.ts";
import { must } from "../../src/domain/fault.ts";
import type { Order } from "../../src/domain/order.ts";
import type { Engine } from "../../src/jobs/engine.ts";
import { rotateKeys } from "../../src/http/key-rotation.ts";
import { mendOutage } from "../../src/jobs/outage.ts";
import { runDue } from "../../src/jobs/run-due.ts";
import type { SendRequest } from "../../src/rails/rail.ts";
import { prepareSandboxRail } from "../../src/rails/sandbox/store.ts";
import { Checks } from "./checks.ts";
import { simulateClock } from "./clock.ts";
import { coverageOf } from "./coverage.ts";
import { emulatedSide } from "./emulated-side.ts";
import type { Coverage } from "./coverage.ts";
import { finalChecks } from "./final.ts";
import { Gate, stopIntervals } from "./gate.ts";
import { ask, begin, day, hour, live } from "./life.ts";
import type { Hands, Life } from "./life.ts";
import { count, Outages, Shops } from "./outside.ts";
import type { Counts } from "./outside.ts";
import { mendAccounts } from "./mending.ts";
import { operate } from "./operator.ts";
import { Payer } from "./payer.ts";
import { livesOf, moveAccount, openShop } from "./people.ts";
import type { Registered, Shop } from "./people.ts";
import { newSecretKey, startProcess } from "./process.ts";
import type { RailSide } from "./rail-side.ts";
import { Random } from "./random.ts";
import { silentRails, workWithRails } from "./reconciling.ts";
import { sandboxSide } from "./sandbox-side.ts";
import { digestOf, storyOfError, traceOf } from "./trace.ts";
import { Trips } from "./trips.ts";

export interface SimulationOptions {
  /** An empty, migrated database of the simulation's own. */
  readonly ownerUrl: string;
  readonly seed: number;
  /** Years that pass side by side: five sellers and a hundred orders or more each. */
  readonly years: number;
  /** Within how many days the orders begin; a year unless told otherwise. Fewer make a denser and shorter run. */
  readonly days?: number;
  /** Buyers and sellers do nothing once an order is paid: every order must end all the same. */
  readonly silence?: boolean;
  /** Over that rail's emulator instead of the sandbox rail; both processes then work at once. */
  readonly rail?: RailName;
  /** Both processes work at once, so that what happens first is PostgreSQL's chance; otherwise they take turns. */
  readonly rivals?: boolean;
  /** How long PostgreSQL does not hear that a connection was cut, in milliseconds; 0 unless told otherwise. Nothing may depend on it. */
  readonly lingering?: number;
  /** Only these sellers' orders, or these orders, by name: makes a failure small. */
  readonly only?: readonly string[];
}

export interface Outcome {
  readonly broken: readonly string[];
  readonly orders: number;
  readonly steps: number;
  readonly transitions: number;
  readonly states: Readonly<Record<string, number>>;
  readonly counts: Counts;
  readonly coverage: Coverage;
  /** The orders' people that lived, by name: what can be left out to make a failure small. */
  readonly names: readonly string[];
  /** All steps, all postings and what stood in the accounts at the end, in one hash. Without rivals the same seed always has the same. */
  readonly digest: string;
}

const coolingOff = 24 * hour;
const start = Date.parse("2026-01-01T00:00:00.000Z");
/** So long after the last order began, all have ended. */
const longest = 200;

/** Lives `years` years in one installation and says what was broken. */
export async function simulate(options: SimulationOptions): Promise<Outcome> {
  const { ownerUrl, seed, days = 365 } = options;
  const counts: Counts = new Map();
  const broken: string[] = [];
  const ownerPool = makePool(ownerUrl, { max: 4, applicationName: "simulator" });
  await prepareSandboxRail(ownerPool);
  await openInstallation(ownerPool, "sandbox", new Date(start));
  const clock = await simulateClock(ownerUrl, new Date(start));
  const rivals = options.rivals === true || options.rail !== undefined;
  const gate = rivals ? undefined : new Gate();
  const goOn = gate === undefined ? () => undefined : stopIntervals();
  if (gate !== undefined) new Trips(ownerUrl, "none", gate).under(ownerPool);
  const outages = new Outages();
  const registered: Registered = new Map();
  const onSend = (request: SendRequest) => {
    const number = "accountNumber" in request.to ? request.to.accountNumber : "";
    const since = registered.get(number);
    if (request.kind === "payout" && since !== undefined && clock.now().getTime() < since + coolingOff)
      broken.push(`money went to account ${number} before its cooling-off was over`);
    if (number.endsWith("0008")) payer.reverse(request.reference, 5 * day);
  };
  const sideParts = { seed, clock, counts, outages, onSend };
  const rail: RailSide =
    options.rail === undefined ? sandboxSide(sideParts, ownerUrl, ownerPool, gate) : await emulatedSide(options.rail, sideParts, ownerPool);
  const payer = new Payer(rail.payers, rail.never, clock, counts);
  const world = new Random(seed, "world");
  const config = readConfig({
    ...rail.settings,
    TRANCHE_HOLD_COOLING_OFF_SANDBOX: "PT24H",
    TRANCHE_HOLD_RULING_SANDBOX: world.pick(["PT24H", "PT0S"]),
    TRANCHE_HOLD_BUYER_OBJECTION_SANDBOX: "PT72H",
    TRANCHE_FEES_EXIT_RAIL_FEE_BEARER: world.pick(["platform", "buyer"]),
    TRANCHE_IDENTITY: "always",
    TRANCHE_RULING_SECOND_OPERATOR_ABOVE: "5000000",
    TRANCHE_FEES_MINIMUM_PAYOUT: world.pick(["10000", "100000"]),
  });
  const shops = new Shops(seed, counts);
  const parts = {
    config,
    ownerUrl,
    clock,
    seed,
    counts,
    reached: rail.reached,
    poster: shops,
    secretKey: newSecretKey(),
    gate,
    lingering: options.lingering ?? 0,
  };
  const processes = [startProcess(parts, "a"), startProcess(parts, "b")];
  const process = (nth: number) => must(processes[nth % processes.length], "a process");
  let turn = 0;
  const act = (command: Command): Promise<Answer> => {
    if (rivals) turn += 1;
    return process(turn).engine.lanes.one(command);
  };
  const say = (says: string) => void broken.push(says);
  const met = (what: string) => count(counts, what);
  const { secondOperatorAbove } = config.ruling;
  const hands: Hands = { act, pay: (life, order) => payer.pay(life, order, act), broken: say, met, silence: false, secondOperatorAbove };
  const round = async (all = false): Promise<void> => {
    await rail.tend();
    return operate({ pool: ownerPool, engine: process(turn).engine, act, payer, met, broken: say }, all);
  };
  const checks = new Checks(ownerPool, rail.record);
  let steps = 0;
  const failed = () => broken.length + checks.broken.length > 0;
  /** Runs the jobs until only notifications are left that hang at a shop: those go on in a later step, when the shop is given up. */
  const runJobs = async (engine: Engine): Promise<void> => {
    if (gate === undefined) return void (await runDue(engine, null));
    let thrown: unknown;
    runDue(engine, null).catch((error: unknown) => {
      thrown = error;
      say(`the jobs failed: ${String(error)}`);
    });
    await gate.quiet();
    if (thrown !== undefined) throw thrown;
  };
  try {
    for (const float of rail.floats) {
      rail.fill(float, options.years + 1);
      const { currency, perYear } = float;
      await act(addFloat(ask(0, "operator", false), { amount: perYear * BigInt(options.years + 1), currency, rail: float.rail }));
    }
    const shopsOpen: Shop[] = [];
    let operatorId: number | null = null;
    const lives: Life[] = [];
    for (let nth = 0; nth < options.years * 5; nth += 1) {
      const name = `s${nth}`;
      const shop = await openShop({
        pool: ownerPool,
        secretKey: parts.secretKey,
        seed,
        name,
        nth,
        now: clock.now(),
        act,
        registered,
        operatorId,
        dollars: rail.dollars,
      });
      if (nth % 5 === 0) operatorId = shop.sellerId;
      if (shop.mendsNothing) met("payee who mends nothing");
      shopsOpen.push(shop);
      for (const life of livesOf(seed, name, shop, 20 + shop.random.whole(0, 3), start, days))
        if (options.only === undefined || options.only.includes(name) || options.only.includes(life.name)) lives.push(life);
    }
    /** A new key pair beside the old one, which signs what is told to the shop from now on. */
    const changeKeys = async ({ sellerId }: Shop): Promise<void> => {
      await rotateKeys(ownerPool, parts.secretKey, sellerId, clock.now());
      await act(noteRotation(ask(sellerId, "seller", false)));
      met("keys rotated");
    };
    /** Nobody is there for days; whoever comes back first moves the deadlines that fell into them. */
    const downFor = async (gap: number): Promise<void> => {
      for (const one of processes) await one.stop();
      const aliveAt = clock.now();
      await clock.set(new Date(aliveAt.getTime() + gap));
      processes.splice(0, 2, startProcess(parts, `a after step ${steps}`), startProcess(parts, `b after step ${steps}`));
      await mendOutage(process(turn).engine, aliveAt, config.outage.longerThan);
      met("installation down for days");
    };
    const step = async (wait: number): Promise<void> => {
      steps += 1;
      await clock.set(new Date(clock.now().getTime() + wait));
      let now = clock.now().getTime();
      if (!rivals) turn = steps;
      if (world.chance(0.01)) {
        const nth = world.whole(0, 1);
        await processes[nth]?.stop();
        processes[nth] = startProcess(parts, `${nth} of step ${steps}`);
        met("process restarted");
      }
      // Over emulators years are lived in fewer steps.
      const rare = options.rail === undefined ? 1 : 3;
      if (world.chance(0.01 * rare) && !outages.calm) outages.begin(now + world.whole(6, 60) * hour);
      if (world.chance(0.005 * rare) && !outages.calm) await downFor(world.whole(1, 6) * day);
      shops.giveUp();
      now = clock.now().getTime();
      await rail.passed(false);
      await payer.happen();
      await rail.settle();
      const awake = lives.filter((life) => !life.over && life.wakeAt <= now);
      const known = await readOrders(ownerPool, awake);
      await Promise.all(
        awake.map(async (life) => {
          const order = life.orderId === null ? undefined : known.get(`${life.sellerId}/${life.orderId}`);
          if (order === undefined) await begin(life, hands);
          else await live(life, order, { ...hands, silence: options.silence === true && order.fundedAt !== null });
          // A checkout is paid soon or never; everything else takes days.
          const soon = order === undefined || order.state === "awaiting_payment" || order.state === "agreed";
          life.wakeAt = now + life.random.whole(1, soon ? 12 : 96) * hour;
        }),
      );
      // Not at the very end: what was parked would set off again, and could not arrive any more (seed 3000, 34 years).
      for (const shop of shopsOpen)
        if (shop.random.chance(0.006) && !shop.mendsNothing && !outages.calm) await moveAccount(shop, act, registered, now);
      // The sandbox rail has accounts that are dead for good instead.
      if (options.rail !== undefined && !outages.calm) await mendAccounts({ pool: ownerPool, shops: shopsOpen, act, registered, now, met });
      for (const shop of shopsOpen) if (shop.random.chance(0.001)) await changeKeys(shop);
      if (world.chance(0.01)) await payer.unknown(`nobody-${steps}`, BigInt(world.whole(1, 500_000)), world.pick(["NGN", "NGN", "USD"]));
      if (world.chance(0.05)) await round();
      const engines = processes.map(({ engine }) => engine);
      if (options.rail !== undefined) await workWithRails(rail, engines, process(turn).engine, clock);
      else {
        if (rivals) await Promise.all(engines.map(runJobs));
        await runJobs(process(turn).engine);
      }
      // What does not hang is concluded before the clock turns: its lease would run out in the middle, and the shop would be told twice.
      if (gate === undefined) await shops.concluded(processes.map((one) => one.engine));
      await checks.step(clock.now(), silentRails(engines, options.rail !== undefined && outages.lasts(clock.now().getTime())));
      if (steps % 100 === 0) await clock.tidy();
    };
    const liveOn = async (): Promise<void> => {
      while (!failed() && lives.some((life) => !life.over) && clock.now().getTime() < start + (days + longest) * day)
        await step(world.whole(8, 32) * hour);
      // Nothing new happens any more; what is on its way arrives.
      for (let quiet = 0; quiet < 60 && !failed(); quiet += 1) {
        outages.calm = quiet > 40;
        if (quiet === 41) await rail.calm();
        await payer.happen(quiet > 20);
        await rail.passed(quiet > 20);
        if (quiet % 5 === 0) await round(true);
        await step(day);
      }
    };
    await liveOn().catch(async (error: unknown) => broken.push(`it threw: ${await storyOfError(ownerPool, error)}`));
    await clock.tidy();
    // Nobody else is at work, and `verify` of many books takes several connections at once: these have no turns.
    const many = makePool(ownerUrl, { max: 4, applicationName: "simulator's end" });
    try {
      if (!failed()) broken.push(...(await finalChecks(many, checks, rail.record, shops.taken)));
    } finally {
      await many.end();
    }
    const all = [...broken, ...checks.broken.map((one) => one.says)];
    const traced = checks.broken.find((one) => one.order !== undefined);
    if (traced?.seller !== undefined && traced.order !== undefined) all.push(await traceOf(ownerPool, traced.seller, traced.order));
    return {
      broken: all.map((says) => `seed ${seed}, step ${steps}, ${clock.now().toISOString()}: ${says}`),
      orders: lives.length,
      steps,
      names: lives.map((life) => life.name),
      counts,
      coverage: await coverageOf(ownerPool, counts, options.rail),
      digest: await digestOf(ownerPool),
      ...(await summary(ownerPool)),
    };
  } finally {
    goOn();
    gate?.open();
    for (const one of processes) await one.stop();
    await rail.close();
    await ownerPool.end();
    await clock.close();
  }
}

async function readOrders(pool: pg.Pool, lives: readonly Life[]): Promise<Map<string, Order>> {
  const { rows } = await pool.query(
    `SELECT ${orderTable.select("o")} FROM unnest($1::bigint[], $2::bigint[]) u(s, i), LATERAL (SELECT * FROM orders WHERE seller_id = u.s AND id = u.i LIMIT 1) o`,
    [lives.map((life) => life.sellerId), lives.map((life) => life.orderId)],
  );
  return new Map(rows.map((row) => [`${row["seller_id"]}/${row["id"]}`, orderTable.read(row)]));
}

async function summary(pool: pg.Pool): Promise<Pick<Outcome, "transitions" | "states">> {
  const states = await pool.query<{ state: string; orders: bigint }>(
    "SELECT state, count(*) AS orders FROM orders GROUP BY state ORDER BY state",
  );
  const { rows } = await pool.query<{ steps: bigint }>("SELECT count(*) AS steps FROM transitions");
  return {
    transitions: Number(rows[0]?.steps ?? 0),
    states: Object.fromEntries(states.rows.map((row) => [row.state, Number(row.orders)])),
  };
}
