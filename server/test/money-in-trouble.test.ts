import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openAgreedCheckout } from "../src/actions/agree.ts";
import { closeCheckout } from "../src/actions/expire.ts";
import { must } from "../src/domain/fault.ts";
import { momentText } from "../src/http/pages/time.ts";
import { tokenHash } from "../src/secrets/tokens.ts";
import { words } from "./setup/http-answers.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";
import { agreedCheckout, attemptReference, bank, expectDone, payouts, reach } from "./setup/states.ts";

let world: HttpWorld;
let bearer: string;
let me: Awaited<ReturnType<HttpWorld["signIn"]>>;
beforeAll(async () => {
  world = await httpWorld();
  await world.float();
  me = await world.signIn("operator");
  const { email, password } = world.seeded.operator;
  const answer = await world.inject({ method: "POST", url: "/operator/api/session", payload: { email, password } });
  bearer = answer.json<{ data: { token: string } }>().data.token;
});
afterAll(async () => {
  await world.sound();
  await world.close();
});

const api = async <T>(path: string): Promise<T> => {
  const answer = await world.inject({ method: "GET", url: `/operator/api${path}`, headers: { authorization: `Bearer ${bearer}` } });
  return answer.json<{ data: T }>().data;
};
const operatorsPage = async (id: number) => words((await world.get(`/operator/orders/${world.seller}/${id}`, me.headers)).text);
const payout = async (id: number) => must((await payouts(world, id))[0], "a payout");

