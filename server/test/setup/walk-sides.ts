import { accept } from "../../src/actions/accept.ts";
import { addFloat, changeMoney, takeFees, writeOff } from "../../src/actions/book-steps.ts";
import { cancel } from "../../src/actions/cancel.ts";
import { liftHold, objectToCancellation, placeHold } from "../../src/actions/holds.ts";
import { makeOffer } from "../../src/actions/offer.ts";
import { closeProject, createProject, updateProject } from "../../src/actions/projects.ts";
import { removeProvider } from "../../src/actions/providers.ts";
import { noteRotation, setSeller, verifyIdentity } from "../../src/actions/sellers.ts";
import { agreeSplit, rule, withdrawDispute } from "../../src/actions/settle-dispute.ts";
import { must } from "../../src/domain/fault.ts";
import { bank, dispute, fallDue, lose, makeDue, provider, reach } from "./states.ts";
import type { Walked } from "./walk-money.ts";
import type { World } from "./world.ts";

async function offered(
  world: World,
  by: "buyer" | "seller",
  from: "delivered" | "disputed" = "disputed",
): Promise<{ id: number; offer: number }> {
  const id = await reach(world, from);
  return { id, offer: await offerAgain(world, by, id) };
}

async function offerAgain(world: World, by: "buyer" | "seller", id: number): Promise<number> {
  return Number((await world.done(makeOffer(world.on(by, id), { kind: "split", buyerGets: 100_000n })))["offer"]);
}

async function moveOn(world: World, id: number): Promise<void> {
  await fallDue(world, id);
  await world.due();
}

/** The seller's key cancels for the buyer, late: the fee waits for an objection. */
export async function cancelledForBuyer(world: World): Promise<number> {
  await world.terms({ sla: 1, cancellationFee: 20_000 });
  const id = await world.funded();
  await world.terms({ sla: null, cancellationFee: 0 });
  await world.database.ownerPool.query("UPDATE orders SET free_cancel_until = free_cancel_until - interval '2 days' WHERE id = $1", [id]);
  world.settings.objectionHold = 72 * 3_600_000;
  await world.done(cancel({ ...world.on("buyer", id), actor: { party: "buyer", name: "seller_for_buyer" } }));
  world.settings.objectionHold = 0;
  await world.due();
  return id;
}

async function theHold(world: World, id: number): Promise<number> {
  return must((await world.holdsOf(id))[0], "a hold").id;
}

const operator = (world: World) => world.as("operator", "operator:1");

