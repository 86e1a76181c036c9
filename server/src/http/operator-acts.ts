import { addFloat, changeMoney, giveBack, handOver, settlePayment, takeFees, writeOff } from "../actions/book-steps.ts";
import type { Answer, Ask } from "../actions/command.ts";
import { liftHold, placeHold } from "../actions/holds.ts";
import { receivePayment } from "../actions/receive-payment.ts";
import { verifyIdentity } from "../actions/sellers.ts";
import { reopen, rule } from "../actions/settle-dispute.ts";
import { requeue } from "../actions/unpark.ts";
import type { OrderAsk } from "../actions/order-step.ts";
import { newCommandId } from "../db/command-id.ts";
import type { Query } from "../db/connect.ts";
import { shortIn } from "../db/break-lists.ts";
import { run } from "../db/connect.ts";
import { readOrder } from "../db/orders.ts";
import { railEventQueries } from "../db/rail-events.ts";
import { disbursements, payments } from "../db/tables.ts";
import type { Payment } from "../domain/facts.ts";
import { isCurrency } from "../domain/currency.ts";
import { minor } from "../domain/money.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import type { App } from "./app-context.ts";
import type { Fields } from "./fields.ts";
import { text, wholeNumber } from "./fields.ts";

export const operatorActQueries = {
  takeTurn: { name: "take_fees_turn", text: "SELECT pg_advisory_lock(hashtext('take fees'))" },
  endTurn: { name: "take_fees_turn_over", text: "SELECT pg_advisory_unlock(hashtext('take fees'))" },
  clearAlarm: { name: "clear_one_alarm", text: "UPDATE alarms SET cleared_at = $2 WHERE id = $1 AND cleared_at IS NULL" },
  payment: { name: "read_one_payment", text: `SELECT ${payments.select("t")} FROM payments t WHERE t.seller_id = $1 AND t.id = $2` },
  handedTo: {
    name: "handed_over_to",
    text: "SELECT note FROM transitions WHERE seller_id = 0 AND object = 'payment' AND object_id = $1 AND action = 'hand_over'",
  },
  disbursement: {
    name: "read_one_disbursement",
    text: `SELECT ${disbursements.select("t")} FROM disbursements t WHERE t.seller_id = $1 AND t.id = $2`,
  },
} satisfies Record<string, Query>;

/** An operator, as the history names one: it tells two of them apart. */
export interface OperatorActor {
  readonly id: number;
  readonly email: string;
}

export function operatorAsk(operator: OperatorActor, sellerId: number, key?: Ask["key"]): Ask {
  return { id: newCommandId(), sellerId, actor: { party: "operator", name: `operator:${operator.id}` }, key };
}

/** Kobo from the page (major units were turned into kobo before) or the API; 0 is an amount here. */
export function koboOrZero(value: unknown, field: string): bigint | Refusal {
  return value === 0 || value === "0" ? 0n : minor(value, field);
}

/**
 * Everything an operator can do, by name; pages and API call it alike. Fields: `seller` and what the action needs. Amounts in kobo.
 */
export async function operatorAct(app: App, operator: OperatorActor, action: string, fields: Fields, key?: Ask["key"]): Promise<Answer> {
  if (action === "clear_alarm") return clearAlarm(app, fields);
  if (action === "retry_report" || action === "set_aside_report") return lookAtReport(app, action, fields);
  if (action === "close_break") return closeBreak(app, operator, fields);
  const sellerId = wholeNumber(text(fields, "seller"));
  if (sellerId === undefined) return refuse("invalid", "The seller field must be a seller's number.", { field: "seller" });
  const ask = operatorAsk(operator, sellerId, key);
  const id = (name: string) => wholeNumber(text(fields, name)) ?? -1;
  const comment = text(fields, "comment") === "" ? undefined : text(fields, "comment");
  const currency = text(fields, "currency") || "NGN";
  if (!isCurrency(currency))
    return refuse("currency_unknown", "The currency field must be a currency's three letters, like NGN.", { field: "currency" });
  const rail = text(fields, "rail") === "" ? undefined : text(fields, "rail");
  if (rail !== undefined && app.rail(rail) === undefined)
    return refuse("invalid", `The rail field must be a rail that is connected here; ${rail} is not.`, { field: "rail" });
  const orderAsk: OrderAsk = { ...ask, orderId: id("order") };
  switch (action) {
    case "rule": {
      const buyerGets = koboOrZero(fields["buyer_gets"], "buyer_gets");
      return isRefusal(buyerGets) ? buyerGets : app.lanes.one(rule(orderAsk, { buyerGets, comment }));
    }
    case "reopen":
      return app.lanes.one(reopen(orderAsk, { comment }));
    case "hold": {
      const projectId = text(fields, "project") === "" ? undefined : id("project");
      return app.lanes.one(
        placeHold(ask, { ...(projectId === undefined ? { orderId: id("order") } : { projectId }), note: text(fields, "note") }),
      );
    }
    case "lift_hold":
      return app.lanes.one(liftHold(ask, { holdId: id("hold") }));
    case "verify_identity":
      return app.lanes.one(verifyIdentity(ask));
    case "write_off": {
      const amount = minor(fields["amount"]);
      return isRefusal(amount) ? amount : app.lanes.one(writeOff(ask, { amount, currency }));
    }
    case "add_float": {
      const amount = minor(fields["amount"]);
      return isRefusal(amount) ? amount : thenWeigh(app, await app.lanes.one(addFloat(ask, { amount, currency, rail })));
    }
    case "take_fees":
      return thenWeigh(app, await takeEarned(app, ask, fields, { currency, rail }));
    case "change_money":
      return thenWeigh(app, await changeOver(app, ask, fields, { currency, rail }));
    case "match":
      return matchUnknownMoney(app, operator, id("payment"), fields);
    case "give_back":
      return backToPayer(app, ask, id("payment"));
    case "requeue":
      return sendAgain(app, ask, id("disbursement"));
    default:
      return refuse("not_now", `There is no operator action called ${action.slice(0, 40)}.`);
  }
}