describe("a payout that arrived and came back after the order was completed", () => {
  let id: number;
  beforeAll(async () => {
    await bank(world, "0008");
    id = await reach(world, "delivered");
    await world.post(await world.linkTo("buyer@demo.tranche.test", id), { action: "accept" });
    await world.due();
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
    expect((await world.order(id)).state).toBe("completed");
    for (const text of pages) {
      expect(text).not.toContain("All money of this order has arrived");
      expect(text).toContain("A payout that had arrived came back. It waits until its payee names another account.");
    }
  });

  test("overview, page and API say what happened and what would free it; the operator sends it again by a button", async () => {
    const { id: parkedId } = await payout(id);
    const { parked } = await api<{ parked: readonly { readonly id: number }[] }>("/overview");
    const remedy = "The payee names another account; or send it again once you are sure of the account.";
    expect(parked.find((one) => one.id === parkedId)).toMatchObject({
      cause: expect.stringMatching(/\w\.$/),
      freedBy: remedy,
      sendAgain: true,
    });
    expect((await api<{ why: string[] }>(`/orders/${world.seller}/${id}`)).why.join(" ")).toContain(remedy);
    const button = `Send payout ${parkedId} again`;
    const url = `/operator/orders/${world.seller}/${id}`;
    for (const page of ["/operator", url]) {
      const { text } = await world.get(page, me.headers);
      expect(words(text)).toContain(remedy);
      expect(text).toContain(button);
    }
    const seller = await world.signIn("seller");
    const sellersPage = (await world.get(`/seller/orders/${id}`, seller.headers)).text;
    expect(words(sellersPage)).toContain("Name another account; the money then goes there.");
    expect(sellersPage).not.toContain(button);
    const sent = await world.post(url, { csrf: me.csrf, action: "requeue", disbursement: String(parkedId) }, me.headers);
    expect([sent.status, words(sent.text)]).toEqual([200, expect.stringContaining("It is sent again to the same account")]);
    expect((await payout(id)).attempts).toBe(2);
    expectDone(await world.rail.concludeSend(await attemptReference(world, await payout(id)), "reverse"));
    await world.due();
    const again = await act({ action: "requeue", seller: String(world.seller), disbursement: String(parkedId) });
    expect([again.status, (await payout(id)).attempts]).toEqual([200, 3]);
    expect((await payout(id)).state).toBe("succeeded");
    expect(await operatorsPage(id)).toContain("All money of this order has arrived");
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

interface Unapplied {
  readonly paymentId: number;
  readonly why: string;
  readonly goesBack: string | null;
  readonly orderUrl: string | null;
}
const unappliedOf = async (id: number) =>
  must(
    (await api<{ unapplied: readonly Unapplied[] }>("/overview")).unapplied.find((one) => one.orderUrl?.endsWith(`/${id}`) === true),
    "its line",
  );
const opened = async () => {
  const form = world.shopForm();
  const url = must((await world.postForm(form)).location, "the checkout");
  return { url, id: await world.orderOfShop(form["order_product_id"] ?? "") };
};
const payer = { buyer_email: "shopper@demo.tranche.test", buyer_phone: "+2348031112222" };
const act = (fields: Readonly<Record<string, string>>) => world.post("/operator", { csrf: me.csrf, ...fields }, me.headers);

describe("a payment in another currency", () => {
  test("is told apart from a short one by overview and checkout, and nobody is offered to give it back by hand", async () => {
    const { url, id } = await opened();
    // Its refund waits behind the hold, so there is time to look.
    await act({ action: "hold", seller: String(world.seller), order: String(id), note: "wait" });
    await world.payAt(url, payer, { amount: "45000", currency: "USD" });
    const one = await unappliedOf(id);
    expect(one.why).toBe("In another currency: it came in USD, and the order is paid in NGN.");
    expect(one.goesBack).toBe("It is on its way back to the payer.");
    const { text } = await world.get("/operator", me.headers);
    expect(words(text)).toContain("It is on its way back to the payer.");
    expect(text).not.toContain(`Give payment ${one.paymentId} back`);
    expect(words((await world.get(url)).text).replaceAll(" ,", ",")).toContain(
      "We got USD 450.00, but this order is paid in NGN. The USD 450.00 goes back to you by itself. The order still waits for NGN 4,500.00",
    );
    expect((await api<{ why: string[] }>(`/orders/${world.seller}/${id}`)).why.join(" ")).not.toContain("missing");
    const hold = must((await world.engine.pool.query("SELECT id FROM holds WHERE order_id = $1", [id])).rows[0], "the hold");
    await act({ action: "lift_hold", seller: String(world.seller), hold: String(hold["id"]) });
    await world.due();
    expect(words((await world.get(url)).text)).toContain("The USD 450.00 went back to you.");
  });
});

describe("a short payment", () => {
  test("says what came, what is missing and when it goes back, and nobody is offered to give it back by hand", async () => {
    const { url, id } = await opened();
    await world.payAt(url, payer, { amount: "440000" });
    const one = await unappliedOf(id);
    expect(one.why).toBe("Short: it waits for the rest until the checkout closes.");
    const closes = momentText(must((await world.order(id)).payBy ?? undefined, "its end"));
    expect(one.goesBack).toBe(`It goes back by itself when the checkout closes, at ${closes}.`);
    expect((await world.get("/operator", me.headers)).text).not.toContain(`Give payment ${one.paymentId} back`);
    const said = `NGN 4,400.00 came, NGN 100.00 is missing; it goes back when the checkout closes at ${closes}.`;
    expect((await api<{ why: string[] }>(`/orders/${world.seller}/${id}`)).why).toEqual([said]);
    expect(words((await world.get(url)).text)).toContain("Your payment was short");
  });

  test("that went back with its checkout counts for nothing in the order's next one", async () => {
    const id = await agreedCheckout(world);
    await world.pay(id, "success", { amount: 440_000n });
    await world.done(closeCheckout(world.on("buyer", id)));
    await world.due();
    await world.done(openAgreedCheckout(world.on("buyer", id), { tokenHash: tokenHash("the-next-one").toString("hex") }));
    const text = words((await world.get("/pay/the-next-one")).text);
    expect(text).toContain("Pay NGN 4,500.00");
    expect(text).not.toContain("Your payment was short");
  });
});
