import { accept } from "../../src/actions/accept.ts";
import { agree, amend, openAgreedCheckout } from "../../src/actions/agree.ts";
import { assignProvider } from "../../src/actions/assign-provider.ts";
import { cancel } from "../../src/actions/cancel.ts";
import { confirmReturn } from "../../src/actions/confirm-return.ts";
import { contestReturn, contestSilence, escalate } from "../../src/actions/contest.ts";
import { deliver } from "../../src/actions/deliver.ts";
import { closeCheckout, expire } from "../../src/actions/expire.ts";
import { extendDeadlines } from "../../src/actions/extend-deadlines.ts";
import { makeOffer } from "../../src/actions/offer.ts";
import type { Command } from "../../src/actions/command.ts";
import type { OrderAsk } from "../../src/actions/order-step.ts";
import { redeliver, replace } from "../../src/actions/redeliver.ts";
import { reject } from "../../src/actions/reject.ts";
import { agreeSplit, reopen, rule, withdrawDispute } from "../../src/actions/settle-dispute.ts";
import type { Party } from "../../src/domain/machine.ts";
import type { OrderAction, OrderState } from "../../src/domain/order-table.ts";
import { endedStates } from "../../src/domain/order-table.ts";
import { agreedCheckout, fallDue, lose, proposal, provider, reach } from "./states.ts";
import type { World } from "./world.ts";
import { newTokenHash } from "./token-hash.ts";

/** Brings an order to `from` and takes the action as `party`; answers the order. The clock's steps are taken by its jobs. */
export type Walk = (world: World, from: OrderState, party: Party) => Promise<number>;

/** A step that is one command, or, for the clock, a deadline that falls due. */
function step(make: (ask: OrderAsk) => Command): Walk {
  return async (world, from, party) => {
    const id = await reach(world, from);
    if (party === "clock") {
      await fallDue(world, id);
      await world.due();
    } else await world.done(make(world.on(party, id)));
    return id;
  };
}

function other(party: Party): "buyer" | "seller" {
  return party === "buyer" ? "seller" : "buyer";
}

/** The other party makes an offer; the party accepts it. */
function byOffer(kind: "redelivery" | "split", make: (ask: OrderAsk, offerId: number) => Command): Walk {
  return async (world, from, party) => {
    const id = await reach(world, from);
    const { offer } = await world.done(makeOffer(world.on(other(party), id), { kind, buyerGets: 225_000n }));
    await world.done(make(world.on(party, id), Number(offer)));
    return id;
  };
}

async function withTerms(
  world: World,
  terms: Parameters<World["terms"]>[0],
  back: Parameters<World["terms"]>[0],
  walk: () => Promise<number>,
): Promise<number> {
  await world.terms(terms);
  try {
    return await walk();
  } finally {
    await world.terms(back);
  }
}

export const orderWalks: Record<OrderAction, Walk> = {
  propose: (world, _from, party) => proposal(world, party === "buyer" ? "buyer" : "seller"),
  open_checkout: async (world, from) => {
    if (from !== "agreed") return world.checkout();
    const id = await reach(world, "agreed");
    await world.done(openAgreedCheckout(world.on("buyer", id), { tokenHash: newTokenHash() }));
    return id;
  },
  amend: step((ask) => amend(ask, { productCost: 500_000n })),
  agree: async (world, _from, party) => {
    const id = await proposal(world, other(party));
    await world.done(agree(world.on(party, id), { version: 1 }));
    return id;
  },
  expire: step((ask) => expire(ask)),
  close_checkout: async (world, _from, party) => {
    const id = await agreedCheckout(world);
    if (party === "clock") {
      await fallDue(world, id);
      await world.due();
    } else await world.done(closeCheckout(world.on(party, id)));
    return id;
  },
  fund: (world) => reach(world, "funded"),
  deliver: step((ask) => deliver(ask)),
  cancel: step((ask) => cancel(ask)),
  lapse: step((ask) => expire(ask)),
  accept: (world, from, party) => {
    const walk = step((ask) => accept(ask));
    if (party !== "clock") return walk(world, from, party);
    return withTerms(world, { acceptAfterDays: 3 }, { acceptAfterDays: null }, () => walk(world, from, party));
  },
  reject: step((ask) => reject(ask, { reason: "damaged" })),
  contest_silence: async (world, from) => {
    const id = await reach(world, from);
    const { respondBy } = await world.order(id);
    await fallDue(world, id, -60_000);
    await world.database.ownerPool.query("UPDATE orders SET delivered_at = delivered_at - interval '47 hours' WHERE id = $1", [id]);
    if (respondBy === null) throw new Error("no time to respond");
    await world.done(contestSilence(world.on("seller", id)));
    return id;
  },
  redeliver: byOffer("redelivery", (ask, offerId) => redeliver(ask, { offerId })),
  replace: (world, from, party) =>
    withTerms(world, { policy: "replacement" }, { policy: "refund" }, () => step((ask) => replace(ask))(world, from, party)),
  confirm_return: step((ask) => confirmReturn(ask)),
  contest_return: step((ask) => contestReturn(ask)),
  escalate: step((ask) => escalate(ask)),
  withdraw_dispute: step((ask) => withdrawDispute(ask)),
  agree_split: byOffer("split", (ask, offerId) => agreeSplit(ask, { offerId })),
  rule: step((ask) => rule(ask, { buyerGets: 200_000n })),
  reopen: step((ask) => reopen(ask)),
  charge_back: async (world, from) => {
    const id = await reach(world, from);
    await lose(world, id);
    return id;
  },
  charge_back_part: async (world, from) => {
    const id = await reach(world, from);
    await lose(world, id, 100_000n);
    return id;
  },
  settle: async (world, from) => {
    const id = await reach(world, from);
    if ((endedStates as readonly OrderState[]).includes((await world.order(id)).state)) await world.due();
    return id;
  },
  assign_provider: async (world, from) => {
    const id = await reach(world, from);
    await world.done(assignProvider(world.on("seller", id), { providerId: await provider(world), share: 2_000 }));
    return id;
  },
  extend_deadlines: async (world, from) => {
    const id = await reach(world, from);
    const from_ = new Date(Date.now() - 3_600_000);
    await world.done(extendDeadlines(world.on("clock", id), { from: from_, to: new Date(Date.now() + 60 * 86_400_000) }));
    return id;
  },
};
