import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { makeAuthtoken } from "../atarapay/tokens.ts";
import { findLink } from "../db/links.ts";
import { notificationsOf } from "../db/notifications.ts";
import { balancesOf, orderPostings } from "../db/order-journal.ts";
import type { OrderView as Read } from "../db/orders.ts";
import { readOrder, readOrderView } from "../db/orders.ts";
import { clockOffset, sellerByKey } from "../db/sellers.ts";
import { toJson } from "../db/table.ts";
import { later, silenceMeans } from "../domain/deadlines.ts";
import { refuse } from "../domain/refusals.ts";
import type { Seller } from "../domain/seller.ts";
import { tokenHash } from "../secrets/tokens.ts";
import type { App, DemoPeople, SandboxPorts } from "./app-context.ts";
import { wholeNumber } from "./fields.ts";
import { orderView } from "./order-views.ts";
import { page, refusedPage } from "./page-answers.ts";
import { demoPage } from "./pages/demo-page.ts";
import { stateSentence, stateTitle } from "./pages/order-words.ts";

const assets = [
  {
    path: "/assets/demo.js",
    type: "text/javascript; charset=utf-8",
    text: readFileSync(new URL("pages/demo.js", import.meta.url), "utf8"),
  },
  { path: "/assets/demo.css", type: "text/css; charset=utf-8", text: readFileSync(new URL("pages/demo.css", import.meta.url), "utf8") },
] as const;

const policy =
  "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const parties = ["buyer", "seller", "operator"] as const;

/** The demo page at `/` and what it reads. Only a sandbox has it: it hands out the secrets of the sandbox's made-up people. */
export function demoRoutes(server: FastifyInstance, app: App, sandbox: SandboxPorts, people: DemoPeople): void {
  const authtoken = makeAuthtoken({ publicKey: people.seller.public_key, privateKey: people.seller.private_key });
  server.get("/", (_request, reply) =>
    page(reply.header("content-security-policy", policy), demoPage({ baseUrl: app.baseUrl, authtoken, ...people })),
  );
  for (const { path, type, text } of assets) {
    server.get(path, (_request, reply) => reply.type(type).header("cache-control", "no-cache").send(text));
  }
  server.get<{ Querystring: { order?: string } }>("/sandbox/demo/state", async (request, reply) => {
    const holder = await sellerByKey(app.pool, people.seller.public_key, app.now());
    const id = wholeNumber(request.query.order ?? "");
    const order = holder === undefined || id === undefined ? undefined : await readOrder(app.pool, holder.seller.id, id);
    if (holder === undefined || order === undefined)
      return refusedPage(app, request, reply, refuse("not_yours", "The demo seller has no such order."));
    const read = await readOrderView(app.pool, order);
    const data = await stateOf(app, sandbox, holder.seller, read, people);
    return reply
      .type("application/json; charset=utf-8")
      .header("cache-control", "no-store")
      .send(toJson({ status: "success", message: "Demo", data }));
  });
}

async function stateOf(app: App, sandbox: SandboxPorts, seller: Seller, read: Read, people: DemoPeople): Promise<object> {
  const { order } = read;
  const look = (viewer: (typeof parties)[number]) =>
    orderView(app, read, seller, { viewer, actionUrl: "/", hidden: {}, name: `demo:${viewer}` });
  const [views, letters, postings, notifications, offset] = await Promise.all([
    Promise.all(parties.map(look)),
    lettersOf(app, sandbox, read, people),
    orderPostings(app.pool, order.sellerId, order.id),
    notificationsOf(app.pool, order.sellerId, order.id),
    clockOffset(app.pool, order.sellerId),
  ]);
  const allowed = parties.map((party, index) => [party, (views[index]?.allowed ?? []).map((step) => step.action)] as const);
  return {
    now: later(app.now(), offset),
    order: {
      id: order.id,
      seller: order.sellerId,
      project: order.projectId,
      product: order.details.productName,
      state: order.state,
      title: stateTitle(order.state),
      means: stateSentence(order.state),
      amount: order.amount,
      currency: order.bookCurrency,
      due_at: order.dueAt,
      silence: silenceMeans(order),
    },
    escrow: read.escrow,
    allowed: Object.fromEntries(allowed),
    offer: read.offer ?? null,
    why: views.at(-1)?.why ?? [],
    money_out: views.at(-1)?.moneyOut ?? [],
    balances: balancesOf(postings),
    postings,
    notifications,
    letters,
  };
}

/** The letters about this order, newest first, each with the link in it: whose it is, and whether it still acts. */
async function lettersOf(app: App, sandbox: SandboxPorts, { order }: Read, people: DemoPeople): Promise<object[]> {
  const now = later(app.now(), await clockOffset(app.pool, order.sellerId));
  const boxes = await Promise.all([people.buyer.email, people.seller.email].map((to) => sandbox.mailbox(to)));
  const found = await Promise.all(
    boxes.flat().map(async (letter) => {
      const token = /\/o\/([\w-]+)/.exec("body" in letter ? String(letter.body) : "")?.[1];
      const link = token === undefined ? undefined : await findLink(app.pool, tokenHash(token).toString("hex"));
      if (token === undefined || link?.orderId !== order.id || link.sellerId !== order.sellerId) return [];
      return [
        { ...letter, party: link.party, link: `/o/${token}`, current: link.orderVersion === order.stateVersion && now < link.expiresAt },
      ];
    }),
  );
  return found.flat();
}
