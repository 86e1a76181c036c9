import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { openPayment } from "../../actions/payment-steps.ts";
import { signRedirect } from "../../atarapay/tokens.ts";
import { newCommandId } from "../../db/command-id.ts";
import { run } from "../../db/connect.ts";
import type { OrderView } from "../../db/orders.ts";
import { readOrder } from "../../db/orders.ts";
import { readProject } from "../../db/projects.ts";
import { sellerById, sellerQueries } from "../../db/sellers.ts";
import { normaliseEmail, normalisePhone } from "../../domain/contact.ts";
import { must } from "../../domain/fault.ts";
import type { Order } from "../../domain/order.ts";
import { isRefusal, refuse } from "../../domain/refusals.ts";
import type { Refusal } from "../../domain/refusals.ts";
import type { Seller } from "../../domain/seller.ts";
import { open } from "../../secrets/box.ts";
import { NoAnswer } from "../../rails/rail.ts";
import type { OpenPayment as PageAtRail, Rail } from "../../rails/rail.ts";
import type { App } from "../app-context.ts";
import { readCheckoutForm } from "../atarapay/checkout-form.ts";
import type { Fields } from "../fields.ts";
import { fieldsOf, text } from "../fields.ts";
import { keyContext } from "../keys.ts";
import { shopName } from "../names.ts";
import { foreignMoney, keptShort } from "../paid-in-part.ts";
import { checkoutPage } from "../pages/checkout-page.ts";
import {
  alreadyFundedPage,
  checkoutExpiredPage,
  milestoneInTheWayPage,
  payAgainPage,
  paymentPendingPage,
} from "../pages/checkout-notices.ts";
import type { FieldError } from "../pages/form.ts";
import { stateTitle } from "../pages/order-words.ts";
import { page, payerPage, refusedPage, wantsPage } from "../page-answers.ts";
import { checkoutOf } from "./checkout-of.ts";
import { openForm } from "./open-form.ts";

/** The hosted page: the standard integration's form, the payer's confirmation, and the way back to the shop. */
export function checkoutRoutes(server: FastifyInstance, app: App): void {
  for (const url of ["/", "/pay"]) server.post(url, (request, reply) => openFromForm(app, request, reply));
  server.get<{ Params: { token: string } }>("/pay/:token", (request, reply) => showCheckout(app, request.params.token, request, reply));
  server.post<{ Params: { token: string } }>("/pay/:token", (request, reply) => pay(app, request.params.token, request, reply));
  server.get<{ Params: { token: string } }>("/pay/:token/done", (request, reply) =>
    afterPayment(app, request.params.token, request, reply),
  );
}

async function openFromForm(app: App, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const fields = await fieldsOf(request);
  const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
  const form = await readCheckoutForm(app, fields, bearer);
  if (isRefusal(form)) return formRefused(app, request, reply, form);
  const answer = await openForm(app, form, text(fields, "pay_again") === "yes");
  if (!isRefusal(answer)) return reply.redirect(`/pay/${answer.token}`, 303);
  if (answer.refused === "asked_once")
    return askAgain(app, request, reply, { sellerId: form.seller.id, orderId: Number(answer.facts?.["order"]), fields });
  const inTheWay =
    answer.refused === "milestone_in_the_way" && wantsPage(request)
      ? await milestonePage(app, form.seller, form.input.shopOrderId, answer)
      : undefined;
  return inTheWay === undefined ? formRefused(app, request, reply, answer) : page(reply.code(409), inTheWay);
}

/**
 * The page that names the milestone holding the project's slot, and what would free it; undefined where the refusal does not say enough. It
 * is not sent here: a reply is a promise of its own end, so whoever awaits a function that answers one gets nothing, and would answer again.
 */
async function milestonePage(app: App, seller: Seller, shopOrderId: string, refusal: Refusal): Promise<string | undefined> {
  const order = await readOrder(app.pool, seller.id, Number(refusal.facts?.["order"]));
  if (order === undefined || order.projectId === null) return undefined;
  const project = await readProject(app.pool, seller.id, order.projectId);
  if (project === undefined) return undefined;
  const view = {
    sandbox: app.mode === "sandbox",
    shopName: shopName(seller),
    shopOrderId,
    backUrl: null,
    project: { id: project.id, name: project.name },
    milestone: { orderId: order.id, position: order.position, name: order.details.productName, state: stateTitle(order.state) },
    wouldFree: [String(refusal.facts?.["frees"] ?? refusal.detail)],
  };
  return milestoneInTheWayPage(view);
}

async function formRefused(app: App, request: FastifyRequest, reply: FastifyReply, refusal: Refusal): Promise<FastifyReply> {
  return refusedPage(app, request, reply, refusal);
}

