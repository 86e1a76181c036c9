import { randomUUID } from "node:crypto";
import { accept } from "../../src/actions/accept.ts";
import { cancel } from "../../src/actions/cancel.ts";
import { confirmReturn } from "../../src/actions/confirm-return.ts";
import { contestReturn, escalate } from "../../src/actions/contest.ts";
import { deliver } from "../../src/actions/deliver.ts";
import { openPayment } from "../../src/actions/payment-steps.ts";
import { reject } from "../../src/actions/reject.ts";
import { rule } from "../../src/actions/settle-dispute.ts";
import { giveRefundAccount, requeue } from "../../src/actions/unpark.ts";
import { must } from "../../src/domain/fault.ts";
import { isRefusal } from "../../src/domain/refusals.ts";
import { account } from "../setup/states.ts";
import type { WorldOver } from "../setup/over-rail.ts";
import type { Random } from "../simulator/random.ts";

/** One order of the storm, and what its people will do. */
export interface Stormy {
  readonly id: number;
  readonly sellerId: number;
  readonly random: Random;
  readonly way: Way;
  /** How many times its payer has gone to the rail's page. */
  pages: number;
}

type Way = keyof typeof ways;
const ways = { accept: 40, silence: 10, lapse: 8, seller_cancels: 12, reject_return: 12, dispute: 10, never_pays: 8 } as const;

/** Opens a checkout of a sum that no other order has, so that nothing lost can hide behind something doubled. */
export async function newOrder(world: WorldOver, sellers: readonly number[], number: number, random: Random): Promise<Stormy> {
  const sellerId = random.pick(sellers);
  const productCost = BigInt(random.whole(1_000, 60_000) * 100 + (number % 100));
  const id = await world.checkout({ productCost }, sellerId);
  return { id, sellerId, random, way: random.weighted(ways), pages: 0 };
}

/** Whoever's turn it is acts, or does not. What is refused is no matter: people try what they may not. */
export async function step(world: WorldOver, one: Stormy): Promise<void> {
  const { id, sellerId, random, way } = one;
  const { state, amount } = await world.order(id, sellerId);
  const as = (party: "buyer" | "seller" | "operator") => world.on(party, id, sellerId);
  switch (state) {
    case "awaiting_payment":
      if (way !== "never_pays" && one.pages < 4) await goAndPay(world, one);
      return;
    case "funded":
      if (way === "seller_cancels") await world.act(cancel(as("seller"), { comment: "sold out" }));
      else if (way !== "lapse") await world.act(deliver(as("seller")));
      return;
    case "delivered":
      if (way === "accept") await world.act(accept(as("buyer")));
      else if (way === "reject_return" || way === "dispute") await world.act(reject(as("buyer"), { reason: "damaged" }));
      return;
    case "rejected":
      await world.act(way === "dispute" ? contestReturn(as("seller")) : confirmReturn(as("seller")));
      return;
    case "contested":
      await world.act(escalate(as("buyer")));
      return;
    case "disputed":
      await world.act(rule({ ...as("operator") }, { buyerGets: BigInt(random.whole(0, Number(amount))) }));
      return;
    default:
      await tend(world, one);
  }
}

/** Of an ended order: an account for a refund that found none, the operator's word for a payout that was refused. */
async function tend(world: WorldOver, { id, sellerId, random }: Stormy): Promise<void> {
  for (const one of await world.sends(id, sellerId)) {
    if (one.state !== "parked") continue;
    if (one.kind === "refund" && one.details === null)
      await world.act(giveRefundAccount(world.on("buyer", id, sellerId), { details: account(`${random.whole(1000, 9999)}`) }));
    else {
      const { id: disbursementId, orderId, payeeKind, payeeId } = one;
      const actor = { party: "operator", name: "operator:1" } as const;
      await world.act(requeue({ id: randomUUID(), sellerId, actor, disbursementId, orderId, payeeKind, payeeId }));
    }
  }
}

/** The payer goes to the rail's page as the hosted page would send it, and pays, fails or walks away. */
async function goAndPay(world: WorldOver, one: Stormy): Promise<void> {
  const { id, sellerId, random } = one;
  one.pages += 1;
  const order = await world.order(id, sellerId);
  const reference = `pay-${id}-${randomUUID()}`;
  const opened = await world.act(
    openPayment(world.as("buyer", "checkout", sellerId), {
      orderId: id,
      reference,
      amount: order.amount,
      email: world.contact.email,
      phone: world.contact.phone,
    }),
  );
  if (isRefusal(opened)) return;
  const rail = must(world.engine.rails.get(order.rail), "the order's rail");
  const asked = { sellerId, reference, amount: order.amount, currency: "NGN", description: "", returnUrl: "http://127.0.0.1/" };
  // A page that could not be opened is nobody's payment; the payer comes again.
  const page = await rail.openPayment({ ...asked, payerEmail: "buyer@shop.example" }).catch(() => undefined);
  if (page === undefined) return;
  const act = random.weighted({ pay: 85, fail: 10, abandon: 5 });
  await world.play(page.url, act).catch(() => undefined);
  // Some pay twice: back in the browser, and again.
  if (act === "pay" && random.chance(0.02)) await world.play(page.url, "pay").catch(() => undefined);
}
