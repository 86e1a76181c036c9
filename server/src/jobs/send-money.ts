import { randomBytes } from "node:crypto";
import type { Answer } from "../actions/command.ts";
import type { AttemptOutcome, DisbursementAsk, SendInput } from "../actions/send.ts";
import { concludeAttempt, startSending } from "../actions/send.ts";
import { requeue } from "../actions/unpark.ts";
import { raiseAlarm, raiseAlarmWhileItLasts } from "../db/alarms.ts";
import { run } from "../db/connect.ts";
import { railMemory } from "../db/rail-memory.ts";
import { attemptOrders } from "../db/due.ts";
import type { DueRow, OfRails } from "../db/due.ts";
import type { PayeeKind } from "../domain/facts.ts";
import { format } from "../domain/currency.ts";
import { must } from "../domain/fault.ts";
import { isRefusal } from "../domain/refusals.ts";
import type { PayeeDetails, Rail, SendLookUp, SendOutcome, SendRequest } from "../rails/rail.ts";
import type { Engine, Fired } from "./engine.ts";
import { byClock, byRail } from "./engine.ts";
import { untilSomethingFires } from "./all-due.ts";
import { takeAttempt, underWay } from "./attempt-lease.ts";
import { dueAtRails } from "./due-at-rails.ts";
import { stoppedRails } from "./rail-stops.ts";

/** Queued payouts and refunds that are due: starts an attempt, then asks the rail. Parked ones that are due are queued again. */
export async function sendMoney(engine: Engine, sellerId: number | null, of: OfRails | null = null): Promise<Fired[]> {
  return untilSomethingFires(
    () => dueAtRails(engine, "disbursements", sellerId, of),
    async (rows) => {
      const stopped = await stoppedRails(engine);
      const each = rows.map((due) => engine.turns.run(String(due.row["rail"]), () => sendOne(engine, due, stopped)));
      return (await Promise.all(each)).flatMap((fired) => fired ?? []);
    },
  );
}

async function sendOne(
  engine: Engine,
  { sellerId, id, row }: DueRow,
  stopped: (rail: string, currency: string) => boolean,
): Promise<Fired[]> {
  const orderId = row["order_id"] === null ? null : Number(row["order_id"]);
  const ask = {
    ...byClock(sellerId, "send-money"),
    disbursementId: id,
    orderId,
    payeeKind: row["payee_kind"] as PayeeKind,
    payeeId: Number(row["payee_id"]),
  };
  const about = { seller: sellerId, id, ...(orderId === null ? {} : { order: orderId }) };
  if (row["state"] === "parked") {
    const answer = await engine.lanes.one(requeue(ask));
    return isRefusal(answer) || answer.done["state"] === "parked" ? [] : [{ ...about, what: `${String(row["kind"])} queued again` }];
  }
  const tried = Number(row["attempts"]);
  if (tried >= worrying) await worry(engine, String(row["kind"]), id);
  const connected = engine.rails.has(String(row["rail"]));
  if (!connected) await missRail(engine, String(row["rail"]));
  // A payout may take along small ones that have failed before.
  const asked = tried > 0 || row["kind"] === "payout";
  const { became: before, inDoubt } = asked ? await lastAttempts(engine, sellerId, id) : ({ became: "over", inDoubt: [] } as const);
  if (before === "moved") return [{ ...about, what: `${String(row["kind"])} had been sent after all` }];
  const reference = `tr-${id}-${randomBytes(8).toString("hex")}`;
  const answer = await startNamed(
    engine,
    ask,
    { rail: String(row["rail"]), currency: String(row["currency"]) },
    {
      reference,
      tried,
      inDoubt,
      connected: connected && before === "over",
      stopped: stopped(String(row["rail"]), String(row["out_currency"])),
    },
  );
  if (isRefusal(answer)) {
    engine.log.warn({ disbursement: id, seller: sellerId, refused: answer.refused }, "a queued payout or refund could not be sent");
    return [];
  }
  const attemptId = answer.done["attempt"];
  if (answer.done["state"] === "parked")
    return [{ ...about, what: `${String(row["kind"])} parked`, result: String(answer.done["reason"]) }];
  if (typeof attemptId !== "number") return [];
  const result = await tell(engine, sellerId, attemptId, (rail, request) => rail.send(request));
  return [{ ...about, what: `${String(row["kind"])} sent`, result }];
}

/**
 * The rail is asked once more about what it called failed, before money leaves under another reference: a call that was under way beside the one
 * that failed may have moved it. "moved": it did, and that is recorded; "in_doubt": it cannot be said now. Of the small ones that it may take along
 * those in doubt are named: it goes without them.
 */
