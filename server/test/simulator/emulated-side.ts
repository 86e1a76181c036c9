import type { AddressInfo } from "node:net";
import { fastify } from "fastify";
import type pg from "pg";
import type { EmulatedRail, RailName } from "../../../emulator/start.ts";
import { startEmulator } from "../../../emulator/start.ts";
import { connectRails } from "../../src/commands/connect-rails.ts";
import { readConfig } from "../../src/config.ts";
import { must } from "../../src/domain/fault.ts";
import { refuse } from "../../src/domain/refusals.ts";
import { railEventRoutes } from "../../src/http/rail-events.ts";
import type { Rail } from "../../src/rails/rail.ts";
import { transactionIdOf } from "../../src/rails/wise/api.ts";
import { callsOf, settingsOver } from "../setup/over-rail.ts";
import { wise, wiseCalls } from "../setup/over-wise.ts";
import { EmulatedRecord } from "./emulated-record.ts";
import type { Outages } from "./outside.ts";
import { count } from "./outside.ts";
import type { AtTheRail, Float, RailSide, SideParts } from "./rail-side.ts";
import type { Weather } from "./weather.ts";
import { letItBlow, letItRest, weatherOf } from "./weather.ts";

/** Which rails stand beside each other where one of them alone will not do: who takes, and who pays out in which currency. */
const together: Readonly<Record<RailName, { readonly takes: RailName; readonly beside?: RailName }>> = {
  paystack: { takes: "paystack" },
  flutterwave: { takes: "flutterwave" },
  // Stripe pays no bank accounts.
  stripe: { takes: "stripe", beside: "paystack" },
  // Wise takes no payments; it pays providers in dollars.
  wise: { takes: "paystack", beside: "wise" },
};

/** A rail's emulator, told of by HTTP and reached by the server's own adapter, with everything going wrong by chance. */
export async function emulatedSide(name: RailName, parts: SideParts, pool: pg.Pool): Promise<RailSide> {
  const { seed, clock, counts, outages } = parts;
  const emulator = await startEmulator({ seed, now: clock.now, slowMs: 20, hangMs: 30, magicAmounts: false });
  const { takes, beside } = together[name];
  const names = beside === undefined ? [takes] : [takes, beside];
  const settings = { TRANCHE_RAILS_NGN: takes, ...settingsOver(takes, emulator[takes]), ...settingsBeside(beside, emulator.rails) };
  // The outside's own way to the rail's pages; it reads no answer for the platform.
  const outer = connectRails({ config: readConfig(settings), pool, clock: clock.now });
  const adapters = new Map(outer.connected.map((rail) => [rail.name, rail]));
  const server = fastify({ forceCloseConnections: true });
  railEventRoutes(server, { rail: (one) => adapters.get(one), pool, now: clock.now });
  await server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const weather = new Map<RailName, Weather>([[takes, weatherOf(callsOf(takes))]]);
  if (beside === "wise") weather.set(beside, { calls: Object.values(wiseCalls), sends: [wiseCalls.funding], pays: false });
  else if (beside !== undefined) weather.set(beside, { ...weatherOf(callsOf(beside)), pays: false });
  for (const one of names) {
    emulator[one].tell(`http://127.0.0.1:${port}/rails/${one}/events`);
    letItBlow(emulator[one], must(weather.get(one), one));
  }
  const rails = names.map((one) => ({
    name: one,
    rail: emulator[one],
    nameOf: one === "wise" ? transactionIdOf : asItIs,
    feeWithin: one === "wise",
  }));
  let told = 0;
  return {
    name: takes,
    settings,
    payers: payersAt(emulator[takes], must(adapters.get(takes), takes)),
    never: ["excess", "twice", "both"],
    dollars: beside === "wise",
    floats: names.flatMap((one) => floatsAt(one)),
    fill: ({ rail = takes, currency, perYear }, years) => void emulator[rail as RailName].levers.topUp(currency, perYear * BigInt(years)),
    record: new EmulatedRecord(pool, rails),
    reached: (own) => new Map([...own].map(([one, rail]) => [one, overseen(rail, parts, outages)])),
    passed: () => emulator.clock.idle(),
    async settle() {
      await emulator.clock.idle();
      const before = told;
      told = names.reduce((sum, one) => sum + emulator[one].deliveries().length, 0);
      return told > before;
    },
    tend: () => giveAccounts(names.map((one) => emulator[one])),
    async calm() {
      for (const one of names) {
        for (const [what, times] of await faultsOf(one, emulator[one])) for (let i = 0; i < times; i += 1) count(counts, what);
        await letItRest(emulator[one]);
      }
    },
    async close() {
      await emulator.stop();
      await server.close();
      await outer.close();
    },
  };
}

/** Enough for payouts whose own payments are not settled yet, or lie at the other rail. */
function floatsAt(rail: RailName): Float[] {
  const dollars = { rail, currency: "USD", perYear: 100_000_000n };
  return rail === "wise" ? [dollars] : [{ rail, currency: "NGN", perYear: 3_000_000_000n }, dollars];
}

const asItIs = (reference: string): string => reference;

function settingsBeside(beside: RailName | undefined, rails: Readonly<Record<RailName, EmulatedRail>>): Record<string, string> {
  if (beside === undefined) return {};
  if (beside === "wise") return wise.settings(rails.wise);
  return { TRANCHE_PAYOUT_RAILS_NGN: beside, ...settingsOver(beside, rails[beside]) };
}

