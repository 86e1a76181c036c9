import { randomBytes, randomUUID } from "node:crypto";
import { accept } from "../../src/actions/accept.ts";
import { agree, amend, openAgreedCheckout, propose } from "../../src/actions/agree.ts";
import { assignProvider, setOperatorShare } from "../../src/actions/assign-provider.ts";
import { addFloat, changeMoney, takeFees, writeOff } from "../../src/actions/book-steps.ts";
import { cancel } from "../../src/actions/cancel.ts";
import { loseDispute } from "../../src/actions/charge-back.ts";
import type { Command } from "../../src/actions/command.ts";
import { confirmReturn } from "../../src/actions/confirm-return.ts";
import { contestReturn, contestSilence, escalate } from "../../src/actions/contest.ts";
import { deliver } from "../../src/actions/deliver.ts";
import { closeCheckout, expire } from "../../src/actions/expire.ts";
import { extendDeadlines } from "../../src/actions/extend-deadlines.ts";
import { holdForBreak, holdForOperator, liftHold, objectToCancellation, placeHold } from "../../src/actions/holds.ts";
import { lapse } from "../../src/actions/lapse.ts";
import { lookLater } from "../../src/actions/look-later.ts";
import { expireOffer, makeOffer } from "../../src/actions/offer.ts";
import { openCheckout } from "../../src/actions/open-checkout.ts";
import type { OrderAsk } from "../../src/actions/order-step.ts";
import { closeProject, createProject, updateProject } from "../../src/actions/projects.ts";
import { removeProvider, saveProvider } from "../../src/actions/providers.ts";
import { redeliver, replace } from "../../src/actions/redeliver.ts";
import { reject } from "../../src/actions/reject.ts";
import { noteRotation, setSeller, verifyIdentity } from "../../src/actions/sellers.ts";
import { agreeSplit, reopen, rule, withdrawDispute } from "../../src/actions/settle-dispute.ts";
import type { Party } from "../../src/domain/machine.ts";
import type { OrderState } from "../../src/domain/order-table.ts";
import { paymentAsk, readyMoney } from "./ready-money.ts";
import { account, agreedCheckout, bank, fallDue, makeDue, proposal, provider, reach } from "./states.ts";
import { cancelledForBuyer } from "./walk-sides.ts";
import type { World } from "./world.ts";
import { details } from "./world.ts";
import { newTokenHash } from "./token-hash.ts";

/** Prepares the world so that the command it answers would succeed, if it were run next. */
export type Ready = (world: World) => Promise<Command>;

/** An order in a state, and the step of it. */
function from(state: OrderState, party: Party, make: (ask: OrderAsk) => Command): Ready {
  return async (world) => make(world.on(party, await reach(world, state)));
}

function due(state: OrderState, make: (ask: OrderAsk) => Command): Ready {
  return async (world) => {
    const id = await reach(world, state);
    await fallDue(world, id);
    return make(world.on("clock", id));
  };
}

function offered(kind: "redelivery" | "split", state: OrderState, make: (ask: OrderAsk, offerId: number) => Command): Ready {
  return async (world) => {
    const id = await reach(world, state);
    const { offer } = await world.done(makeOffer(world.on("seller", id), { kind, buyerGets: 225_000n }));
    return make(world.on("buyer", id), Number(offer));
  };
}

export const operator = (world: World, sellerId?: number) => world.as("operator", "operator:1", sellerId);

export function checkoutInput(world: World) {
  return {
    contact: world.contact,
    productCost: 400_000n,
    currency: "NGN",
    amountFx: null,
    shopOrderId: randomUUID(),
    projectId: null,
    providerId: null,
    share: null,
    operatorId: null,
    details,
    source: "browser" as const,
    payAgain: false,
    tokenHash: randomBytes(32).toString("hex"),
  };
}

