import { accept } from "../../src/actions/accept.ts";
import { cancel } from "../../src/actions/cancel.ts";
import { giveBack, handOver } from "../../src/actions/book-steps.ts";
import { receivePayment } from "../../src/actions/receive-payment.ts";
import { setSeller, verifyIdentity } from "../../src/actions/sellers.ts";
import { reopen, rule } from "../../src/actions/settle-dispute.ts";
import { giveRefundAccount } from "../../src/actions/unpark.ts";
import type { Disbursement } from "../../src/domain/facts.ts";
import { must } from "../../src/domain/fault.ts";
import {
  account,
  attemptReference,
  bank,
  dispute,
  expectDone,
  fallDue,
  lose,
  makeDue,
  payouts,
  reach,
  referenceOf,
  withRail,
} from "./states.ts";
import type { World } from "./world.ts";

export interface Walked {
  readonly name: string;
  run(world: World): Promise<void>;
}

/** An order with one payment that its payer has acted on as told. */
async function played(world: World, outcome: Parameters<World["pay"]>[1]): Promise<{ id: number; reference: string }> {
  const id = await world.checkout();
  return { id, reference: await world.pay(id, outcome) };
}

async function play(world: World, reference: string, outcome: "success" | "decline" | "abandon"): Promise<void> {
  expectDone(await world.rail.play(reference, outcome));
  await world.due();
}

async function askRail(world: World, orderId: number): Promise<void> {
  const [payment] = await world.paymentsOf(orderId);
  await makeDue(world, "payments", must(payment, "a payment").id);
  await world.due();
}

const silence = async () => {
  throw new Error("no answer");
};

/** Unknown money in the house's book. */
export async function unknownMoney(
  world: World,
  amount = 450_000n,
): Promise<{ paymentId: number; railReference: string; reference: string }> {
  const reference = `nobody-${Math.random()}`;
  expectDone(await world.rail.emitUnknown(reference, amount, "NGN"));
  await world.due();
  const { rows } = await world.engine.pool.query("SELECT id, rail_reference FROM payments WHERE seller_id = 0 AND reference = $1", [
    reference,
  ]);
  const row = must(rows[0], "the house's payment");
  return { paymentId: Number(row["id"]), railReference: String(row["rail_reference"]), reference };
}

/** An order whose seller has an account with that ending, accepted and paid out; the seller's account is a good one again afterwards. */
export async function paidTo(world: World, ending: string): Promise<{ id: number; payout: () => Promise<Disbursement> }> {
  await bank(world, ending);
  const id = await world.accepted();
  await world.due();
  // A good account again, without waking what is parked.
  await world.done({ ...setSeller(world.as("seller", "console"), { bank: account("0011") }), refs: {} });
  return { id, payout: async () => must((await payouts(world, id))[0], "a payout") };
}

async function ask(world: World, payout: Disbursement): Promise<void> {
  await makeDue(world, "attempts", must(payout.attemptId ?? undefined, "an attempt"));
  await world.due();
}

async function withIdentity(world: World, work: () => Promise<void>): Promise<void> {
  world.settings.identityNeeded = true;
  try {
    await work();
    await world.done(verifyIdentity(world.as("operator", "operator:1")));
    await world.due();
  } finally {
    world.settings.identityNeeded = false;
    await world.database.ownerPool.query("UPDATE sellers SET identity_verified_at = NULL");
  }
}