/** How often each fault was met, by what it was: a run that met none has proved nothing. */
async function faultsOf(name: string, { url }: EmulatedRail): Promise<Map<string, number>> {
  const answer = await fetch(`${url}/_emulator/script`);
  const { rules } = (await answer.json()) as { rules: readonly { fault: string; done: number }[] };
  const met = new Map<string, number>();
  for (const { fault, done } of rules) if (done > 0) met.set(`${name}: ${fault}`, (met.get(`${name}: ${fault}`) ?? 0) + done);
  return met;
}

/** What a person does on Paystack's dashboard: refunds that the card no longer takes are given an account. */
async function giveAccounts(rails: readonly EmulatedRail[]): Promise<void> {
  for (const { url, secrets, operations } of rails) {
    if (!operations.includes("POST /refund/retry_with_customer_details/:id")) continue;
    const headers = { authorization: `Bearer ${secrets["secret_key"]}`, "content-type": "application/json", connection: "close" };
    // A dashboard that does not load is looked at again some other day.
    const page = await fetch(`${url}/refund?perPage=1000`, { headers }).catch(() => undefined);
    if (page?.status !== 200) continue;
    const listed = (await page.json()) as {
      data?: { id: number; status: string; currency: string }[];
    };
    for (const { id, status, currency } of listed.data ?? []) {
      if (status !== "needs-attention") continue;
      const body = JSON.stringify({ refund_account_details: { currency, account_number: "0123456789", bank_id: "9" } });
      await fetch(`${url}/refund/retry_with_customer_details/${id}`, { method: "POST", headers, body }).catch(() => undefined);
    }
  }
}

/** What payers do on the rail's page, and what their banks do to the rail. */
function payersAt(rail: EmulatedRail, adapter: Rail): AtTheRail {
  const pages = new Map<string, string>();
  const disputes = new Map<string, string>();
  const cannot = (says: string) => refuse("not_now", says);
  const visit = async (reference: string, act: "pay" | "fail" | "abandon", fault?: string): Promise<void> => {
    const page = pages.get(reference);
    // A page that could not be opened is nobody's payment.
    if (page === undefined) return;
    await fetch(`${page}?act=${act}${fault === undefined ? "" : `&fault=${fault}`}`, { redirect: "manual" }).catch(() => undefined);
  };
  const decide = (reference: string, outcome: "won" | "lost") => {
    const id = disputes.get(reference);
    if (id === undefined) return Promise.resolve(cannot("there is no dispute"));
    try {
      rail.levers.resolveDispute(id, outcome);
      return Promise.resolve({ eventIds: [] });
    } catch {
      return Promise.resolve(cannot("the rail has ended it by itself"));
    }
  };
  const openPayment: AtTheRail["openPayment"] = async (request) => {
    const page = await adapter.openPayment(request).catch(() => undefined);
    if (page !== undefined) pages.set(request.reference, page.url);
    return page ?? { url: "" };
  };
  return {
    openPayment,
    async play(reference, outcome, { amount, currency } = {}) {
      const fault = currency !== undefined ? "wrong_currency" : amount !== undefined ? "wrong_amount" : undefined;
      if (outcome === "decline" || outcome === "abandon") await visit(reference, outcome === "decline" ? "fail" : "abandon");
      else await visit(reference, "pay", outcome === "pending" ? "pending" : fault);
      return { returnUrl: null };
    },
    payAgain: () => Promise.resolve(cannot("a page is paid once")),
    openDispute(reference, amount) {
      try {
        const { id } = rail.levers.openDispute(reference, amount) as { readonly id: number | string };
        disputes.set(reference, String(id));
        return Promise.resolve({ eventIds: [] });
      } catch {
        return Promise.resolve(cannot("nothing was paid, or it was refunded"));
      }
    },
    winDispute: (reference) => decide(reference, "won"),
    loseDispute: (reference) => decide(reference, "lost"),
    concludeSend: () => Promise.resolve(cannot("its bank decides by itself")),
    async emitUnknown(reference, amount, currency) {
      const asked = { sellerId: 0, reference, amount, currency, description: "unasked", returnUrl: "http://127.0.0.1:4000/" };
      await openPayment({ ...asked, payerEmail: "nobody@shop.example" });
      await visit(reference, "pay");
      return { eventIds: [] };
    },
  };
}

/** A rail as a process reaches it: at times not at all; what it is asked to send is looked at on the way. */
function overseen(rail: Rail, { clock, counts, onSend }: SideParts, outages: Outages): Rail {
  const through = <In extends unknown[], Out>(call: ((...given: In) => Promise<Out>) | undefined) =>
    call === undefined
      ? undefined
      : async (...given: In): Promise<Out> => {
          if (outages.lasts(clock.now().getTime())) {
            count(counts, "rail out of reach");
            throw new Error("simulated: rail out of reach");
          }
          return call.apply(rail, given);
        };
  const send = must(through(rail.send), "send");
  return {
    ...rail,
    openPayment: must(through(rail.openPayment), "openPayment"),
    lookUpPayment: must(through(rail.lookUpPayment), "lookUpPayment"),
    lookUpSend: must(through(rail.lookUpSend), "lookUpSend"),
    ...optional("settlements", through(rail.settlements)),
    ...optional("balances", through(rail.balances)),
    ...optional("disputes", through(rail.disputes)),
    ...optional("enquireName", through(rail.enquireName)),
    send(request) {
      onSend(request);
      return send(request);
    },
  };
}

function optional<Name extends string, Of>(name: Name, call: Of | undefined): Partial<Record<Name, Of>> {
  return call === undefined ? {} : ({ [name]: call } as Record<Name, Of>);
}