async function lastAttempts(
  engine: Engine,
  sellerId: number,
  disbursementId: number,
): Promise<{ readonly became: "over" | "moved" | "in_doubt"; readonly inDoubt: readonly number[] }> {
  const { rows } = await run(engine.pool, failedAttempts, [sellerId, disbursementId]);
  const inDoubt: number[] = [];
  for (const attempt of rows) {
    const became = await lastAttempt(engine, sellerId, attempt);
    if (became === "moved" || (became === "in_doubt" && attempt["own"] === true)) return { became, inDoubt };
    if (became === "in_doubt") inDoubt.push(Number(attempt["id"]));
  }
  return { became: "over", inDoubt };
}

async function lastAttempt(
  engine: Engine,
  sellerId: number,
  attempt: Readonly<Record<string, unknown>>,
): Promise<"over" | "moved" | "in_doubt"> {
  const rail = engine.rails.get(String(attempt["rail"]));
  if (rail === undefined) return "over";
  try {
    const known = await rail.lookUpSend(requestOf(attempt, rail));
    if (["failed", "never_seen", "reversed"].includes(known.status)) return "over";
    if (known.status === "unknown") return "in_doubt";
    const answer = await concludeIt(engine, { sellerId, attemptId: Number(attempt["id"]), rail: rail.name }, outcomeOf(known));
    // Moved, and by then it was to go another way: nothing leaves until somebody has looked.
    return isRefusal(answer) || answer.done["again"] === true ? "in_doubt" : "moved";
  } catch (error) {
    await engine.turns.heard(rail.name, error);
    return "in_doubt";
  }
}

/** Starts an attempt; where the account was never asked about, its bank is asked first, and the answer is judged under the lock again. */
async function startNamed(
  engine: Engine,
  ask: DisbursementAsk,
  { rail: railName, currency }: { readonly rail: string; readonly currency: string },
  input: SendInput,
): Promise<Answer> {
  const rail = engine.rails.get(railName);
  const enquire = rail?.enquireName?.bind(rail);
  if (enquire === undefined || !engine.settings.accountNameNeeded) return engine.lanes.one(startSending(ask, input));
  const first = await engine.lanes.one(startSending(ask, { ...input, named: "can_ask" }));
  if (isRefusal(first) || !isDetails(first.done["ask_name"])) return first;
  const details = first.done["ask_name"];
  const account = { accountNumber: details["accountNumber"] ?? "", bankCode: details["bankCode"] ?? "" };
  const known = await knownName(engine, railName, account);
  if (known !== undefined) return engine.lanes.one(startSending(ask, { ...input, named: { ...account, accountName: known } }));
  try {
    const said = await enquire(payeeDetails(details, rail), currency);
    if (said.found) await keepName(engine, railName, account, said.accountName);
    return await engine.lanes.one(
      startSending(ask, { ...input, named: { ...account, accountName: said.found ? said.accountName : null } }),
    );
  } catch (error) {
    await engine.turns.heard(railName, error);
    engine.log.warn(
      { rail: railName, error: error instanceof Error ? error.message : "" },
      "a bank did not say whose account it is; it is asked again",
    );
    return engine.lanes.one(startSending(ask, { ...input, connected: false }));
  }
}

interface Account {
  readonly accountNumber: string;
  readonly bankCode: string;
}

const nameKind = "account_name";
const nameKey = ({ bankCode, accountNumber }: Account) => `${bankCode} ${accountNumber}`;

async function knownName(engine: Engine, rail: string, account: Account): Promise<string | undefined> {
  const kept = await railMemory(engine.pool, rail).recall(nameKind, nameKey(account));
  const name = kept?.value["name"];
  return typeof name === "string" ? name : undefined;
}

async function keepName(engine: Engine, rail: string, account: Account, name: string): Promise<void> {
  await railMemory(engine.pool, rail).keep(nameKind, nameKey(account), { name }, engine.now());
}

function isDetails(value: unknown): value is Record<string, string> {
  return typeof value === "object" && value !== null;
}

/** After so many failed attempts a person should look: it goes on being tried, ever less often. */
const worrying = 8;

async function worry(engine: Engine, kind: string, id: number): Promise<void> {
  const says = `The ${kind} ${id} has failed ${worrying} times at the rail; it is still being tried.`;
  await raiseAlarmWhileItLasts(engine.pool, { kind: "send_keeps_failing", about: `${kind} ${id}`, says, at: engine.now() });
}

/** Money waits for a rail whose key is gone. It stays owed, and is looked at again. */
async function missRail(engine: Engine, rail: string): Promise<void> {
  const says = `Money waits to be sent by ${rail}, which is not connected: set its key again. Nothing is lost meanwhile.`;
  await raiseAlarmWhileItLasts(engine.pool, { kind: "rail_not_connected", about: rail, says, at: engine.now() });
}

