import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { noteRotation, setSeller } from "../actions/sellers.ts";
import { newCommandId } from "../db/command-id.ts";
import { run } from "../db/connect.ts";
import { listOrders, readOrder, readOrderView } from "../db/orders.ts";
import { sellerByEmail, sellerById, sellerQueries } from "../db/sellers.ts";
import { must } from "../domain/fault.ts";
import { doneWords } from "./done-words.ts";
import { orderStates } from "../domain/order-table.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import type { Seller } from "../domain/seller.ts";
import { nobodysPassword, passwordFits } from "../secrets/passwords.ts";
import type { App } from "./app-context.ts";
import type { Fields } from "./fields.ts";
import { fieldsOf, text, wholeNumber } from "./fields.ts";
import { rotateKeys, rotationTime } from "./key-rotation.ts";
import { shopName } from "./names.ts";
import { commandOf, majorOrZero } from "./order-steps.ts";
import { orderView, whoGets } from "./order-views.ts";
import { page, refusedPage } from "./page-answers.ts";
import { loginPage } from "./pages/login-page.ts";
import { sellerKeysPage } from "./pages/seller-keys-page.ts";
import { sellerOrderPage, sellerOrdersPage } from "./pages/seller-page.ts";
import { sellerSettingsPage } from "./pages/seller-settings-page.ts";
import type { SignedIn } from "./sessions.ts";
import { forged, signedInAs, signIn, signOut } from "./sessions.ts";
import { readSettings, settingValues } from "./settings-form.ts";
import { receiptsFor, sendFile } from "./solvency-routes.ts";

interface Me {
  readonly seller: Seller;
  readonly session: SignedIn;
}

type Handle = (me: Me, request: FastifyRequest, reply: FastifyReply, fields: Fields) => Promise<FastifyReply>;

/** The signed-in seller's pages: orders, keys, settings. */
export function sellerRoutes(server: FastifyInstance, app: App): void {
  server.get("/seller/login", (_request, reply) => page(reply, login(app, "", null)));
  server.post("/seller/login", { config: { rateLimit: { max: 10, timeWindow: 60_000 } } }, async (request, reply) => {
    const fields = await fieldsOf(request);
    const email = text(fields, "email");
    const seller = await sellerByEmail(app.pool, email);
    const fits = await passwordFits(text(fields, "password"), seller?.passwordHash ?? nobodysPassword);
    if (!fits || seller === undefined) return page(reply.code(401), login(app, email, "E-mail and password do not match."));
    await signIn(app, reply, "seller", seller.id);
    return reply.redirect("/seller", 303);
  });
  const on = (method: "GET" | "POST", url: string, handle: Handle) => {
    server.route({ method, url, handler: (request, reply) => enter(app, request, reply, handle) });
  };
  on("POST", "/seller/logout", async (_me, request, reply) => {
    await signOut(app, request, reply, "seller");
    return reply.redirect("/seller/login", 303);
  });
  on("GET", "/seller", (me, request, reply) => orders(app, me, request, reply, null));
  on("POST", "/seller/invitations", async (me, request, reply, fields) => {
    const operatorId = wholeNumber(text(fields, "operator"));
    if (operatorId !== undefined) await run(app.pool, sellerQueries.confirmAssociation, [operatorId, me.seller.id]);
    return orders(app, me, request, reply, "The marketplace can now take orders in your name.");
  });
  on("GET", "/seller/orders/:id", (me, request, reply) => order(app, me, request, reply, {}));
  on("POST", "/seller/orders/:id", (me, request, reply, fields) => act(app, me, request, reply, fields));
  on("GET", "/seller/receipts", (me, request, reply) => receipts(app, me, request, reply));
  on("GET", "/seller/keys", (me, _request, reply) => keys(app, me, reply, null, null));
  on("POST", "/seller/keys", (me, _request, reply, fields) => changeKeys(app, me, reply, fields));
  on("GET", "/seller/settings", async (me, _request, reply) => page(reply, settings(app, me, {}, null, null)));
  on("POST", "/seller/settings", (me, request, reply, fields) => saveSettings(app, me, request, reply, fields));
}

/** What is owed to this seller: its own payables, a marketplace operator's in the books of others, and the escrow of its orders. */
async function receipts(app: App, me: Me, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { id } = me.seller;
  const own = new RegExp(`^${id}/(?:payee:seller:${id}:payable|order:[0-9]+:escrow)$|^[0-9]+/payee:operator:${id}:payable$`);
  const file = await receiptsFor(app, (holder) => own.test(holder));
  return isRefusal(file) ? refusedPage(app, request, reply, file) : sendFile(reply, "solvency-receipts.json", file);
}

function login(app: App, email: string, error: string | null): string {
  return loginPage({ sandbox: app.mode === "sandbox", kind: "seller", actionUrl: "/seller/login", hidden: {}, email, error });
}