async function askAgain(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: { sellerId: number; orderId: number; fields: Fields },
): Promise<FastifyReply> {
  const order = must(await readOrder(app.pool, asked.sellerId, asked.orderId), "the funded order");
  const shop = must(await sellerById(app.pool, asked.sellerId), "the seller");
  if (!wantsPage(request)) {
    return reply.code(409).send({
      status: "error",
      message: `Order ${order.id} for this shop order was paid on ${order.fundedAt?.toISOString() ?? "?"}. To pay another, send pay_again=yes.`,
      data: { order: order.id, redirect: await redirectOf(app, order) },
    });
  }
  const hidden = Object.fromEntries(
    Object.entries(asked.fields).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );
  const view = {
    sandbox: app.mode === "sandbox",
    shopName: shopName(shop),
    shopOrderId: order.shopOrderId,
    backUrl: await redirectOf(app, order),
    actionUrl: "/pay",
    hidden,
    amount: order.amount,
    currency: order.bookCurrency,
    earlier: { orderId: order.id, amount: order.amount, currency: order.bookCurrency, fundedAt: order.fundedAt ?? order.createdAt },
  };
  return page(reply.code(409), payAgainPage(view));
}

async function showCheckout(app: App, token: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const view = await checkoutOf(app, token);
  if (view === undefined) return refusedPage(app, request, reply, refuse("not_yours", "There is no such checkout."));
  return checkout(app, token, view, reply, [], undefined);
}

/** Draws the page that fits the order's state. */
async function checkout(
  app: App,
  token: string,
  view: OrderView,
  reply: FastifyReply,
  errors: FieldError[],
  typed: Record<string, string> | undefined,
): Promise<FastifyReply> {
  const { order } = view;
  const seller = must(await sellerById(app.pool, order.sellerId), "the seller");
  const common = { sandbox: app.mode === "sandbox", shopName: shopName(seller), shopOrderId: order.shopOrderId, backUrl: backUrl(order) };
  if (order.fundedAt !== null) {
    const redirect = await redirectOf(app, order);
    return page(
      reply,
      alreadyFundedPage({
        ...common,
        backUrl: redirect,
        orderId: order.id,
        amount: order.amount,
        currency: order.bookCurrency,
        fundedAt: order.fundedAt,
      }),
    );
  }
  if (order.state !== "awaiting_payment") return page(reply, checkoutExpiredPage({ ...common, expiredAt: order.updatedAt }));
  const pending = view.payments.find((payment) => payment.state === "pending");
  if (pending !== undefined)
    return waiting(reply, { ...common, amount: pending.asked, currency: order.bookCurrency, url: `/pay/${token}/done` });
  const project = order.projectId === null ? undefined : await readProject(app.pool, order.sellerId, order.projectId);
  const provider = view.provider === undefined ? null : `${view.provider.firstName} ${view.provider.lastName}`.trim();
  const contacts = {
    email: typed?.["buyer_email"] ?? view.buyer?.email ?? "",
    phone: typed?.["buyer_phone"] ?? view.buyer?.phone ?? "",
    altRecipient: typed?.["alt_recipient"] ?? "",
  };
  const text = checkoutPage({
    sandbox: common.sandbox,
    payUrl: `/pay/${token}`,
    hidden: {},
    backUrl: common.backUrl,
    shop: { name: common.shopName, email: seller.email, phone: seller.phone, verified: seller.identityVerifiedAt !== null },
    order,
    project: project === undefined ? null : { id: project.id, name: project.name },
    providerName: provider,
    contacts,
    alreadyPaid: keptShort(view),
    foreign: foreignMoney(view),
    errors,
  });
  return payerPage(errors.length > 0 ? reply.code(422) : reply, text);
}