/** Attempts whose outcome is in doubt or still pending: asks the rail, which alone can say; what it never saw is sent again under the same reference. */
export async function askAboutAttempts(engine: Engine, sellerId: number | null, of: OfRails | null = null): Promise<Fired[]> {
  const rows = await dueAtRails(engine, "attempts", sellerId, of);
  const each = await Promise.all(
    rows.map(async ({ sellerId: seller, id, row }) => {
      const result = await engine.turns.run(String(row["rail"]), async () => {
        // What has succeeded is only watched: it is sent by nobody, so nobody need be kept away.
        if (row["state"] !== "succeeded" && !(await takeAttempt(engine, seller, id))) return undefined;
        return tell(engine, seller, id, async (rail, request) => {
          const known = await rail.lookUpSend(request);
          // What has failed meanwhile may be on its way again under another reference.
          return known.status === "never_seen" && (await isOpen(engine, seller, id)) ? rail.send(request) : known;
        });
      });
      return result === undefined ? [] : [{ what: "outcome asked", seller, id, result }];
    }),
  );
  return each.flat();
}

const readAttempt = { name: "read_attempt", text: "SELECT * FROM attempts WHERE seller_id = $1 AND id = $2" };
// The disbursement's own, and those of the payee's parked payouts that it may take along.
const failedAttempts = {
  name: "read_failed_attempts",
  text: `SELECT a.*, EXISTS (SELECT 1 FROM disbursements d WHERE d.seller_id = $1 AND d.id = $2 AND d.attempt_id = a.id) AS own FROM attempts a WHERE a.seller_id = $1 AND a.state = 'failed' AND a.id IN (
           SELECT d.attempt_id FROM disbursements d WHERE d.seller_id = $1 AND d.id = $2
           UNION SELECT o.attempt_id FROM disbursements d JOIN disbursements o ON o.seller_id = d.seller_id AND o.payee_kind = d.payee_kind
             AND o.payee_id = d.payee_id AND o.kind = 'payout' AND o.state = 'parked' AND o.fault IS NULL
           WHERE d.seller_id = $1 AND d.id = $2 AND d.kind = 'payout' AND o.attempt_id IS NOT NULL)`,
};
const ordersNamed = {
  name: "orders_named_for_attempt",
  text: `SELECT DISTINCT order_id FROM disbursements WHERE seller_id = $1 AND (attempt_id = $2 OR id = $3::bigint) AND order_id IS NOT NULL
         ORDER BY order_id`,
};
export const sendMoneyQueries = { readAttempt, failedAttempts, ordersNamed };

async function isOpen(engine: Engine, sellerId: number, attemptId: number): Promise<boolean> {
  const { rows } = await run(engine.pool, readAttempt, [sellerId, attemptId]);
  return ["sending", "in_flight", "outcome_unknown"].includes(String(rows[0]?.["state"]));
}

/** Asks the rail about one attempt after a hint that something became of it. Sends nothing, whatever it hears. Throws where it is to be left alone. */
export async function askAboutAttempt(engine: Engine, sellerId: number, attemptId: number): Promise<string> {
  const { rows } = await run(engine.pool, readAttempt, [sellerId, attemptId]);
  const rail = String(must(rows[0], `attempt ${attemptId}`)["rail"]);
  return engine.turns.call(rail, () => tell(engine, sellerId, attemptId, (it, request) => it.lookUpSend(request)));
}

async function tell(
  engine: Engine,
  sellerId: number,
  attemptId: number,
  call: (rail: Rail, request: SendRequest) => Promise<SendOutcome | SendLookUp>,
): Promise<string> {
  const { rows } = await run(engine.pool, readAttempt, [sellerId, attemptId]);
  const attempt = must(rows[0], `attempt ${attemptId}`);
  const name = String(attempt["rail"]);
  const rail = engine.rails.get(name);
  const request = requestOf(attempt, rail);
  let outcome: AttemptOutcome;
  try {
    if (rail === undefined) await missRail(engine, name);
    outcome =
      rail === undefined
        ? { status: "unknown", reason: `${name} is not connected` }
        : outcomeOf(await underWay(engine, sellerId, attemptId, () => call(rail, request)));
  } catch (error) {
    // No answer says nothing about the effect: only a look-up decides it.
    await engine.turns.heard(name, error);
    outcome = { status: "unknown", reason: error instanceof Error ? error.message : "no answer" };
  }
  await concludeIt(engine, { sellerId, attemptId, rail: name }, outcome);
  return outcome.status;
}

