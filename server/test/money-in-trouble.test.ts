import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../src/domain/fault.ts";
import { words } from "./setup/http-answers.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";
import { attemptReference, bank, expectDone, payouts, reach } from "./setup/states.ts";

let world: HttpWorld;
let me: Awaited<ReturnType<HttpWorld["signIn"]>>;
beforeAll(async () => {
  world = await httpWorld();
  await world.float();
  me = await world.signIn("operator");
});
afterAll(async () => {
  await world.sound();
  await world.close();
});

const operatorsPage = async (id: number) => words((await world.get(`/operator/orders/${world.seller}/${id}`, me.headers)).text);
const payout = async (id: number) => must((await payouts(world, id))[0], "a payout");

describe("a payout that arrived and came back after the order was completed", () => {
  let id: number;
  beforeAll(async () => {
    await bank(world, "0008");
    id = await reach(world, "delivered");
    await world.post(await world.linkTo("buyer@demo.tranche.test", id), { action: "accept" });
    await world.due();
    expect((await world.order(id)).state).toBe("completed");
    expectDone(await world.rail.concludeSend(await attemptReference(world, await payout(id)), "reverse"));
    await world.due();
  });

  test("no page says that all money has arrived; each says that it came back and what it waits for", async () => {
    const seller = await world.signIn("seller");
    const pages = [
      await operatorsPage(id),
      words((await world.get(`/seller/orders/${id}`, seller.headers)).text),
      words((await world.get(await world.linkTo("buyer@demo.tranche.test", id))).text),
    ];
    for (const text of pages) {
      expect(text).not.toContain("All money of this order has arrived");
      expect(text).toContain("A payout that had arrived came back. It waits until its payee names another account.");
    }
  });

  test("the seller is asked for another account by letter", async () => {
    const [letter] = (
      await world.letters(
        must(
          world.seeded.sellers.find((one) => one.role === "business"),
          "the seller",
        ).email,
      )
    ).filter((one) => one.subject.includes(String(id)));
    expect(letter?.body).toContain("Please name another bank account in your settings");
  });
});
