import { readFileSync } from "node:fs";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { readOrder } from "../../db/orders.ts";
import { readProject } from "../../db/projects.ts";
import { sellerById } from "../../db/sellers.ts";
import { format } from "../../domain/currency.ts";
import { must } from "../../domain/fault.ts";
import type { Order } from "../../domain/order.ts";
import { isRefusal, refuse } from "../../domain/refusals.ts";
import type { Refusal } from "../../domain/refusals.ts";
import type { Seller } from "../../domain/seller.ts";
import type { App } from "../app-context.ts";
import { readCheckoutForm } from "../atarapay/checkout-form.ts";
import { fieldsOf, text } from "../fields.ts";
import { shopName } from "../names.ts";
import { page, pagePolicy, refusedPage } from "../page-answers.ts";
import { checkoutSummaryPage } from "../pages/checkout-summary.ts";
import type { Asset } from "../pages/assets.ts";
import { shortened } from "../pages/html.ts";
import { checkoutOf } from "./checkout-of.ts";
import { openForm } from "./open-form.ts";

const script = asset("trustpay.inline.js", "text/javascript; charset=utf-8");
const styles = asset("trustpay.inline.css", "text/css; charset=utf-8");

/** The script and stylesheet of the inline integration, at the documented paths; test and live are the same. */
const assets: readonly Asset[] = [
  { ...script, path: "/assets/test/trustpay.inline.min.js" },
  { ...script, path: "/assets/trustpay.inline.min.js" },
  { ...styles, path: "/assets/trustpay.inline.min.css" },
  { ...styles, path: "/assets/test/trustpay.inline.min.css" },
];

function asset(file: string, type: string): Omit<Asset, "path"> {
  return { type, text: readFileSync(new URL(file, import.meta.url), "utf8") };
}

/**
 * The inline integration: the script, and the call it makes from a shop's page. The call takes the standard form's fields as JSON, knows no
 * cookie and answers no secret, so any page may read the answer; a checkout opens only for an origin that the seller registered, in the
 * sandbox for any.
 */
export function inlineRoutes(server: FastifyInstance, app: App): void {
  for (const { path, type, text } of assets) {
    server.get(path, { onRequest: fromAnywhere }, (_request, reply) =>
      reply.type(type).header("cache-control", "public, max-age=300").send(text),
    );
  }
  server.options("/pay/inline", { onRequest: fromAnywhere }, (_request, reply) =>
    reply
      .code(204)
      .header("access-control-allow-methods", "POST")
      .header("access-control-allow-headers", "content-type")
      .header("access-control-max-age", "600")
      .send(),
  );
  server.get<{ Params: { token: string } }>("/pay/:token/summary", { onSend: mayBeFramed }, (request, reply) =>
    showSummary(app, request.params.token, request, reply),
  );
  server.post("/pay/inline", { onRequest: fromAnywhere }, (request, reply) => openInline(app, request, reply));
}

/** Older than `frame-ancestors`, and without a list: browsers that know both go by the policy. */
async function mayBeFramed(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (reply.statusCode === 200) void reply.removeHeader("x-frame-options");
}

/** The one page that may stand in a frame: to be read in the dialog over a page of an origin that the seller registered, in a sandbox without any, of all. */
async function showSummary(app: App, token: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const view = await checkoutOf(app, token);
  if (view === undefined || view.order.state !== "awaiting_payment")
    return refusedPage(app, request, reply, refuse("not_yours", "There is no such checkout."));
  const { order, provider } = view;
  const seller = must(await sellerById(app.pool, order.sellerId), "the seller");
  const holder = order.operatorId === null ? seller : must(await sellerById(app.pool, order.operatorId), "the marketplace operator");
  const project = order.projectId === null ? undefined : await readProject(app.pool, order.sellerId, order.projectId);
  const text = checkoutSummaryPage({
    sandbox: app.mode === "sandbox",
    shopName: shopName(seller),
    order,
    project: project === undefined ? null : { id: project.id, name: project.name },
    providerName: provider === undefined ? null : `${provider.firstName} ${provider.lastName}`.trim(),
  });
  return page(reply.header("content-security-policy", pagePolicy("'none'", framedBy(app, holder))), text);
}

function framedBy(app: App, holder: Seller): string {
  if (holder.origins.length > 0) return holder.origins.join(" ");
  return app.mode === "sandbox" ? "http: https:" : "'none'";
}

async function fromAnywhere(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  void reply.header("access-control-allow-origin", "*").header("cross-origin-resource-policy", "cross-origin");
}

async function openInline(app: App, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const fields = await fieldsOf(request);
  const form = await readCheckoutForm(app, fields, undefined, "inline");
  if (isRefusal(form)) return refusedPage(app, request, reply, form);
  const stranger = checkOrigin(app, form.holder, request.headers.origin);
  if (stranger !== undefined) return refusedPage(app, request, reply, stranger);
  const opened = await openForm(app, form, text(fields, "pay_again") === "yes");
  if (isRefusal(opened)) return refusedPage(app, request, reply, opened);
  const order = must(await readOrder(app.pool, form.seller.id, opened.orderId), "the order of the checkout");
  return reply.header("cache-control", "no-store").send({
    status: "success",
    message: summary(form.seller, order),
    summary: `${app.baseUrl}/pay/${opened.token}/summary`,
    redirect: `${app.baseUrl}/pay/${opened.token}`,
  });
}

/** Whoever has the public key can post a form, so this keeps nobody out for certain; it keeps other sites' pages from posing as the shop. */
function checkOrigin(app: App, holder: Seller, origin: string | undefined): Refusal | undefined {
  if (app.mode === "sandbox" || origin === undefined || holder.origins.includes(origin)) return undefined;
  return refuse("callback_not_allowed", `${origin} is not an origin that this seller registered. Register it on the seller page.`);
}

/** What the dialog says, as plain text. */
function summary(seller: Seller, order: Order): string {
  const total = format(order.amount, order.bookCurrency);
  const foreign = order.amountFx === null ? "" : ` (the order is ${format(order.amountFx, order.currency)})`;
  return [
    `${shortened(shopName(seller), 80)}, order ${order.shopOrderId}: ${shortened(order.details.productName, 120)}`,
    `You deposit ${total}${foreign} into escrow. Nobody is paid from it before you accept the delivery or it is clear who gets it.`,
  ].join("\n");
}
