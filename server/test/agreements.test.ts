import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accept } from "../src/actions/accept.ts";
import { agree, amend, openAgreedCheckout, propose } from "../src/actions/agree.ts";
import { assignProvider, setOperatorShare } from "../src/actions/assign-provider.ts";
import { deliver } from "../src/actions/deliver.ts";
import { openCheckout } from "../src/actions/open-checkout.ts";
import { removeProvider, saveProvider } from "../src/actions/providers.ts";
import { setSeller } from "../src/actions/sellers.ts";
import { account, makeDue, payouts, proposal, provider, reach } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { day, details, testWorld } from "./setup/world.ts";
import { newTokenHash } from "./setup/token-hash.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  await world.float();
});
afterEach(() => world.sound());
afterAll(() => world.close());

const state = async (id: number, seller = world.seller) => (await world.order(id, seller)).state;

describe("an agreement person to person", () => {
  test("is made by the party that did not write this version, naming it", async () => {
    const id = await proposal(world, "seller");
    expect(await world.refused(agree(world.on("seller", id), { version: 1 }))).toBe("own_version");
    expect(await world.refused(agree(world.on("buyer", id), { version: 7 }))).toBe("mismatch");
    await world.done(amend(world.on("buyer", id), { productCost: 500_000n }));
    expect(await state(id)).toBe("proposed");
    expect(await world.refused(agree(world.on("buyer", id), { version: 2 }))).toBe("own_version");
    expect(await world.refused(agree(world.on("seller", id), { version: 1 }))).toBe("mismatch");
    await world.done(agree(world.on("seller", id), { version: 2 }));
    expect(await world.order(id)).toMatchObject({ state: "agreed", productCost: 500_000n, amount: 550_000n, type: 2 });
  });

  test("starts again with a new version, and so does the time to agree", async () => {
    const id = await reach(world, "agreed");
    await world.database.ownerPool.query(
      "UPDATE orders SET agree_by = agree_by - interval '20 days', due_at = due_at - interval '20 days' WHERE id = $1",
      [id],
    );
    await world.done(amend(world.on("seller", id), { productCost: 300_000n }));
    const first = await world.order(id);
    expect([first.state, Math.round(((first.agreeBy?.getTime() ?? 0) - first.updatedAt.getTime()) / 86_400_000)]).toEqual(["proposed", 30]);
    await world.database.ownerPool.query(
      "UPDATE orders SET agree_by = agree_by - interval '20 days', due_at = due_at - interval '20 days' WHERE id = $1",
      [id],
    );
    await world.done(amend(world.on("buyer", id), { productCost: 310_000n }));
    const second = await world.order(id);
    expect(Math.round(((second.agreeBy?.getTime() ?? 0) - second.updatedAt.getTime()) / 86_400_000)).toBe(30);
    expect(second.dueAt).toEqual(second.agreeBy);
  });

  test("is paid only by the buyer, after it was agreed upon", async () => {
    const id = await proposal(world, "buyer");
    const open = (party: "buyer" | "seller") => openAgreedCheckout(world.on(party, id), { tokenHash: newTokenHash() });
    expect(await world.refused(open("buyer"))).toBe("not_now");
    await world.done(agree(world.on("seller", id), { version: 1 }));
    expect(await world.refused(open("seller"))).toBe("not_you");
    await world.done(open("buyer"));
    await world.pay(id);
    await world.done(deliver(world.on("seller", id)));
    await world.done(accept(world.on("buyer", id)));
    await world.due();
    expect(await state(id)).toBe("completed");
  });

  test("has its own limit of the escrow fee", async () => {
    const cost = 1_000_000_000n;
    const input = { productCost: cost, details, shopOrderId: "", contact: world.contact, projectId: null };
    const id = Number((await world.done(propose(world.as("seller"), input)))["order"]);
    const shop = await world.checkout({ productCost: cost });
    expect([(await world.order(id)).escrowFee, (await world.order(shop)).escrowFee]).toEqual([5_000_000n, 200_000n]);
  });

  test("cannot be planned in another buyer's project", async () => {
    const projectId = await world.project();
    const contact = { email: "other@demo.tranche.test", phone: "+2348035550000" };
    const input = { productCost: 400_000n, details, shopOrderId: "", contact, projectId };
    expect(await world.refused(propose(world.as("buyer"), input))).toBe("project_unknown");
  });
});

