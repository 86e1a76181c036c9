import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Actor } from "../actions/command.ts";
import { phoneIsProven, provePhone, tryCode } from "../db/codes.ts";
import { newCommandId } from "../db/command-id.ts";
import type { Link } from "../db/links.ts";
import { findLink } from "../db/links.ts";
import type { OrderView as Read } from "../db/orders.ts";
import { readOrder, readOrderView } from "../db/orders.ts";
import { clockOffset, sellerById } from "../db/sellers.ts";
import { later } from "../domain/deadlines.ts";
import { must } from "../domain/fault.ts";
import { doneWords } from "./done-words.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import { codeHash, sameSecret, tokenHash } from "../secrets/tokens.ts";
import type { App } from "./app-context.ts";
import type { Fields } from "./fields.ts";
import { fieldsOf, text } from "./fields.ts";
import { shopName } from "./names.ts";
import { commandOf, majorOrZero } from "./order-steps.ts";
import { missingMoney, orderView, releasing, whoGets } from "./order-views.ts";
import { page, refusedPage } from "./page-answers.ts";
import { receiptsFor, sendFile } from "./solvency-routes.ts";
import { orderPage, orderSummaryPage } from "./pages/order-page.ts";
import type { OrderView } from "./pages/order-view.ts";

interface Behind {
  readonly link: Link;
  readonly read: Read;
  /** It still acts: not too old, and the order has not moved on since it was sent. */
  readonly current: boolean;
}

type Route = { Params: { token: string } };

/** Buyer's and seller's page of one order, behind a link. GET shows, POST acts. */
export function orderPageRoutes(server: FastifyInstance, app: App): void {
  server.get<Route>("/o/:token", async (request, reply) => {
    const behind = await follow(app, request.params.token);
    if (behind === undefined) return refusedPage(app, request, reply, refuse("not_yours", "There is no such link."));
    return behind.current
      ? page(reply, orderPage(await viewOf(app, behind, request.params.token)))
      : summaryPage(app, behind, request.params.token, reply, null);
  });
  server.get<Route>("/o/:token/receipt", async (request, reply) => {
    const behind = await follow(app, request.params.token);
    if (behind?.current !== true || behind.link.party !== "buyer")
      return refusedPage(app, request, reply, refuse(behind?.current === false ? "link_ended" : "not_yours"));
    const own = ownBalances(behind.read);
    const file = await receiptsFor(app, (holder, amount) => own.get(holder) === null || own.get(holder) === amount);
    return isRefusal(file) ? refusedPage(app, request, reply, file) : sendFile(reply, `solvency-order-${behind.link.orderId}.json`, file);
  });
  server.post<Route>("/o/:token", (request, reply) => act(app, request.params.token, request, reply));
  server.post<Route>("/o/:token/fresh", async (request, reply) => {
    const behind = await follow(app, request.params.token);
    if (behind === undefined) return refusedPage(app, request, reply, refuse("not_yours", "There is no such link."));
    await app.work.sendLink(behind.read.order, behind.link.party, behind.link.sentTo);
    return summaryPage(app, behind, request.params.token, reply, "A fresh link is on its way to the contact the old one went to.");
  });
}

async function follow(app: App, token: string): Promise<Behind | undefined> {
  const link = await findLink(app.pool, tokenHash(token).toString("hex"));
  const order = link === undefined ? undefined : await readOrder(app.pool, link.sellerId, link.orderId);
  if (link === undefined || order === undefined) return undefined;
  const now = later(app.now(), await clockOffset(app.pool, order.sellerId));
  return { link, read: await readOrderView(app.pool, order), current: now < link.expiresAt && link.orderVersion === order.stateVersion };
}

/**
 * The balances of which whoever holds the buyer's link may have a receipt: this order's escrow and its payments' unapplied money. What waits to be
 * refunded is one balance for all the buyer's orders, and is shown only where this order's refunds are all of it. Null: whatever the amount.
 */
function ownBalances({ order, payments, disbursements }: Read): ReadonlyMap<string, bigint | null> {
  const refundable = `buyer:${order.buyerId}:refundable`;
  const waiting = disbursements
    .filter(({ source, state }) => source === refundable && ["queued", "parked", "failed", "reversed"].includes(state))
    .reduce((sum, { amount }) => sum + amount, 0n);
  const named = (account: string) => `${order.sellerId}/${account}`;
  return new Map([
    [named(`order:${order.id}:escrow`), null],
    ...payments.map(({ id }) => [named(`payment:${id}:unapplied`), null] as const),
    [named(refundable), waiting],
  ]);
}

/** The link's party acts under the link's name, so that the history tells a link from a signed-in seller. */
function actorOf(link: Link): Actor {
  return { party: link.party, name: `link:${link.party}` };
}

async function viewOf(app: App, behind: Behind, token: string): Promise<OrderView> {
  const seller = must(await sellerById(app.pool, behind.link.sellerId), "the seller");
  const actor = actorOf(behind.link);
  const view = await orderView(app, behind.read, seller, {
    viewer: behind.link.party,
    actionUrl: `/o/${token}`,
    hidden: {},
    name: actor.name,
  });
  // Letting an unpaid order expire is the checkout's business.
  const receiptUrl = behind.link.party === "buyer" ? `/o/${token}/receipt` : null;
  return { ...view, receiptUrl, allowed: view.allowed.filter((step) => !["expire", "close_checkout"].includes(step.action)) };
}