async function enter(app: App, request: FastifyRequest, reply: FastifyReply, handle: Handle): Promise<FastifyReply> {
  const session = await signedInAs(app, request, "seller");
  const seller = session === undefined ? undefined : await sellerById(app.pool, session.subjectId);
  if (session === undefined || seller === undefined) {
    return request.method === "GET" ? reply.redirect("/seller/login", 303) : refusedPage(app, request, reply, refuse("not_signed_in"));
  }
  const fields = request.method === "POST" ? await fieldsOf(request) : {};
  const wrong = request.method === "POST" ? forged(session, fields) : undefined;
  return wrong === undefined ? handle({ seller, session }, request, reply, fields) : refusedPage(app, request, reply, wrong);
}

function frame(app: App, me: Me, current: string) {
  const links = [
    { href: "/seller", text: "Orders" },
    { href: "/seller/keys", text: "Keys" },
    { href: "/seller/settings", text: "Settings" },
    { href: "/seller/receipts", text: "Solvency receipts" },
  ];
  const hidden = { csrf: me.session.csrf };
  return {
    sandbox: app.mode === "sandbox",
    nav: links.map((link) => ({ ...link, current: link.href === current })),
    signOut: { url: "/seller/logout", hidden },
    hidden,
  };
}

async function orders(app: App, me: Me, request: FastifyRequest, reply: FastifyReply, done: string | null): Promise<FastifyReply> {
  const query = request.query as Record<string, string | undefined>;
  const state = orderStates.find((known) => known === query["state"]) ?? null;
  const before = wholeNumber(query["before"] ?? "") ?? null;
  const most = 50;
  const found = await listOrders(app.pool, me.seller.id, { state, before, most: most + 1 });
  const shown = found.slice(0, most);
  const last = shown.at(-1);
  const filter = state === null ? "" : `state=${state}&`;
  const invited = await run(app.pool, sellerQueries.associationsOf, [me.seller.id]);
  return page(
    reply,
    sellerOrdersPage({
      ...frame(app, me, "/seller"),
      name: shopName(me.seller),
      orders: shown.map((one) => ({
        id: one.id,
        url: `/seller/orders/${one.id}`,
        shopOrderId: one.shopOrderId,
        productName: one.details.productName,
        buyer: `${one.details.buyerFirstName} ${one.details.buyerLastName}`.trim(),
        amount: one.amount,
        currency: one.bookCurrency,
        state: one.state,
        dueAt: one.dueAt,
        createdAt: one.createdAt,
      })),
      state,
      filterUrl: "/seller",
      newerUrl: before === null ? null : `/seller?${filter}`,
      olderUrl: found.length > most && last !== undefined ? `/seller?${filter}before=${last.id}` : null,
      invitations: invited.rows
        .filter((row) => row["state"] === "invited")
        .map((row) => ({
          operatorId: Number(row["operator_id"]),
          operatorName: String(row["business_name"] ?? row["email"]),
          at: app.now(),
        })),
      invitationUrl: "/seller/invitations",
      done,
    }),
  );
}

interface Tried {
  readonly done?: string;
  readonly tried?: string;
  readonly error?: { field: string; message: string };
  readonly typed?: Fields;
  readonly split?: { amount: string; buyerGets: bigint };
}

async function order(app: App, me: Me, request: FastifyRequest, reply: FastifyReply, tried: Tried): Promise<FastifyReply> {
  const id = wholeNumber((request.params as { id: string }).id);
  const found = id === undefined ? undefined : await readOrder(app.pool, me.seller.id, id);
  if (found === undefined) return refusedPage(app, request, reply, refuse("not_yours", "There is no such order of yours."));
  const read = await readOrderView(app.pool, found);
  const view = await orderView(app, read, me.seller, {
    viewer: "seller",
    actionUrl: `/seller/orders/${found.id}`,
    hidden: { csrf: me.session.csrf },
    name: `seller:${me.seller.id}`,
  });
  const typed = Object.fromEntries(
    Object.entries(tried.typed ?? {}).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );
  const split =
    tried.split === undefined ? null : { amount: tried.split.amount, gets: whoGets(found, { buyerGets: tried.split.buyerGets }) };
  const more = {
    done: tried.done ?? null,
    tried: tried.tried ?? null,
    errors: tried.error === undefined ? [] : [tried.error],
    typed,
    splitDraft: split,
  };
  return page(tried.error === undefined ? reply : reply.code(422), sellerOrderPage({ ...view, ...frame(app, me, ""), ...more }));
}