describe("a marketplace operator's share", () => {
  const seller = () => world.sellerOf("individual");
  const operatorId = () => world.sellerOf("marketplace_operator");

  test("goes to the operator from the seller's own order, in the seller's own book", async () => {
    const id = await world.checkout({ operatorId: operatorId(), share: 2_000 }, seller());
    await world.pay(id, "success", {}, seller());
    await world.done(deliver(world.on("seller", id, seller())));
    await world.done(accept(world.on("buyer", id, seller())));
    await world.due();
    const sends = await world.sends(id, seller());
    expect(sends.map((one) => [one.payeeKind, one.payeeId, one.amount, one.state])).toEqual([
      ["seller", seller(), 302_600n, "succeeded"],
      ["operator", operatorId(), 75_650n, "succeeded"],
    ]);
    expect(await state(id, seller())).toBe("completed");
    const { rows } = await world.engine.pool.query("SELECT sent_to->>'accountNumber' AS number FROM attempts WHERE id = $1", [
      sends[1]?.attemptId,
    ]);
    expect(rows).toEqual([{ number: "0123450022" }]);
    const listed = await world.engine.pool.query("SELECT seller_id FROM operator_orders WHERE operator_id = $1 AND order_id = $2", [
      operatorId(),
      id,
    ]);
    expect(listed.rows).toHaveLength(1);
  });

  test("waits out the cooling-off of a new account, although that was registered in another book", async () => {
    const of = operatorId();
    world.settings.coolingOff = day;
    try {
      await world.done(setSeller(world.as("seller", "console", of), { bank: account("0033") }));
      const id = await world.checkout({ operatorId: of, share: 2_000 }, seller());
      await world.pay(id, "success", {}, seller());
      await world.done(deliver(world.on("seller", id, seller())));
      await world.done(accept(world.on("buyer", id, seller())));
      await world.due();
      const share = async () => (await world.sends(id, seller())).find((one) => one.payeeKind === "operator");
      expect([(await share())?.state, (await share())?.reason]).toEqual([
        "parked",
        expect.stringContaining("The payout details were changed"),
      ]);
      // The seller's own part does not wait for it, and nobody has to do anything.
      expect((await world.sends(id, seller())).find((one) => one.payeeKind === "seller")?.state).toBe("succeeded");
      const wakes = (await share())?.dueAt?.getTime() ?? 0;
      expect(wakes).toBeGreaterThan(Date.now() + day - 3_600_000);
      await world.database.ownerPool.query("UPDATE sellers SET bank_changed_at = bank_changed_at - interval '25 hours' WHERE id = $1", [
        of,
      ]);
      await makeDue(world, "disbursements", (await share())?.id ?? 0);
      await world.due();
      expect([(await share())?.state, await state(id, seller())]).toEqual(["succeeded", "completed"]);
    } finally {
      world.settings.coolingOff = 0;
    }
  });

  test("can be changed until the order ends, by the order's own operator alone", async () => {
    const id = await world.checkout({ operatorId: operatorId(), share: 2_000 }, seller());
    await world.pay(id, "success", {}, seller());
    const on = world.on("seller", id, seller());
    expect(await world.refused(setOperatorShare(on, { operatorId: world.seller, share: 100 }))).toBe("seller_not_associated");
    await world.done(setOperatorShare({ ...on, id: world.as("seller").id }, { operatorId: operatorId(), share: 5_000 }));
    expect((await world.order(id, seller())).share).toBe(5_000);
  });

  test("is refused where the seller is not associated with the operator, and takes no other provider beside it", async () => {
    await expect(world.checkout({ operatorId: operatorId(), share: 2_000 })).rejects.toThrow("seller_not_associated");
    const id = await world.checkout({ operatorId: operatorId(), share: 2_000 }, seller());
    const input = {
      type: 1 as const,
      firstName: "A",
      lastName: "B",
      email: "p@demo.tranche.test",
      phone: "+2348039999991",
      details: {},
      providerId: null,
    };
    const made = await world.done(saveProvider(world.as("seller", "key", seller()), input));
    const on = world.on("seller", id, seller());
    expect(await world.refused(assignProvider(on, { providerId: Number(made["provider"]), share: 100 }))).toBe("invalid");
  });
});

