import { milestoneInTheWay } from "../domain/order-needs.ts";
import { findLink } from "../db/links.ts";
import { notificationsOf } from "../db/notifications.ts";
import { balancesOf, orderPostings } from "../db/order-journal.ts";
import type { OrderView as Read } from "../db/orders.ts";
import { readMilestones, readOrder, readOrderView } from "../db/orders.ts";
import { listProjects, listProviders } from "../db/projects.ts";
import { clockOffset } from "../db/sellers.ts";
import { later, silenceMeans } from "../domain/deadlines.ts";
import type { Order } from "../domain/order.ts";
import { isLive } from "../domain/order-table.ts";
import type { Seller } from "../domain/seller.ts";
import { tokenHash } from "../secrets/tokens.ts";
import type { App, DemoPeople, SandboxPorts } from "./app-context.ts";
import type { DemoShop } from "./demo-shop.ts";
import { demoShopPath } from "./demo-shop.ts";
import { orderView } from "./order-views.ts";
import { stateSentence, stateTitle } from "./pages/order-words.ts";

const parties = ["buyer", "seller", "operator"] as const;

/** What the demo page draws itself from. */
export interface DemoReader {
  readonly app: App;
  readonly sandbox: SandboxPorts;
  readonly people: DemoPeople;
  readonly shop: DemoShop;
}

/** The demo seller's newest projects with their milestones, its providers, and one order from every side; undefined if there is no such order. */
export async function demoState(reader: DemoReader, seller: Seller, orderId: number | undefined): Promise<object | undefined> {
  const { app } = reader;
  const [order, projects, providers, offset] = await Promise.all([
    orderId === undefined ? undefined : readOrder(app.pool, seller.id, orderId),
    listProjects(app.pool, seller.id, 6),
    listProviders(app.pool, seller.id),
    clockOffset(app.pool, seller.id),
  ]);
  if (orderId !== undefined && order === undefined) return undefined;
  const ids = projects.map((project) => project.id);
  const milestones = ids.length === 0 ? [] : await readMilestones(app.pool, seller.id, ids);
  return {
    now: later(app.now(), offset),
    shop: seller.callbackUrl === null ? "none" : URL.parse(seller.callbackUrl)?.pathname === demoShopPath ? "demo" : "own",
    projects: projects.map(({ id, name }) =>
      projectLine(
        id,
        name,
        milestones.filter((one) => one.projectId === id),
      ),
    ),
    providers: providers.map(({ id, firstName, lastName }) => ({ id, name: `${firstName} ${lastName}`.trim() })),
    order: null,
    ...(order === undefined ? {} : await orderState(reader, seller, await readOrderView(app.pool, order))),
  };
}

/** A project, its milestones, and the sentence on what keeps the next one from being paid. An unpaid checkout makes way by itself. */
function projectLine(id: number, name: string, milestones: readonly Order[]): object {
  const inTheWay = milestones.find((one) => isLive(one) && one.state !== "awaiting_payment");
  return {
    id,
    name,
    milestones: milestones
      .filter((one) => !["awaiting_payment", "expired"].includes(one.state))
      .map((one) => ({
        id: one.id,
        position: one.position,
        product: one.details.productName,
        state: one.state,
        title: stateTitle(one.state),
        amount: one.amount,
        currency: one.bookCurrency,
        live: isLive(one),
      })),
    blocked: inTheWay === undefined ? null : { order: inTheWay.id, says: milestoneInTheWay(inTheWay).detail },
  };
}

async function orderState(reader: DemoReader, seller: Seller, read: Read): Promise<object> {
  const { app } = reader;
  const { order } = read;
  const look = (viewer: (typeof parties)[number]) =>
    orderView(app, read, seller, { viewer, actionUrl: "/", hidden: {}, name: `demo:${viewer}` });
  const [views, letters, postings, notifications] = await Promise.all([
    Promise.all(parties.map(look)),
    lettersOf(reader, read),
    orderPostings(app.pool, order.sellerId, order.id),
    notificationsOf(app.pool, order.sellerId, order.id),
  ]);
  const taken = reader.shop.taken();
  const operator = views.at(-1);
  return {
    order: {
      id: order.id,
      seller: order.sellerId,
      project: order.projectId,
      product: order.details.productName,
      state: order.state,
      title: stateTitle(order.state),
      means: stateSentence(order.state, operator?.missing),
      amount: order.amount,
      currency: order.bookCurrency,
      provider: operator?.providerName ?? null,
      clock_stopped: operator?.clockStopped ?? false,
      due_at: order.dueAt,
      silence: silenceMeans(order),
      deadlines: deadlinesOf(order),
    },
    escrow: read.escrow,
    allowed: Object.fromEntries(parties.map((party, index) => [party, (views[index]?.allowed ?? []).map((step) => step.action)])),
    code_needed: views[0]?.codeNeeded ?? [],
    offer: read.offer ?? null,
    payments: read.payments.map(({ reference, state, received, disputed }) => ({ reference, state, received, disputed })),
    why: operator?.why ?? [],
    money_out: (operator?.moneyOut ?? []).map((one) => ({ ...one, payee: one.payee ?? "operator" })),
    balances: balancesOf(postings),
    postings,
    notifications: notifications.map((one) => ({ ...one, taken: taken.find((told) => told.webhookId === one.webhookId) ?? null })),
    letters,
  };
}

function deadlinesOf(order: Order): { name: string; at: Date }[] {
  const named: readonly (readonly [string, Date | null])[] = [
    ["Cancelling is free until", order.freeCancelUntil],
    ["Deliver by", order.deliverBy],
    ["Answer the delivery by", order.respondBy],
    ["Silence accepts at", order.acceptBy],
    ["Answer the rejection by", order.returnBy],
    ["Settle it between you by", order.escalateBy],
    ["Decide by", order.ruleBy],
  ];
  return named.flatMap(([name, at]) => (at === null ? [] : [{ name, at }]));
}

/**
 * The letters about this order, newest first, each with the link in it: whose it is, and whether it still acts. One-time codes come to the
 * phone and name no order.
 */
async function lettersOf({ app, sandbox, people }: DemoReader, { order }: Read): Promise<object[]> {
  const now = later(app.now(), await clockOffset(app.pool, order.sellerId));
  const boxes = await Promise.all([people.buyer.email, people.seller.email].map((to) => sandbox.mailbox(to)));
  const found = await Promise.all(
    boxes.flat().map(async (letter) => {
      const token = /\/o\/([\w-]+)/.exec("body" in letter ? String(letter.body) : "")?.[1];
      const link = token === undefined ? undefined : await findLink(app.pool, tokenHash(token).toString("hex"));
      if (token === undefined || link?.orderId !== order.id || link.sellerId !== order.sellerId) return [];
      const current = link.orderVersion === order.stateVersion && now < link.expiresAt;
      return [{ ...letter, party: link.party, link: `/o/${token}`, current }];
    }),
  );
  if (!app.acceptCode) return found.flat();
  const texts = (await sandbox.mailbox(people.buyer.phone)).filter((one) => "body" in one && !String(one.body).includes("/o/"));
  return [...texts.map((one) => ({ ...one, party: "buyer", link: null, current: false })), ...found.flat()];
}