async function act(app: App, me: Me, request: FastifyRequest, reply: FastifyReply, fields: Fields): Promise<FastifyReply> {
  const id = wholeNumber((request.params as { id: string }).id);
  const found = id === undefined ? undefined : await readOrder(app.pool, me.seller.id, id);
  if (found === undefined) return refusedPage(app, request, reply, refuse("not_yours", "There is no such order of yours."));
  const action = text(fields, "action");
  if (action === "offer_split" && text(fields, "confirm") !== "yes") {
    const amount = majorOrZero(text(fields, "buyer_gets"), found.bookCurrency);
    const wrong = isRefusal(amount) ? amount.detail : amount > found.amount ? "That is more than escrow holds." : undefined;
    if (wrong !== undefined || isRefusal(amount))
      return order(app, me, request, reply, { tried: action, error: { field: "buyer_gets", message: wrong ?? "" }, typed: fields });
    return order(app, me, request, reply, { split: { amount: text(fields, "buyer_gets"), buyerGets: amount } });
  }
  const ask = {
    id: newCommandId(),
    sellerId: me.seller.id,
    actor: { party: "seller", name: `seller:${me.seller.id}` } as const,
    orderId: found.id,
  };
  const command = commandOf(action, ask, found, fields);
  const answer = isRefusal(command) ? command : await app.lanes.one(command);
  if (isRefusal(answer)) {
    const field = typeof answer.facts?.["field"] === "string" ? answer.facts["field"] : "";
    return order(app, me, request, reply, { tried: action, error: { field, message: answer.detail }, typed: fields });
  }
  await app.work.settle(me.seller.id);
  return order(app, me, request, reply, { done: doneWords(action) });
}

async function keys(
  app: App,
  me: Me,
  reply: FastifyReply,
  fresh: { publicKey: string; privateKey: string } | null,
  done: string | null,
): Promise<FastifyReply> {
  const { rows } = await run(app.pool, sellerQueries.keys, [me.seller.id]);
  const now = app.now();
  const lines = rows
    .filter((row) => row["valid_until"] === null || (row["valid_until"] as Date) > now)
    .map((row) => ({
      publicKey: String(row["public_key"]),
      madeAt: row["created_at"] as Date,
      lastUsedAt: row["last_used_at"] as Date | null,
      endsAt: row["valid_until"] as Date | null,
    }));
  return page(
    reply,
    sellerKeysPage({ ...frame(app, me, "/seller/keys"), actionUrl: "/seller/keys", keys: lines, overlap: rotationTime, fresh, done }),
  );
}

/** Makes a new pair, or ends one that is running out. */
async function changeKeys(app: App, me: Me, reply: FastifyReply, fields: Fields): Promise<FastifyReply> {
  const now = app.now();
  const ask = { id: newCommandId(), sellerId: me.seller.id, actor: { party: "seller", name: `seller:${me.seller.id}` } as const };
  if (text(fields, "action") === "end") {
    const { rowCount } = await run(app.pool, sellerQueries.endKey, [me.seller.id, text(fields, "public_key"), now.toISOString()]);
    return keys(app, me, reply, null, rowCount === 1 ? "That key pair has ended." : "That key pair was not running out.");
  }
  const fresh = await rotateKeys(app.pool, app.secretKey, me.seller.id, now);
  await app.lanes.one(noteRotation(ask));
  return keys(app, me, reply, fresh, "A new key pair is made.");
}

function settings(
  app: App,
  me: Me,
  typed: Record<string, string>,
  error: { field: string; message: string } | null,
  done: string | null,
): string {
  const { settings: installation } = app;
  return sellerSettingsPage({
    ...frame(app, me, "/seller/settings"),
    actionUrl: "/seller/settings",
    values: { ...settingValues(me.seller), ...typed },
    reasonsWithFee: me.seller.terms.reasonsWithFee,
    slaUnit: installation.slaUnit,
    limits: {
      maxDays: installation.maxDays,
      maxCancellationFeePercent: installation.maxCancellationFeePercent,
      coolingOffHours: Math.round(installation.coolingOff / 3_600_000),
    },
    errors: error === null ? [] : [error],
    done,
  });
}

async function saveSettings(app: App, me: Me, _request: FastifyRequest, reply: FastifyReply, fields: Fields): Promise<FastifyReply> {
  const change = readSettings(text(fields, "section"), fields, me.seller);
  const ask = { id: newCommandId(), sellerId: me.seller.id, actor: { party: "seller", name: `seller:${me.seller.id}` } as const };
  const answer = isRefusal(change) ? change : await app.lanes.one(setSeller(ask, change));
  if (isRefusal(answer)) {
    const typed = Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])));
    const field = typeof answer.facts?.["field"] === "string" ? answer.facts["field"].replace(/^terms\./, "") : "";
    return page(reply.code(422), settings(app, me, typed, { field, message: answer.detail }, null));
  }
  const seller = must(await sellerById(app.pool, me.seller.id), "the seller");
  return page(reply, settings(app, { ...me, seller }, {}, null, "Your settings are saved."));
}