describe("a service provider", () => {
  test("is one per order: the second replaces the first, and none comes after the end", async () => {
    const [first, second] = [await provider(world), await provider(world)];
    const id = await world.delivered();
    await world.done(assignProvider(world.on("seller", id), { providerId: first, share: 1_000 }));
    await world.done(assignProvider(world.on("seller", id), { providerId: second, share: 5_000 }));
    await world.done(accept(world.on("buyer", id)));
    expect((await payouts(world, id, "service_provider")).map((one) => [one.payeeId, one.amount])).toEqual([[second, 189_125n]]);
    expect(await world.refused(assignProvider(world.on("seller", id), { providerId: first, share: 1_000 }))).toBe("not_now");
    await world.due();
  });

  test("that was removed takes part in no new order, and is paid for the old ones", async () => {
    const providerId = await provider(world);
    const id = await world.delivered();
    await world.done(assignProvider(world.on("seller", id), { providerId, share: 5_000 }));
    await world.done(removeProvider(world.as("seller"), { providerId }));
    expect(await world.refused(openCheckout(world.as("buyer"), { ...blank(), providerId, share: 5_000 }))).toBe("provider_unknown");
    expect(await world.refused(assignProvider(world.on("seller", await world.funded()), { providerId, share: 1 }))).toBe(
      "provider_unknown",
    );
    await world.done(accept(world.on("buyer", id)));
    await world.due();
    expect(await state(id)).toBe("completed");
  });

  test("of an unsigned form gets no more than the seller allows", async () => {
    const providerId = await provider(world);
    await world.database.ownerPool.query("UPDATE sellers SET provider_share_limit = 3000 WHERE id = $1", [world.seller]);
    expect(await world.refused(openCheckout(world.as("buyer"), { ...blank(), providerId, share: 6_999 }))).toBe("share_above_limit");
    await world.checkout({ providerId, share: 7_000 });
    await world.checkout({ providerId, share: 1_000, source: "signed" });
    await world.database.ownerPool.query("UPDATE sellers SET provider_share_limit = 10000 WHERE id = $1", [world.seller]);
  });
});

describe("an order in dollars", () => {
  test("keeps its book in naira at a frozen ratio, within 2 % of our rate", async () => {
    const usd = { currency: "USD", amountFx: 976n };
    const id = await world.delivered(usd);
    expect(await world.order(id)).toMatchObject({ currency: "USD", bookCurrency: "NGN", amount: 450_000n, conversionRatio: "409.836066" });
    await world.done(accept(world.on("buyer", id)));
    await world.due();
    expect((await payouts(world, id)).map((one) => [one.amount, one.currency, one.state])).toEqual([[383_250n, "NGN", "succeeded"]]);
    expect(await world.refused(openCheckout(world.as("buyer"), { ...blank(), ...usd, amountFx: 956n }))).toBe("rate_mismatch");
    expect(await world.refused(openCheckout(world.as("buyer"), { ...blank(), ...usd, amountFx: 996n }))).toBe("rate_mismatch");
    expect(await world.refused(openCheckout(world.as("buyer"), { ...blank(), ...usd, amountFx: null }))).toBe("invalid");
    expect(await world.refused(openCheckout(world.as("buyer"), { ...blank(), currency: "EUR", amountFx: 976n }))).toBe("currency_unknown");
  });

  test("is the only kind that a provider paid in dollars can take part in", async () => {
    const providerId = await provider(world, "7777", 2);
    expect(await world.refused(openCheckout(world.as("buyer"), { ...blank(), providerId, share: 5_000 }))).toBe("invalid");
    expect(await world.refused(assignProvider(world.on("seller", await world.funded()), { providerId, share: 5_000 }))).toBe("invalid");
    const id = await world.checkout({ currency: "USD", amountFx: 976n, providerId, share: 5_000 });
    expect((await world.order(id)).providerId).toBe(providerId);
  });
});

test("a product too cheap for its fees is refused at the checkout", async () => {
  await world.terms({ escrowFeeBearer: "seller" });
  expect(await world.refused(openCheckout(world.as("buyer"), { ...blank(), productCost: 50_000n }))).toBe("amount_too_small");
  await world.terms({ escrowFeeBearer: "buyer" });
});

function blank() {
  const { contact } = world;
  const ids = { projectId: null, providerId: null, share: null, operatorId: null };
  const money = { productCost: 400_000n, currency: "NGN", amountFx: null };
  return {
    contact,
    ...ids,
    ...money,
    shopOrderId: `s-${Math.random()}`,
    details,
    source: "browser" as const,
    payAgain: false,
    tokenHash: newTokenHash(),
  };
}