async function pay(app: App, token: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const view = await checkoutOf(app, token);
  if (view === undefined) return refusedPage(app, request, reply, refuse("not_yours", "There is no such checkout."));
  const fields = await fieldsOf(request);
  const email = normaliseEmail(fields["buyer_email"], "buyer_email");
  const phone = normalisePhone(fields["buyer_phone"], "buyer_phone");
  const errors = [
    ...(isRefusal(email) ? [{ field: "buyer_email", message: "Your e-mail must be an address such as ada@example.com." }] : []),
    ...(isRefusal(phone)
      ? [{ field: "buyer_phone", message: "Your phone must be a number such as +234 803 123 4567 or 0803 123 4567." }]
      : []),
  ];
  const typed = {
    buyer_email: text(fields, "buyer_email"),
    buyer_phone: text(fields, "buyer_phone"),
    alt_recipient: text(fields, "alt_recipient"),
  };
  if (isRefusal(email) || isRefusal(phone)) return checkout(app, token, view, reply, errors, typed);
  const { order } = view;
  const rail = app.rail(order.rail);
  if (rail === undefined) return refusedPage(app, request, reply, refuse("no_rail"));
  const reference = `pay-${order.id}-${randomUUID()}`;
  const amount = order.amount - keptShort(view);
  const ask = { id: newCommandId(), sellerId: order.sellerId, actor: { party: "buyer", name: "checkout" } as const };
  const answer = await app.lanes.one(openPayment(ask, { orderId: order.id, reference, amount, email, phone }));
  // What has changed meanwhile the page itself shows best.
  if (isRefusal(answer))
    return answer.refused === "not_now" ? showCheckout(app, token, request, reply) : refusedPage(app, request, reply, answer);
  // The payment stands open already; without a page nobody can pay on it, and it lapses with the checkout.
  const opened = await openPage(request, rail, {
    sellerId: order.sellerId,
    reference,
    amount,
    currency: order.bookCurrency,
    description: order.details.productName.slice(0, 200),
    returnUrl: `${app.baseUrl}/pay/${token}/done`,
    payerEmail: email,
  });
  return isRefusal(opened) ? refusedPage(app, request, reply, opened) : reply.redirect(opened.url, 303);
}

async function openPage(request: FastifyRequest, rail: Rail, asked: PageAtRail): Promise<{ readonly url: string } | Refusal> {
  try {
    return await rail.openPayment(asked);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    request.log.warn({ rail: rail.name, error: error.message }, "a rail opened no page for a payer");
    return refuse("rail_silent");
  }
}

/** How often it is looked whether the rail has told of the payment, a quarter of a second apart; and after how many looks it is asked. */
const looks = 12;
const patientFor = 4;
/** No payer waits longer for that than so many milliseconds; the answer is taken in all the same when it comes. */
const asksFor = 4_000;

/** The payer comes back from the rail. That proves nothing, so it waits a moment for the rail's own word, and then asks for it: a notice may be lost. */
async function afterPayment(app: App, token: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  for (let look = 0; look < looks; look += 1) {
    const view = await checkoutOf(app, token);
    if (view === undefined) return refusedPage(app, request, reply, refuse("not_yours", "There is no such checkout."));
    const { order } = view;
    const redirect = order.fundedAt === null ? null : await redirectOf(app, order);
    if (redirect !== null) return reply.redirect(redirect, 303);
    const undecided = view.payments.some((payment) => payment.state === "open");
    if (!undecided) return checkout(app, token, view, reply, [], undefined);
    if (look === patientFor) await Promise.race([app.work.askAboutPayments(order.sellerId, order.id, false), sleep(asksFor)]);
    else if (look < looks - 1) await sleep(250);
    else {
      const seller = must(await sellerById(app.pool, order.sellerId), "the seller");
      const common = {
        sandbox: app.mode === "sandbox",
        shopName: shopName(seller),
        shopOrderId: order.shopOrderId,
        backUrl: backUrl(order),
      };
      return waiting(reply, { ...common, amount: order.amount, currency: order.bookCurrency, url: `/pay/${token}/done` });
    }
  }
  return reply;
}

function waiting(
  reply: FastifyReply,
  view: { sandbox: boolean; shopName: string; shopOrderId: string; backUrl: string | null; amount: bigint; currency: string; url: string },
): FastifyReply {
  const { url, ...rest } = view;
  return page(reply.header("refresh", `5; url=${url}`), paymentPendingPage({ ...rest, refreshUrl: url, refreshSeconds: 5 }));
}

function backUrl(order: Order): string | null {
  const { callbackUrl } = order.details;
  return callbackUrl === null ? null : new URL(callbackUrl).origin;
}

/** The shop's address with the two documented parameters; signed where the form was. */
async function redirectOf(app: App, order: Order): Promise<string | null> {
  const { callbackUrl } = order.details;
  if (callbackUrl === null) return null;
  const url = new URL(callbackUrl);
  url.searchParams.set("product", order.shopOrderId);
  url.searchParams.set("order", String(order.id));
  if (order.terms.source === "signed") {
    const { rows } = await run(app.pool, sellerQueries.sealedKeys, [order.operatorId ?? order.sellerId, app.now().toISOString()]);
    const key = rows[0];
    if (key !== undefined) {
      const privateKey = open(app.secretKey, String(key["private_key_sealed"]), keyContext(String(key["public_key"])));
      url.searchParams.set("signature", signRedirect(privateKey, order.shopOrderId, order.id));
    }
  }
  return url.href;
}
