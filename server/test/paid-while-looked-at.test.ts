import { afterAll, beforeAll, expect, test } from "vitest";
import { must } from "../src/domain/fault.ts";
import { orderQueries } from "../src/db/orders.ts";
import { checkoutOf } from "../src/http/pay/checkout-of.ts";
import { randomToken, tokenHash } from "../src/secrets/tokens.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";
import { worldOver } from "./setup/over-rail.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
});
afterAll(() => world.close());

test("a payment that arrives while the payer's page is read is seen with the order it funded, never beside one that still waits", async () => {
  const token = randomToken();
  const order = await world.checkout({ tokenHash: tokenHash(token).toString("hex") });
  const { pool } = world.engine;
  let paid = false;
  // Between the order's own row and its payments, the money arrives.
  const meanwhile = new Proxy(pool, {
    get: (target, name) => {
      if (name !== "query") return Reflect.get(target, name);
      return async (query: { name?: string }) => {
        if (query.name === orderQueries.payments.name && !paid) {
          paid = true;
          await world.pay(order);
          await world.due();
        }
        return target.query(query as never);
      };
    },
  });
  const view = await checkoutOf({ pool: meanwhile }, token);
  expect(paid).toBe(true);
  expect(view?.payments.map((payment) => payment.state)).toEqual(["received"]);
  expect(view?.order).toMatchObject({ id: order, state: "funded" });
  expect(view?.escrow).toBe(view?.order.amount);
});

test("a token that leads nowhere leads nowhere", async () => {
  expect(await checkoutOf({ pool: world.engine.pool }, randomToken())).toBeUndefined();
});

test("a payer who comes back from a rail whose notice is lost does not wait for it: the rail is asked", async () => {
  const over = await worldOver("paystack");
  try {
    const form = over.shopForm({});
    const opened = await over.postForm(form);
    const checkout = must(opened.location, "a checkout");
    const payer = { buyer_email: form["email"] ?? "", buyer_phone: form["phone_number"] ?? "" };
    await over.play(must((await over.post(checkout, payer)).location, "the rail's page"), "pay", "webhook_never");
    const id = await over.orderOfShop(form["order_product_id"] ?? "");
    expect(await over.state(id)).toBe("awaiting_payment");
    const back = await over.get(`${checkout}/done`);
    expect(await over.state(id)).toBe("funded");
    expect(back.location).toContain("https://shop.example.ng/thanks");
  } finally {
    await over.close();
  }
});