async function summaryPage(app: App, behind: Behind, token: string, reply: FastifyReply, done: string | null): Promise<FastifyReply> {
  const { link, read } = behind;
  const seller = must(await sellerById(app.pool, link.sellerId), "the seller");
  const view = {
    sandbox: app.mode === "sandbox",
    viewer: link.party,
    order: read.order,
    shopName: shopName(seller),
    escrow: read.escrow,
    missing: missingMoney(read),
    done,
    freshUrl: `/o/${token}/fresh`,
    hidden: {},
  };
  return page(reply.code(done === null ? 410 : 200), orderSummaryPage(view));
}

async function act(app: App, token: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const behind = await follow(app, token);
  if (behind === undefined) return refusedPage(app, request, reply, refuse("not_yours", "There is no such link."));
  if (!behind.current) return summaryPage(app, behind, token, reply, null);
  const fields = await fieldsOf(request);
  const action = text(fields, "action");
  if (action === "ask_code") return askCode(app, behind, token, reply);
  if (action === "offer_split" && text(fields, "confirm") !== "yes") return previewSplit(app, behind, token, fields, reply);
  const unproven = await needsCode(app, behind, action, fields);
  if (unproven !== undefined) return again(app, behind, token, action, fields, unproven, reply);
  const ask = {
    id: newCommandId(),
    sellerId: behind.link.sellerId,
    actor: actorOf(behind.link),
    orderId: behind.link.orderId,
    expectedVersion: behind.link.orderVersion,
  };
  const command = commandOf(action, ask, behind.read.order, fields);
  if (isRefusal(command)) return again(app, behind, token, action, fields, command, reply);
  const answer = await app.lanes.one(command);
  if (isRefusal(answer)) {
    if (answer.refused !== "link_ended") return again(app, behind, token, action, fields, answer, reply);
    return summaryPage(app, must(await follow(app, token), "the link"), token, reply, null);
  }
  await app.work.settle(behind.link.sellerId);
  const after = must(await follow(app, token), "the link");
  const done = doneWords(action);
  return after.current
    ? page(reply, orderPage({ ...(await viewOf(app, after, token)), done }))
    : summaryPage(app, after, token, reply, done);
}

/** The page again, with what was wrong where it was typed. */
async function again(
  app: App,
  behind: Behind,
  token: string,
  action: string,
  fields: Fields,
  refusal: Refusal,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const view = await viewOf(app, behind, token);
  const field = typeof refusal.facts?.["field"] === "string" ? refusal.facts["field"] : "";
  const form = action === "give_account" ? `account-${text(fields, "disbursement")}` : action;
  const typed = Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])));
  return page(reply.code(422), orderPage({ ...view, tried: form, errors: [{ field, message: refusal.detail }], typed }));
}

async function previewSplit(app: App, behind: Behind, token: string, fields: Fields, reply: FastifyReply): Promise<FastifyReply> {
  const { order } = behind.read;
  const typed = text(fields, "buyer_gets");
  const amount = majorOrZero(typed, order.bookCurrency);
  const wrong = isRefusal(amount)
    ? amount
    : amount > order.amount
      ? refuse("amount_out_of_range", undefined, { field: "buyer_gets" })
      : undefined;
  if (wrong !== undefined || isRefusal(amount))
    return again(app, behind, token, "offer_split", fields, wrong ?? refuse("amount_invalid"), reply);
  const view = await viewOf(app, behind, token);
  return page(reply, orderPage({ ...view, splitDraft: { amount: typed, gets: whoGets(order, { buyerGets: amount }) } }));
}

async function askCode(app: App, behind: Behind, token: string, reply: FastifyReply): Promise<FastifyReply> {
  const codeSentTo = behind.link.party === "buyer" ? await app.work.sendCode(behind.read.order) : null;
  const view = await viewOf(app, behind, token);
  return page(
    reply,
    orderPage({
      ...view,
      codeSentTo,
      done: codeSentTo === null ? "There is no phone to send a code to; write to the operator." : `A code was sent to ${codeSentTo}.`,
    }),
  );
}

/** A buyer's first step that lets money go needs the code; undefined: it does not, or it was right and is now on record. */
async function needsCode(app: App, behind: Behind, action: string, fields: Fields): Promise<Refusal | undefined> {
  const { sellerId, contactPhone } = behind.read.order;
  if (!(releasing as readonly string[]).includes(action) || behind.link.party !== "buyer" || !app.acceptCode) return undefined;
  if (contactPhone === null || (await phoneIsProven(app.pool, sellerId, contactPhone))) return undefined;
  const given = text(fields, "code");
  if (given === "") return refuse("code_needed", undefined, { field: "code" });
  const kept = await tryCode(app.pool, sellerId, contactPhone, app.now());
  const purpose = `phone ${sellerId}:${contactPhone}`;
  if (kept === undefined || !sameSecret(kept, codeHash(given, purpose).toString("hex")))
    return refuse("code_wrong", undefined, { field: "code" });
  await provePhone(app.pool, sellerId, contactPhone, app.now());
  return undefined;
}