/** Records what a rail says of an attempt. Where it says that money moved which has left another way meanwhile, the operator is told. */
export async function concludeIt(
  engine: Engine,
  { sellerId, attemptId, rail }: { readonly sellerId: number; readonly attemptId: number; readonly rail: string },
  outcome: AttemptOutcome,
): Promise<Answer> {
  const { rows } = await run<{ order_id: bigint }>(engine.pool, attemptOrders, [sellerId, attemptId]);
  const orderIds = rows.map((row) => Number(row.order_id));
  const answer = await engine.lanes.one(concludeAttempt({ ...byRail(sellerId, rail), attemptId, orderIds }, outcome));
  if (outcome.status === "pending" && outcome.reason !== undefined) {
    const says = `Attempt ${attemptId} waits at ${rail}: ${await named(engine, sellerId, attemptId)}. ${outcome.reason}`;
    await raiseAlarmWhileItLasts(engine.pool, { kind: "send_waits_at_rail", about: `attempt ${attemptId}`, says, at: engine.now() });
  }
  if (!isRefusal(answer) && answer.done["twice"] === true) {
    const says = `${rail} says that the attempt ${attemptId} (${await named(engine, sellerId, attemptId)}) succeeded, which it had called failed, and its money has left by another attempt or was decided anew. Look it up there: it may have been paid twice.`;
    await raiseAlarm(engine.pool, { kind: "sent_after_failure", about: `attempt ${attemptId}`, says, at: engine.now() });
  }
  return answer;
}

/** An attempt by what finds it in Tranche and at the rail: its amount, the orders it is for, and our reference. */
async function named(engine: Engine, sellerId: number, attemptId: number): Promise<string> {
  const attempt = must((await run(engine.pool, readAttempt, [sellerId, attemptId])).rows[0], `attempt ${attemptId}`);
  const reference = String(attempt["reference"]);
  // What has left by another attempt since is in this one no more, but stands in its reference.
  const first = /^tr-(\d{1,15})-/.exec(reference)?.[1] ?? null;
  const { rows } = await run(engine.pool, ordersNamed, [sellerId, attemptId, first]);
  const orders = rows.map((row) => String(row["order_id"]));
  const amount = format(attempt["amount"] as bigint, String(attempt["currency"]));
  const of = orders.length === 0 ? "" : ` of order${orders.length === 1 ? "" : "s"} ${orders.join(", ")}`;
  return `${amount}${of}, our reference ${reference}`;
}

function requestOf(attempt: Readonly<Record<string, unknown>>, rail: Rail | undefined): SendRequest {
  return {
    reference: String(attempt["reference"]),
    kind: attempt["kind"] as SendRequest["kind"],
    amount: attempt["amount"] as bigint,
    currency: String(attempt["currency"]),
    to: payee(attempt["sent_to"] as Record<string, string>, rail),
  };
}

function outcomeOf(told: SendOutcome | SendLookUp): AttemptOutcome {
  const reason = told.reason ?? "the rail gave no reason";
  switch (told.status) {
    case "succeeded":
      return { status: "succeeded", cost: told.cost ?? 0n };
    case "failed":
      return { status: "failed", fault: told.fault ?? "rail", reason };
    case "pending":
      return { status: "pending", reason: told.reason };
    case "reversed":
      return { status: "reversed", reason, cost: told.cost ?? 0n, kept: "kept" in told ? (told.kept ?? 0n) : 0n };
    case "never_seen":
    case "unknown":
      return { status: "unknown", reason };
  }
}

/** The stored address of an attempt as the rail takes it: along a payment, or to an account. */
function payee(to: Record<string, string>, rail: Rail | undefined): SendRequest["to"] {
  const reference = to["paymentReference"];
  if (reference !== undefined)
    return { paymentReference: reference, ...(to["railReference"] ? { railReference: to["railReference"] } : {}) };
  return payeeDetails(to, rail);
}

/** Of several accounts of a payee the one that the rail pays out to. */
function payeeDetails(to: Record<string, string>, rail: Rail | undefined): PayeeDetails {
  const stripe = to["stripeAccountId"];
  if (stripe !== undefined && stripe !== "" && rail?.can.payees.includes("stripe_account") === true)
    return { kind: "stripe_account", accountId: stripe, name: to["accountName"] ?? "" };
  const wise = to["wiseAccountId"];
  if (wise !== undefined && wise !== "") return { kind: "wise_account", accountId: wise, name: to["accountName"] ?? "" };
  return {
    kind: "bank_account",
    accountNumber: to["accountNumber"] ?? "",
    accountName: to["accountName"] ?? "",
    bankCode: to["bankCode"] ?? "",
    nipBankCode: to["nipBankCode"] ?? "",
    bankName: to["bankName"] ?? "",
  };
}