async function thenWeigh(app: App, answer: Answer): Promise<Answer> {
  if (!isRefusal(answer)) await app.work.reconciliation.weigh();
  return answer;
}

/** The operator has looked: the alarm leaves the page and stays in the table. */
async function clearAlarm(app: App, fields: Fields): Promise<Answer> {
  const id = wholeNumber(text(fields, "alarm"));
  const { rowCount } = await run(app.pool, operatorActQueries.clearAlarm, [id ?? -1, app.now().toISOString()]);
  return rowCount === 1 ? { done: { alarm: id ?? 0, cleared: true }, replayed: false } : refuse("not_yours", "There is no such alarm.");
}

/** A rail's report for which nothing was done: it is handled again now, or the operator has looked and it leaves the page; it is kept either way. */
async function lookAtReport(app: App, action: "retry_report" | "set_aside_report", fields: Fields): Promise<Answer> {
  const id = wholeNumber(text(fields, "report")) ?? -1;
  const { rowCount } =
    action === "retry_report"
      ? await run(app.pool, railEventQueries.tryAgain, [id, app.now().toISOString()])
      : await run(app.pool, railEventQueries.setAside, [id]);
  if (rowCount === 1) return { done: { report: id, [action === "retry_report" ? "due" : "set_aside"]: true }, replayed: false };
  return refuse("not_yours", "There is no such report that was not understood; one that fails is tried again, and is not set aside.");
}

/** A break of the reconciliation ends with a note; `book=yes` books the settled fee. */
async function closeBreak(app: App, operator: OperatorActor, fields: Fields): Promise<Answer> {
  const id = wholeNumber(text(fields, "break")) ?? -1;
  const input = { id, note: text(fields, "note"), by: `operator:${operator.id}`, book: text(fields, "book") === "yes" };
  const refusal = await app.work.reconciliation.close(input);
  return refusal ?? { done: { break: id, state: "closed" }, replayed: false };
}

async function takeEarned(
  app: App,
  ask: Ask,
  fields: Fields,
  from: { readonly currency: string; readonly rail: string | undefined },
): Promise<Answer> {
  const escrow = koboOrZero(fields["escrow_fees"] ?? 0, "escrow_fees");
  const payout = koboOrZero(fields["payout_fees"] ?? 0, "payout_fees");
  if (isRefusal(escrow)) return escrow;
  if (isRefusal(payout)) return payout;
  return withSurplus(app, from.currency, (surplus) => app.lanes.one(takeFees(ask, { ...from, escrow, payout, surplus })));
}

/** `rail` and `currency` name what was given, `to_rail` and `to_currency` what came; both amounts are in the smallest unit of their own. */
async function changeOver(
  app: App,
  ask: Ask,
  fields: Fields,
  from: { readonly currency: string; readonly rail: string | undefined },
): Promise<Answer> {
  const amount = minor(fields["amount"]);
  if (isRefusal(amount)) return amount;
  const came = minor(fields["to_amount"], "to_amount");
  if (isRefusal(came)) return came;
  const currency = text(fields, "to_currency");
  if (!isCurrency(currency))
    return refuse("currency_unknown", "The to_currency field must be a currency's three letters, like USD.", { field: "to_currency" });
  const toRail = text(fields, "to_rail");
  for (const [field, name] of [
    ["rail", from.rail],
    ["to_rail", toRail],
  ] as const)
    if (name === undefined || app.rail(name) === undefined)
      return refuse("invalid", `The ${field} field must be a rail that is connected here.`, { field });
  const gave = { rail: from.rail ?? "", currency: from.currency, amount };
  const got = { rail: toRail, currency, amount: came };
  return withSurplus(app, from.currency, (surplus) => app.lanes.one(changeMoney(ask, { gave, got, surplus })));
}

