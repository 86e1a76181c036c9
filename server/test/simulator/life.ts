import { randomBytes, randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { accept } from "../../src/actions/accept.ts";
import { agree, openAgreedCheckout, propose } from "../../src/actions/agree.ts";
import { cancel } from "../../src/actions/cancel.ts";
import type { Answer, Ask, Command } from "../../src/actions/command.ts";
import { confirmReturn } from "../../src/actions/confirm-return.ts";
import { contestReturn, contestSilence, escalate } from "../../src/actions/contest.ts";
import { deliver } from "../../src/actions/deliver.ts";
import { expire } from "../../src/actions/expire.ts";
import { makeOffer } from "../../src/actions/offer.ts";
import { openCheckout } from "../../src/actions/open-checkout.ts";
import { redeliver, replace } from "../../src/actions/redeliver.ts";
import { reject } from "../../src/actions/reject.ts";
import { agreeSplit, reopen, rule, withdrawDispute } from "../../src/actions/settle-dispute.ts";
import { giveRefundAccount } from "../../src/actions/unpark.ts";
import type { Order, OrderDetails } from "../../src/domain/order.ts";
import type { OrderAction } from "../../src/domain/order-table.ts";
import { hasEnded } from "../../src/domain/order-table.ts";
import { isRefusal } from "../../src/domain/refusals.ts";
import { knownRefusals, mayBe, tried } from "./may.ts";
import type { Random } from "./random.ts";
import { amendTerms, askMore, ruleOn, sayNotMe } from "./rarer.ts";

export const hour = 3_600_000;
export const day = 24 * hour;
export type Who = "buyer" | "seller" | "operator";

/** One order's people, as the seed made them. */
export interface Life {
  readonly name: string;
  readonly sellerId: number;
  readonly random: Random;
  readonly contact: { readonly email: string; readonly phone: string; readonly firstName: string; readonly lastName: string };
  readonly kind: "form" | "person" | "milestone";
  readonly projectId: number | null;
  readonly provider: { readonly id: number; readonly share: number } | null;
  /** The marketplace operator whose shop takes the order. */
  readonly operatorId: number | null;
  readonly operatorShare: number;
  /** The price stands in dollars in the shop. */
  readonly foreign: boolean;
  /** What the first operator proposed, and who that was. */
  ruling: { readonly buyerGets: bigint; readonly by: 1 | 2 } | null;
  /** After so many deeds neither buyer nor seller does anything any more. */
  readonly silentAfter: number;
  orderId: number | null;
  /** The open offer they know of, and who made it. */
  offer: { readonly id: number; readonly by: "buyer" | "seller"; readonly kind: "split" | "redelivery" } | null;
  deeds: number;
  wakeAt: number;
  over: boolean;
}

/** How a life reaches the world. `act` answers as the engine did. */
export interface Hands {
  act(command: Command): Promise<Answer>;
  pay(life: Life, order: Order): Promise<void>;
  broken(says: string): void;
  met(what: string): void;
  readonly silence: boolean;
  /** What is ruled above this needs two operators. */
  readonly secondOperatorAbove: bigint;
}

export function ask(sellerId: number, who: Who, keyed: boolean): Ask {
  const key = keyed ? { key: { key: randomUUID(), fingerprint: randomBytes(32).toString("hex") } } : {};
  return { id: randomUUID(), sellerId, actor: { party: who, name: who === "operator" ? "operator:1" : who }, ...key };
}

const details: OrderDetails = {
  productName: "A chair",
  productDesc: "",
  deliveryLocation: "Lagos, NG",
  deliveryDate: "2026-12-01 00:00:00",
  recipient: "",
  callbackUrl: null,
  platform: null,
  buyerFirstName: "Ngozi",
  buyerLastName: "Bello",
  raw: {},
};

/** A checkout by a shop's form, of a project's milestone, or a proposal from person to person. */
export async function begin(life: Life, hands: Hands): Promise<void> {
  const { random, contact, projectId } = life;
  const productCost = BigInt(random.whole(1, 400)) * BigInt(random.pick([10_000, 12_345, 99_999]));
  const by = random.pick(["buyer", "seller"] as const);
  const command =
    life.kind === "person"
      ? propose(ask(life.sellerId, by, false), { productCost, details, shopOrderId: "", contact, projectId: null })
      : openCheckout(ask(life.sellerId, "buyer", false), {
          contact,
          productCost,
          currency: life.foreign ? "USD" : "NGN",
          amountFx: life.foreign ? (productCost + 205n) / 410n : null,
          shopOrderId: life.name,
          projectId,
          providerId: life.provider?.id ?? null,
          share: life.provider?.share ?? (life.operatorId === null ? null : life.operatorShare),
          operatorId: life.operatorId,
          details,
          source: "signed",
          payAgain: false,
          tokenHash: randomBytes(32).toString("hex"),
        });
  const answer = await hands.act(command);
  if (isRefusal(answer)) {
    if (!knownRefusals.has(answer.refused)) hands.broken(`a checkout was refused: ${answer.refused}: ${answer.detail}`);
    life.deeds += 1;
    // The project's slot is taken: another time, but not for ever.
    if (answer.refused !== "milestone_in_the_way" || life.deeds > 6) life.over = true;
    return;
  }
  life.orderId = Number(answer.done["order"]);
  if (life.foreign) hands.met("order priced in dollars");
  if (life.operatorId !== null) hands.met("order through a marketplace");
}

/** The life's next deed, by what the order's state is. */
export async function live(life: Life, order: Order, hands: Hands): Promise<void> {
  const { random } = life;
  life.deeds += 1;
  // What has ended and still waits for a payee who mends nothing may wait for ever.
  // Nor is it reopened any more, since nobody would be there to rule again.
  if (hasEnded(order.state) && life.deeds > 14) {
    life.over = true;
    return;
  }
  if (order.state === "completed" || order.state === "expired") {
    life.over = order.state === "expired" || life.deeds > 6;
    if (random.chance(0.3)) await tryForbidden(life, order, hands);
    return;
  }
  if (order.state === "disputed" && random.chance(0.5)) return ruleOn(life, order, hands);
  if (order.state === "resolved" && order.lastAction === "rule" && random.chance(0.4))
    return deed(life, order, hands, "operator", "reopen");
  if (hands.silence || life.deeds > life.silentAfter) return;
  if (random.chance(0.12)) return tryForbidden(life, order, hands);
  if (random.chance(0.03)) return askMore(life, order, hands);
  if (hasEnded(order.state)) return mendRefund(life, order, hands);
  if (life.offer !== null && random.chance(0.3)) return takeOffer(life, order, hands);
  switch (order.state) {
    case "proposed":
      if (random.chance(0.2)) return amendTerms(life, order, hands);
      return void (await told(
        life,
        order,
        hands,
        agree(on(life, order.writtenBy === "buyer" ? "seller" : "buyer"), { version: order.version }),
      ));
    case "agreed":
      if (random.chance(0.1)) return amendTerms(life, order, hands);
      return void (await told(life, order, hands, openAgreedCheckout(on(life, "buyer"), { tokenHash: randomBytes(32).toString("hex") })));
    case "awaiting_payment":
      if (random.chance(0.06)) return void (await told(life, order, hands, expire(on(life, random.pick(["buyer", "seller"] as const)))));
      return hands.pay(life, order);
    case "funded":
    case "redelivery":
      return choose(life, order, hands, { deliver: 74, buyerCancels: 8, sellerCancels: 6, nothing: 12 });
    case "delivered":
      return choose(life, order, hands, { accept: 52, reject: 24, contest_silence: 6, sellerCancels: 3, offerSplit: 5, nothing: 10 });
    case "rejected":
      return choose(life, order, hands, {
        confirm_return: 20,
        contest_return: 32,
        replace: 8,
        offerAgain: 14,
        redeliver: 10,
        offerSplit: 6,
        takeSplit: 4,
        accept: 4,
        nothing: 8,
      });
    case "contested":
    case "disputed":
      return choose(life, order, hands, {
        escalate: 40,
        buyerWithdraws: 8,
        sellerWithdraws: 8,
        offerSplit: 16,
        takeSplit: 16,
        nothing: 12,
      });
    default:
      return;
  }
}

type Choice =
  | OrderAction
  | "buyerCancels"
  | "sellerCancels"
  | "buyerWithdraws"
  | "sellerWithdraws"
  | "offerSplit"
  | "offerAgain"
  | "takeSplit"
  | "nothing";

async function choose(life: Life, order: Order, hands: Hands, weights: Readonly<Partial<Record<Choice, number>>>): Promise<void> {
  const chosen = life.random.weighted<Choice>(weights);
  switch (chosen) {
    case "nothing":
      return;
    case "buyerCancels":
      return deed(life, order, hands, "buyer", "cancel");
    case "sellerCancels":
      return deed(life, order, hands, "seller", "cancel");
    case "buyerWithdraws":
      return deed(life, order, hands, "buyer", "withdraw_dispute");
    case "sellerWithdraws":
      return deed(life, order, hands, "seller", "withdraw_dispute");
    case "offerSplit":
    case "offerAgain":
      return offer(life, order, hands, chosen === "offerAgain" ? "redelivery" : "split");
    case "takeSplit":
      return deed(life, order, hands, life.offer?.by === "buyer" ? "seller" : "buyer", "agree_split");
    case "escalate":
      return deed(life, order, hands, life.random.pick(["buyer", "seller"] as const), "escalate");
    case "accept":
    case "reject":
    case "redeliver":
      return deed(life, order, hands, "buyer", chosen);
    default:
      return deed(life, order, hands, "seller", chosen);
  }
}

async function offer(life: Life, order: Order, hands: Hands, kind: "split" | "redelivery"): Promise<void> {
  const by = kind === "redelivery" ? "seller" : life.random.pick(["buyer", "seller"] as const);
  const buyerGets = (order.amount * BigInt(life.random.whole(0, 100))) / 100n;
  const answer = await told(life, order, hands, makeOffer(on(life, by), kind === "split" ? { kind, buyerGets } : { kind }));
  if (!isRefusal(answer)) life.offer = { id: Number(answer.done["offer"]), by, kind };
}

/** The other side takes what was offered, in whatever state the order is by now. */
async function takeOffer(life: Life, order: Order, hands: Hands): Promise<void> {
  const other = life.offer?.by === "buyer" ? "seller" : "buyer";
  await deed(life, order, hands, other, life.offer?.kind === "split" ? "agree_split" : "redeliver");
  life.offer = null;
}

/** Any step by anybody: what the second table does not permit must be refused. */
async function tryForbidden(life: Life, order: Order, hands: Hands): Promise<void> {
  return deed(life, order, hands, life.random.pick(["buyer", "seller", "operator"] as const), life.random.pick(tried));
}

async function deed(life: Life, order: Order, hands: Hands, who: Who, action: OrderAction): Promise<void> {
  const command = commandOf(life, order, who, action);
  const answer = await told(life, order, hands, command);
  if (!isRefusal(answer) && !mayBe(order.state, who, action)) {
    hands.broken(`${life.name}: ${who} could ${action} order ${order.id} although it is ${order.state}`);
  }
  if (command.key === undefined) return;
  // Asked once more with the same key: the same answer, and no second effect.
  const again = await hands.act({ ...command, id: randomUUID() });
  const same = isRefusal(answer) ? isRefusal(again) : !isRefusal(again) && again.replayed && isDeepStrictEqual(again.done, answer.done);
  if (!same)
    hands.broken(
      `${life.name}: the same key for ${action} of order ${order.id} was answered ${JSON.stringify(answer)} and then ${JSON.stringify(again)}`,
    );
}

/** Does it, and holds a refusal against those that are known. */
export async function told(life: Life, order: Order, hands: Hands, command: Command): Promise<Answer> {
  const answer = await hands.act(command);
  if (isRefusal(answer) && !knownRefusals.has(answer.refused)) {
    hands.broken(`${life.name}: ${command.action} of order ${order.id} (${order.state}) was refused: ${answer.refused}: ${answer.detail}`);
  }
  return answer;
}

/** Who asks, for this life's order; sometimes with a key. */
export function on(life: Life, who: Who) {
  return { ...ask(life.sellerId, who, life.random.chance(0.15)), orderId: life.orderId ?? 0 };
}

function commandOf(life: Life, order: Order, who: Who, action: OrderAction): Command {
  const asked = on(life, who);
  const { random } = life;
  const offerId = life.offer?.id ?? 1;
  switch (action) {
    case "deliver":
      return deliver(asked);
    case "cancel":
      return cancel(who === "buyer" && random.chance(0.3) ? { ...asked, actor: { party: "buyer", name: "seller_for_buyer" } } : asked);
    case "accept":
      return accept(asked);
    case "reject":
      return reject(asked, { reason: random.pick(["damaged", "late", "not_received", "changed_mind"]) });
    case "contest_silence":
      return contestSilence(asked);
    case "redeliver":
      return redeliver(asked, { offerId });
    case "replace":
      return replace(asked);
    case "confirm_return":
      return confirmReturn(asked);
    case "contest_return":
      return contestReturn(asked);
    case "escalate":
      return escalate(asked);
    case "withdraw_dispute":
      return withdrawDispute(asked);
    case "agree_split":
      return agreeSplit(asked, { offerId });
    case "rule":
      return rule(asked, { buyerGets: (order.amount * BigInt(random.whole(0, 100))) / 100n });
    case "reopen":
      return reopen(asked);
    default:
      throw new Error(`nobody asks for ${action}`);
  }
}

/** A buyer whose card takes nothing back names an account, or never does. */
async function mendRefund(life: Life, order: Order, hands: Hands): Promise<void> {
  if (!life.random.chance(0.5)) return;
  if (life.random.chance(0.3)) return sayNotMe(life, order, hands);
  const number = `4${String(life.orderId).padStart(5, "0").slice(-5)}0011`;
  await told(
    life,
    order,
    hands,
    giveRefundAccount(on(life, "buyer"), { details: { bankCode: "058", accountNumber: number, accountName: "N Bello" } }),
  );
}