/** By the name of the function that makes the command: one entry for each that server/src/actions exports. */
export const readyCommands: Readonly<Record<string, Ready>> = {
  ...readyMoney,
  propose: async (world) =>
    propose(world.as("seller"), { productCost: 400_000n, details, shopOrderId: "", contact: world.contact, projectId: null }),
  amend: async (world) => amend(world.on("seller", await proposal(world)), { productCost: 500_000n }),
  agree: async (world) => agree(world.on("buyer", await proposal(world)), { version: 1 }),
  openAgreedCheckout: from("agreed", "buyer", (ask) => openAgreedCheckout(ask, { tokenHash: newTokenHash() })),
  openCheckout: async (world) => openCheckout(world.as("buyer", "checkout"), checkoutInput(world)),
  expire: from("awaiting_payment", "buyer", (ask) => expire(ask)),
  closeCheckout: async (world) => closeCheckout(world.on("seller", await agreedCheckout(world))),
  deliver: from("funded", "seller", (ask) => deliver(ask)),
  cancel: from("funded", "buyer", (ask) => cancel(ask)),
  lapse: due("funded", (ask) => lapse(ask)),
  accept: from("delivered", "buyer", (ask) => accept(ask)),
  reject: from("delivered", "buyer", (ask) => reject(ask, { reason: "damaged" })),
  contestSilence: async (world) => {
    const id = await reach(world, "delivered");
    await fallDue(world, id, -60_000);
    await world.database.ownerPool.query("UPDATE orders SET delivered_at = delivered_at - interval '47 hours' WHERE id = $1", [id]);
    return contestSilence(world.on("seller", id));
  },
  redeliver: offered("redelivery", "rejected", (ask, offerId) => redeliver(ask, { offerId })),
  replace: async (world) => {
    await world.terms({ policy: "replacement" });
    const id = await reach(world, "rejected");
    await world.terms({ policy: "refund" });
    return replace(world.on("seller", id));
  },
  confirmReturn: from("rejected", "seller", (ask) => confirmReturn(ask)),
  contestReturn: from("rejected", "seller", (ask) => contestReturn(ask)),
  escalate: from("contested", "buyer", (ask) => escalate(ask)),
  withdrawDispute: from("disputed", "buyer", (ask) => withdrawDispute(ask)),
  agreeSplit: offered("split", "disputed", (ask, offerId) => agreeSplit(ask, { offerId })),
  rule: from("disputed", "operator", (ask) => rule(ask, { buyerGets: 200_000n })),
  reopen: from("resolved", "operator", (ask) => reopen(ask)),
  extendDeadlines: from("funded", "clock", (ask) =>
    extendDeadlines(ask, { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 60 * 86_400_000) }),
  ),
  lookLater: from("funded", "clock", (ask) => lookLater(ask, "funded", () => null)),
  assignProvider: async (world) =>
    assignProvider(world.on("seller", await reach(world, "funded")), { providerId: await provider(world), share: 2_000 }),
  setOperatorShare: async (world) => {
    const [operatorId, sellerId] = [world.sellerOf("marketplace_operator"), world.sellerOf("individual")];
    const id = await world.checkout({ operatorId, share: 2_000 }, sellerId);
    return setOperatorShare(world.on("seller", id, sellerId), { operatorId, share: 5_000 });
  },
  makeOffer: from("disputed", "seller", (ask) => makeOffer(ask, { kind: "split", buyerGets: 225_000n })),
  expireOffer: async (world) => {
    const id = await reach(world, "disputed");
    const { offer } = await world.done(makeOffer(world.on("seller", id), { kind: "split", buyerGets: 225_000n }));
    await makeDue(world, "offers", Number(offer));
    return expireOffer(world.on("clock", id), { offerId: Number(offer) });
  },
  placeHold: async (world) => placeHold(operator(world), { orderId: await reach(world, "funded"), note: "looking into it" }),
  holdForOperator: async (world) => holdForOperator(world.on("rail", await reach(world, "funded")), { note: "disputed twice" }),
  holdForBreak: async (world) => holdForBreak(world.on("rail", await reach(world, "funded")), { note: "paid twice" }),
  liftHold: async (world) => {
    const id = await world.accepted();
    const { hold } = await world.done(placeHold(operator(world), { orderId: id, note: "looking into it" }));
    await world.due();
    return liftHold(operator(world), { holdId: Number(hold) });
  },
  objectToCancellation: async (world) => objectToCancellation(world.on("buyer", await cancelledForBuyer(world))),
  createProject: async (world) =>
    createProject(world.as("seller", "key"), { name: "A wall", description: "", contact: world.contact, startedBy: "seller" }),
  updateProject: async (world) =>
    updateProject(world.as("seller"), { projectId: await world.project(), name: "A garden wall", description: "" }),
  closeProject: async (world) => {
    const projectId = await world.project();
    await world.checkout({ projectId });
    return closeProject(world.as("seller"), { projectId });
  },
  saveProvider: async (world) => {
    const contact = { email: "carpenter@demo.tranche.test", phone: "+2348039999999" };
    return saveProvider(world.as("seller"), {
      ...contact,
      type: 1,
      firstName: "Musa",
      lastName: "Bala",
      details: account("7777"),
      providerId: null,
    });
  },
  removeProvider: async (world) => removeProvider(world.as("seller"), { providerId: await provider(world) }),
  setSeller: async (world) => {
    await bank(world, "0031");
    return setSeller(world.as("seller", "console"), { bank: account("0011") });
  },
  verifyIdentity: async (world) => {
    world.settings.identityNeeded = true;
    await world.accepted();
    await world.due();
    world.settings.identityNeeded = false;
    await world.database.ownerPool.query("UPDATE sellers SET identity_verified_at = NULL");
    return verifyIdentity(operator(world));
  },
  noteRotation: async (world) => noteRotation(world.as("seller")),
  addFloat: async (world) => addFloat(operator(world), { amount: 1_000_000n, currency: "NGN" }),
  changeMoney: async (world) =>
    changeMoney(operator(world), {
      gave: { rail: "sandbox", currency: "NGN", amount: 410_000n },
      got: { rail: "sandbox", currency: "USD", amount: 1_000n },
      surplus: 410_000n,
    }),
  takeFees: async (world) => {
    await reach(world, "accepted");
    return takeFees(operator(world), { escrow: 50_000n, payout: 0n, currency: "NGN", surplus: 60_000n });
  },
  writeOff: async (world) => {
    await world.done(loseDispute(await paymentAsk(world, await reach(world, "completed")), { amount: 450_000n, fee: 0n }));
    return writeOff(operator(world), { amount: 1_000n, currency: "NGN" });
  },
};