export const sideWalks: readonly Walked[] = [
  {
    name: "offers accepted by each party",
    run: async (world) => {
      const bySeller = await offered(world, "seller");
      await world.done(agreeSplit(world.on("buyer", bySeller.id), { offerId: bySeller.offer }));
      const byBuyer = await offered(world, "buyer");
      await world.done(agreeSplit(world.on("seller", byBuyer.id), { offerId: byBuyer.offer }));
    },
  },
  {
    name: "a ruling proposed by one operator over an open offer, and seconded by another",
    run: async (world) => {
      const { id } = await offered(world, "seller");
      world.settings.secondOperatorAbove = 400_000n;
      await world.done(rule({ ...world.on("operator", id), actor: { party: "operator", name: "operator:1" } }, { buyerGets: 1_000n }));
      await world.done(rule({ ...world.on("operator", id), actor: { party: "operator", name: "operator:2" } }, { buyerGets: 1_000n }));
      world.settings.secondOperatorAbove = 0n;
    },
  },
  {
    name: "offers replaced by each party",
    run: async (world) => {
      const { id } = await offered(world, "seller");
      await offerAgain(world, "buyer", id);
      await offerAgain(world, "seller", id);
    },
  },
  {
    name: "offers voided by what each party does",
    run: async (world) => {
      const { id } = await offered(world, "seller");
      await world.done(withdrawDispute(world.on("buyer", id)));
      const second = await offered(world, "buyer");
      await world.done(withdrawDispute(world.on("seller", second.id)));
      const third = await offered(world, "buyer");
      await world.done(rule(world.on("operator", third.id), { buyerGets: 0n }));
      const fourth = await offered(world, "buyer");
      await lose(world, fourth.id);
      const fifth = await offered(world, "buyer", "delivered");
      await moveOn(world, fifth.id);
    },
  },
  {
    name: "an offer that nobody accepts in time",
    run: async (world) => {
      const { offer } = await offered(world, "seller");
      await makeDue(world, "offers", offer);
      await world.due();
    },
  },
  {
    name: "a hold that the operator places and lifts, on an order and on a project",
    run: async (world) => {
      const project = await world.project();
      const id = await world.accepted({ projectId: project });
      for (const about of [{ orderId: id }, { projectId: project }]) {
        const { hold } = await world.done(placeHold(operator(world), { ...about, note: "looking into it" }));
        await world.due();
        await world.done(liftHold(operator(world), { holdId: Number(hold) }));
      }
      await world.due();
    },
  },
  {
    name: "a buyer's objection to a cancellation, kept until the operator lifts it, and one that lifts by itself",
    run: async (world) => {
      const objected = await cancelledForBuyer(world);
      const hold = await theHold(world, objected);
      await world.done(objectToCancellation(world.on("buyer", objected)));
      await world.done(liftHold(operator(world), { holdId: hold }));
      await world.due();
      const silent = await cancelledForBuyer(world);
      await makeDue(world, "holds", await theHold(world, silent));
      await world.due();
    },
  },
  {
    name: "a cooling-off after new details, whose end queues what waited",
    run: async (world) => {
      world.settings.coolingOff = 86_400_000;
      await bank(world, "0021");
      world.settings.coolingOff = 0;
      const id = await world.accepted();
      await world.due();
      const { rows } = await world.engine.pool.query<{ id: bigint }>(
        "SELECT id FROM holds WHERE state = 'standing' AND reason = 'cooling_off'",
      );
      await makeDue(world, "holds", Number(must(rows[0], "a hold").id));
      const [payout] = await world.sends(id);
      await makeDue(world, "disbursements", must(payout, "a payout").id);
      await world.due();
    },
  },
  {
    name: "identity asked for when silence accepts",
    run: async (world) => {
      world.settings.identityNeeded = true;
      await world.terms({ acceptAfterDays: 3 });
      const id = await world.delivered();
      await world.terms({ acceptAfterDays: null });
      await moveOn(world, id);
      world.settings.identityNeeded = false;
      await world.done(verifyIdentity(operator(world)));
      await world.due();
      await world.database.ownerPool.query("UPDATE sellers SET identity_verified_at = NULL");
    },
  },
  {
    name: "identity asked for when the buyer accepts",
    run: async (world) => {
      world.settings.identityNeeded = true;
      const id = await world.delivered();
      await world.done(accept(world.on("buyer", id)));
      world.settings.identityNeeded = false;
      await world.done(verifyIdentity(operator(world)));
      await world.due();
    },
  },
  {
    name: "a hold that the rail lifts",
    run: async (world) => {
      const reference = await dispute(world, await world.funded());
      await world.rail.winDispute(reference);
      await world.due();
    },
  },
  {
    name: "projects made, changed and closed by buyer and seller",
    run: async (world) => {
      for (const by of ["buyer", "seller"] as const) {
        const made = await world.done(
          createProject(world.as(by), { name: "A wall", description: "", contact: world.contact, startedBy: by }),
        );
        const projectId = Number(made["project"]);
        await world.done(updateProject(world.as(by), { projectId, name: "A garden wall", description: "" }));
        await world.done(closeProject(world.as(by), { projectId }));
      }
    },
  },
  {
    name: "a service provider changed and removed",
    run: async (world) => {
      const id = await provider(world);
      await provider(world, "7778", 1, id);
      await world.done(removeProvider(world.as("seller"), { providerId: id }));
    },
  },
  {
    name: "a seller's settings and keys, by itself and by the operator",
    run: async (world) => {
      for (const by of ["seller", "operator"] as const) {
        await world.done(setSeller(world.as(by), { callbackFormat: "json" }));
        await world.done(noteRotation(world.as(by)));
      }
    },
  },
  {
    name: "the operator's own steps in a book, and a settlement of the rail",
    run: async (world) => {
      await world.done(addFloat(operator(world), { amount: 1_000_000n, currency: "NGN" }));
      await world.done(takeFees(operator(world), { escrow: 50_000n, payout: 0n, currency: "NGN", surplus: 60_000n }));
      await world.done(
        changeMoney(operator(world), {
          gave: { rail: "sandbox", currency: "NGN", amount: 410_000n },
          got: { rail: "sandbox", currency: "USD", amount: 1_000n },
          surplus: 410_000n,
        }),
      );
      const id = await reach(world, "completed");
      await lose(world, id, undefined, 150_000n);
      const { rows } = await world.engine.pool.query<{ balance: bigint }>("SELECT balance FROM accounts WHERE account = $1", [
        `seller:${world.seller}:receivable`,
      ]);
      await world.done(writeOff(operator(world), { amount: must(rows[0], "a debt").balance, currency: "NGN" }));
      await world.rail.settle(new Date(Date.now() + 2 * 86_400_000));
      await world.due();
    },
  },
];