export const moneyWalks: readonly Walked[] = [
  {
    name: "a payment that fails, and money that comes on it afterwards",
    run: async (world) => {
      const { reference } = await played(world, "decline");
      await play(world, reference, "success");
    },
  },
  { name: "a payment that is pending first", run: async (world) => void (await played(world, "pending_then_success")) },
  {
    name: "a pending payment that fails",
    run: async (world) => {
      const { reference } = await played(world, "pending");
      await play(world, reference, "decline");
    },
  },
  {
    name: "payments the payer abandons, opened and pending, and money that comes after all",
    run: async (world) => {
      for (const outcome of ["abandon", "pending"] as const) {
        const { id, reference } = await played(world, outcome);
        await play(world, reference, "abandon");
        await askRail(world, id);
        await play(world, reference, "success");
      }
    },
  },
  {
    name: "payments about which the rail says nothing for days",
    run: async (world) => {
      for (const outcome of ["abandon", "pending"] as const) {
        const { id } = await played(world, outcome);
        await fallDue(world, id, 73 * 3_600_000);
        await withRail(world, { lookUpPayment: silence }, () => world.due());
      }
    },
  },
  {
    name: "a second payment on the same reference",
    run: async (world) => {
      const { reference } = await played(world, "success");
      expectDone(await world.rail.payAgain(reference));
      await world.due();
    },
  },
  {
    name: "a dispute that is won",
    run: async (world) => {
      const reference = await dispute(world, await world.funded());
      expectDone(await world.rail.winDispute(reference));
      await world.due();
    },
  },
  {
    name: "a dispute that is lost without its opening having been told",
    run: async (world) => {
      const reference = await referenceOf(world, await world.funded());
      expectDone(await world.rail.openDispute(reference));
      await world.database.ownerPool.query("UPDATE rail_events SET due_at = NULL WHERE reference = $1", [reference]);
      expectDone(await world.rail.loseDispute(reference));
      await world.due();
    },
  },
  {
    name: "unknown money that the operator hands over to its order, and other that goes back",
    run: async (world) => {
      const id = await world.checkout();
      const unknown = await unknownMoney(world);
      const house = { paymentId: unknown.paymentId, orderId: null };
      const handed = await world.done(
        handOver({ ...world.as("operator", "operator:1", 0), ...house }, { sellerId: world.seller, orderId: id }),
      );
      const receipt = {
        rail: "sandbox",
        reference: unknown.reference,
        railReference: unknown.railReference,
        amount: 450_000n,
        currency: "NGN",
      };
      const fee = BigInt(Number(handed["fee"]));
      await world.done(receivePayment(world.as("rail", "rail:sandbox"), { ...receipt, fee, paymentId: null, orderId: id }));
      const back = await unknownMoney(world);
      await world.done(giveBack({ ...world.as("operator", "operator:1", 0), paymentId: back.paymentId, orderId: null }));
      const part = await unknownMoney(world);
      expectDone(await world.rail.openDispute(part.reference, 20_000n));
      expectDone(await world.rail.loseDispute(part.reference, 20_000n));
      await world.due();
      await world.done(giveBack({ ...world.as("operator", "operator:1", 0), paymentId: part.paymentId, orderId: null }));
      await world.due();
    },
  },
  {
    name: "late money, which the rail's report itself sends back",
    run: async (world) => {
      const { reference } = await played(world, "success");
      expectDone(await world.rail.payAgain(reference));
      await world.due();
    },
  },
  {
    name: "a payout whose answer is lost, and one that never arrived at the rail",
    run: async (world) => {
      for (const ending of ["0003", "0002"]) {
        const { payout } = await paidTo(world, ending);
        await ask(world, await payout());
      }
    },
  },
  {
    name: "a payout in doubt that the rail then says is pending, and one it says failed",
    run: async (world) => {
      for (const status of ["pending", "failed"] as const) {
        const { payout } = await withRail(world, { send: silence }, () => paidTo(world, "0011"));
        await withRail(world, { lookUpSend: async () => ({ status, fault: "rail" }) }, async () => ask(world, await payout()));
        // A failed one waits a minute before it is tried again.
        if (status === "pending") await ask(world, await payout());
        else await makeDue(world, "disbursements", (await payout()).id);
        await world.due();
      }
    },
  },
  {
    name: "payouts that are pending, of which one succeeds and one fails",
    run: async (world) => {
      const good = await paidTo(world, "0001");
      await ask(world, await good.payout());
      await ask(world, await good.payout());
      const bad = await paidTo(world, "0001");
      expectDone(await world.rail.concludeSend(await attemptReference(world, await bad.payout()), "fail"));
      await world.due();
      await bank(world, "0012");
      await world.due();
    },
  },
  {
    name: "a payout that fails by the rail's fault and is tried again",
    run: async (world) => {
      const { payout } = await paidTo(world, "0004");
      await makeDue(world, "disbursements", (await payout()).id);
      await world.due();
    },
  },
  {
    name: "a payout to a dead account, parked, with new details queued again",
    run: async (world) => {
      await paidTo(world, "0009");
      await bank(world, "0013");
      await world.due();
    },
  },
  {
    name: "a payout that comes back after it succeeded",
    run: async (world) => {
      const { payout } = await paidTo(world, "0008");
      expectDone(await world.rail.concludeSend(await attemptReference(world, await payout()), "reverse"));
      await world.due();
      await bank(world, "0014");
      await world.due();
    },
  },
  {
    name: "a refund to a card that takes none, with an account from the buyer",
    run: async (world) => {
      const id = await world.checkout();
      await world.pay(id, "success", { card: "refund_dead" });
      await world.done(cancel(world.on("buyer", id)));
      await world.due();
      await world.done(giveRefundAccount(world.on("buyer", id), { details: account("0015") }));
      await world.due();
    },
  },
  {
    name: "a payout that waits for the seller's identity",
    run: (world) =>
      withIdentity(world, async () => {
        const id = await world.delivered();
        await world.done(accept(world.on("buyer", id)));
        await world.due();
      }),
  },
  {
    name: "a parked payout of a ruling that is reopened, and one of a payment that is charged back",
    run: (world) =>
      withIdentity(world, async () => {
        const id = await reach(world, "disputed");
        await world.done(rule(world.on("operator", id), { buyerGets: 0n }));
        await world.due();
        await world.done(reopen(world.on("operator", id)));
        const other = await world.accepted();
        await world.due();
        await lose(world, other);
      }),
  },
  {
    name: "a small payout that waits for the next and goes out with it",
    run: async (world) => {
      const small = await reach(world, "disputed");
      await world.done(rule(world.on("operator", small), { buyerGets: 445_000n }));
      await world.due();
      await world.accepted();
      await world.due();
    },
  },
];
