import { afterAll, beforeAll, expect, test } from "vitest";
import type { RailName } from "../../../emulator/start.ts";
import { accept } from "../../src/actions/accept.ts";
import { cancel } from "../../src/actions/cancel.ts";
import { deliver } from "../../src/actions/deliver.ts";
import { must } from "../../src/domain/fault.ts";
import type { WorldOver } from "./over-rail.ts";
import { worldOver } from "./over-rail.ts";

/**
 * Registers the lives of orders that every rail which takes payments must carry, over the whole server and the rail's emulator. `pageLapses`:
 * the rail's page ends no later than its order does.
 */
export function railLife(name: RailName, { pageLapses = false }: { readonly pageLapses?: boolean } = {}): void {
  let world: WorldOver;
  beforeAll(async () => {
    world = await worldOver(name);
  });
  afterAll(() => world.close());

  const completed = (id: number) => async () => (await world.state(id)) === "completed";

  test("an order is paid on the rail's page, delivered, accepted, and the seller is paid at the bank", async () => {
    const id = await world.bought();
    expect(await world.state(id)).toBe("funded");
    const { rail, net } = await world.order(id);
    expect(rail).toBe(name);
    const before = world.arrived();
    await world.done(deliver(world.on("seller", id)));
    await world.done(accept(world.on("buyer", id)));
    expect(await world.until(completed(id))).toBe(true);
    expect(world.arrived().banks - before.banks).toBe(net);
    await world.sound();
  });

  test("an order that the seller cancels goes back to the payer, all of it", async () => {
    const id = await world.bought();
    const before = world.arrived();
    await world.done(cancel(world.on("seller", id), { comment: "sold out" }));
    expect(await world.until(completed(id))).toBe(true);
    expect(world.arrived().payers - before.payers).toBe(450_000n);
    await world.sound();
  });

  test("a payment that fails on the rail's page can be tried again", async () => {
    const { page, orderId } = await world.toPage();
    await world.play(page, "fail");
    await world.settleDown();
    expect(await world.state(orderId)).toBe("awaiting_payment");
    await world.play(page, "pay");
    await world.settleDown();
    expect(await world.state(orderId)).toBe("funded");
  });

  const after = pageLapses ? "nothing can be paid afterwards" : "money that comes afterwards goes back";
  test(`a page that nobody pays on lets its order expire, and ${after}`, async () => {
    const { page, orderId } = await world.toPage();
    expect(await world.until(async () => (await world.state(orderId)) === "expired")).toBe(true);
    const before = world.arrived();
    const moved = world.emulated.movements().length;
    await world.play(page, "pay");
    await world.settleDown();
    if (pageLapses) {
      expect(world.emulated.movements()).toHaveLength(moved);
      return;
    }
    expect(await world.until(async () => world.arrived().payers - before.payers === 450_000n)).toBe(true);
    await world.settleDown();
    await world.sound();
  });

  test("a payout that comes back without a word is found out within a day, and the payee is owed it again", async () => {
    const id = await world.bought();
    world.emulated.script(
      { fault: "reversed", on: world.calls.payout, times: 1 },
      { fault: "webhook_never", on: world.calls.payout, times: 1 },
    );
    await world.done(deliver(world.on("seller", id)));
    await world.done(accept(world.on("buyer", id)));
    const last = async () => (await world.sends(id))[0]?.state;
    expect(await world.until(async () => (await last()) === "succeeded")).toBe(true);
    await world.forward(2 * 3_600_000);
    expect(await last()).toBe("succeeded");
    await world.forward(24 * 3_600_000);
    expect(await last()).toBe("parked");
    await world.sound();
  });

  test("a dispute that is won gives the order its money back, and the books have what the rail charged for it", async () => {
    const id = await world.bought();
    const reference = must((await world.paymentsOf(id))[0], "a payment").reference;
    const dispute = world.emulated.levers.openDispute(reference, undefined) as { readonly id: number | string };
    await world.settleDown();
    world.emulated.levers.resolveDispute(String(dispute.id), "won");
    await world.settleDown();
    expect((await world.paymentsOf(id))[0]?.state).toBe("received");
    await world.sound();
    await world.done(deliver(world.on("seller", id)));
    await world.done(accept(world.on("buyer", id)));
    await world.until(async () => (await world.state(id)) === "completed");
    expect(await world.state(id)).toBe("completed");
    await world.sound();
  });

  test("a dispute that is lost takes the order's money, and nobody is paid twice", async () => {
    const id = await world.bought();
    const reference = (await world.paymentsOf(id))[0]?.reference ?? "";
    const dispute = world.emulated.levers.openDispute(reference, undefined) as { readonly id: number | string };
    await world.settleDown();
    world.emulated.levers.resolveDispute(String(dispute.id), "lost");
    expect(await world.until(completed(id))).toBe(true);
    expect((await world.order(id)).lastAction).toBe("settle");
    expect(await world.sends(id)).toEqual([]);
    await world.sound();
  });
}