/** Acts by what the installation holds above what it owes in that currency, less what rails lack of it; two who do so go one after the other. */
export async function withSurplus(
  app: Pick<App, "pool"> & { readonly work: Pick<App["work"], "solvency"> },
  currency: string,
  act: (surplus: bigint) => Promise<Answer>,
): Promise<Answer> {
  // The surplus is summed over all books, of which the command locks one: takers go one after the other, in every process.
  const turn = await app.pool.connect();
  let broken: Error | undefined;
  // Out of the pool nobody else listens, and a database that dies meanwhile would otherwise end the process.
  const remember = (error: Error) => {
    broken = error;
  };
  turn.on("error", remember);
  try {
    await run(turn, operatorActQueries.takeTurn);
    const line = (await app.work.solvency()).find((one) => one.currency === currency);
    const short = (await shortIn(app.pool)).get(currency) ?? 0n;
    return await act((line === undefined ? 0n : line.held - line.owed) - short);
  } finally {
    // A connection that could not give its turn back is thrown away, and the turn with it.
    await run(turn, operatorActQueries.endTurn).catch(remember);
    turn.off("error", remember);
    turn.release(broken);
  }
}

async function housePayment(app: Pick<App, "pool">, paymentId: number, sellerId: number): Promise<Payment | undefined> {
  const { rows } = await run(app.pool, operatorActQueries.payment, [sellerId, paymentId]);
  return rows[0] === undefined ? undefined : payments.read(rows[0]);
}

/** Unknown money gets its order: it leaves the house's book, then the same receipt is told to the right one. Both steps carry the receipt's name. */
export async function matchUnknownMoney(
  app: Pick<App, "pool" | "lanes">,
  operator: OperatorActor,
  paymentId: number,
  fields: Fields,
): Promise<Answer> {
  const toSeller = wholeNumber(text(fields, "to_seller"));
  const toOrder = wholeNumber(text(fields, "to_order"));
  const order = toSeller === undefined || toOrder === undefined ? undefined : await readOrder(app.pool, toSeller, toOrder);
  if (order === undefined) return refuse("not_yours", "There is no such order of that seller.", { field: "to_order" });
  const payment = await housePayment(app, paymentId, 0);
  if (payment === undefined) return refuse("not_yours", "There is no such unknown payment.");
  const handed = await app.lanes.one(
    handOver({ ...operatorAsk(operator, 0), paymentId, orderId: null }, { sellerId: order.sellerId, orderId: order.id }),
  );
  // Handed over before, but perhaps not told: the receipt below is told at most once, and to the order that it was handed to.
  if (isRefusal(handed)) {
    if (payment.state !== "handed_over") return handed;
    const { rows } = await run<{ note: { to_seller: number; to_order: number } | null }>(app.pool, operatorActQueries.handedTo, [
      paymentId,
    ]);
    const to = rows[0]?.note;
    if (to?.to_seller !== order.sellerId || to.to_order !== order.id)
      return refuse("not_now", `This money was given to order ${to?.to_order ?? "unknown"} already.`);
  }
  const ask = { id: newCommandId(), sellerId: order.sellerId, actor: { party: "rail", name: `rail:${payment.rail}` } as const };
  const told = await app.lanes.one(
    receivePayment(ask, {
      paymentId: null,
      orderId: order.id,
      rail: payment.rail,
      reference: payment.reference,
      railReference: payment.railReference ?? payment.reference,
      amount: payment.received,
      currency: payment.receivedCurrency ?? payment.currency,
      fee: payment.railFee,
    }),
  );
  const wasSettled = isRefusal(handed) ? payment.settled : handed.done["settled"] === true;
  if (isRefusal(told) || !wasSettled) return told;
  const settled = { ...ask, id: newCommandId(), paymentId: Number(told.done["payment"]), orderId: order.id };
  const answer = await app.lanes.one(settlePayment(settled, { amount: payment.received - payment.railFee }));
  return isRefusal(answer) ? answer : told;
}

async function backToPayer(app: App, ask: Ask, paymentId: number): Promise<Answer> {
  if (ask.sellerId !== 0) return refuse("not_now", "Money of an order goes back by itself; only unknown money is given back by hand.");
  return app.lanes.one(giveBack({ ...ask, paymentId, orderId: null }));
}

async function sendAgain(app: App, ask: Ask, disbursementId: number): Promise<Answer> {
  const { rows } = await run(app.pool, operatorActQueries.disbursement, [ask.sellerId, disbursementId]);
  if (rows[0] === undefined) return refuse("not_yours");
  const { orderId, payeeKind, payeeId } = disbursements.read(rows[0]);
  return app.lanes.one(requeue({ ...ask, disbursementId, orderId, payeeKind, payeeId }));
}
