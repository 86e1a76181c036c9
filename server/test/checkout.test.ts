import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signCheckout, signRedirect } from "../src/atarapay/tokens.ts";
import { must } from "../src/domain/fault.ts";
import { words } from "./setup/http-answers.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";
import { collectLog } from "./setup/log.ts";

let world: HttpWorld;
const { logger, logged } = collectLog();
beforeAll(async () => {
  world = await httpWorld({ logger });
  await world.float();
});
afterAll(async () => {
  await world.sound();
  await world.close();
});

const payer = { buyer_email: "shopper@demo.tranche.test", buyer_phone: "+2348031112222" };
const open = async (change: Readonly<Record<string, string | undefined>> = {}) => {
  const form = world.shopForm(change);
  const answer = await world.postForm(form);
  return {
    form,
    url: must(answer.location, `a checkout, not ${answer.status} ${answer.body.message}`),
    id: await world.orderOfShop(form["order_product_id"] ?? ""),
  };
};
const railOf = async (url: string, fields: Record<string, string> = payer) =>
  new URL(must((await world.post(url, fields)).location, "the rail's page")).pathname;

describe("the form", () => {
  test("leads to the hosted page, on / and /pay, as form, multipart and JSON, with the key as a field or as a bearer", async () => {
    for (const encoding of ["form", "multipart", "json"] as const) {
      const answer = await world.postForm(world.shopForm(), encoding);
      expect([encoding, answer.status, answer.location]).toEqual([encoding, 303, expect.stringMatching(/^\/pay\/[\w-]{43}$/)]);
    }
    expect((await world.post("/pay", world.shopForm())).status).toBe(303);
    const bearer = await world.post("/", world.shopForm({ token: undefined }), { authorization: `Bearer ${world.keysOf().public_key}` });
    expect(bearer.status).toBe(303);
  });

  test("the page says what is paid, who bears which fee, what the seller gets and when money comes back", async () => {
    const { url } = await open({ order_product_name: "Six chairs" });
    const page = await world.get(url);
    const text = words(page.text);
    for (const part of [
      "Six chairs",
      "NGN 4,000.00",
      "NGN 500.00",
      "NGN 4,500.00",
      "NGN 3,832.50",
      "7 days",
      "Okafor Studio",
      "without its signature",
    ])
      expect(text).toContain(part);
    expect(page.text).toContain('value="shopper@demo.tranche.test"');
    expect(page.headers["cache-control"]).toBe("no-store");
    expect(page.headers["content-security-policy"]).toContain("frame-ancestors 'none'");
  });

  test("a person who opens a broken form sees a page in words; a program gets the documented shape", async () => {
    const form = world.shopForm({ amount: "0" });
    const page = await world.still(() => world.post("/", form));
    expect([page.status, page.headers["content-type"], words(page.text)]).toEqual([
      422,
      "text/html; charset=utf-8",
      expect.stringContaining("amount must be more than 0"),
    ]);
    const answer = await world.still(() => world.postForm(form));
    expect([answer.status, answer.body]).toEqual([
      422,
      { status: "error", message: "amount must be more than 0.", code: "amount_invalid", facts: { field: "amount" } },
    ]);
  });

  test("the payer's contacts are checked field by field, and what was typed stays", async () => {
    const { url } = await open();
    const answer = await world.still(() => world.post(url, { buyer_email: "nobody", buyer_phone: "12", alt_recipient: "my sister" }));
    expect(answer.status).toBe(422);
    for (const part of [
      'id="buyer_email-error"',
      'id="buyer_phone-error"',
      'href="#buyer_email"',
      'value="nobody"',
      'value="my sister"',
      'role="alert"',
    ])
      expect(answer.text).toContain(part);
  });
});

describe("the same shop order", () => {
  test("posted twice before it is paid is one order with two addresses that both work", async () => {
    const { form, url, id } = await open();
    const again = must((await world.postForm(form)).location, "the second address");
    expect([again === url, await world.orderOfShop(form["order_product_id"] ?? "")]).toEqual([false, id]);
    expect([(await world.get(url)).status, (await world.get(again)).status]).toEqual([200, 200]);
    await world.payAt(again, payer);
    expect((await world.order(id)).state).toBe("funded");
    expect(words((await world.get(url)).text)).toContain("Your money is in escrow");
  });

  test("funded within a day asks first, on a page and in JSON, and pay_again=yes opens another", async () => {
    const { form, orderId } = await world.buy({ order_product_name: "<b>bold</b>" });
    const json = await world.still(() => world.postForm(form));
    expect(json.status).toBe(409);
    expect(json.body).toMatchObject({
      status: "error",
      data: { order: orderId, redirect: `https://shop.example.ng/thanks?product=${form["order_product_id"]}&order=${orderId}` },
    });
    expect(json.body.message).toContain("pay_again=yes");
    const page = await world.still(() => world.post("/", form));
    expect([page.status, words(page.text)]).toEqual([409, expect.stringContaining("This may be a second payment")]);
    // The page's own form, as a browser would send it.
    const hidden = Object.fromEntries(
      [...page.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(([, name = "", value = ""]) => [
        name,
        words(value),
      ]),
    );
    expect(hidden).toMatchObject({ pay_again: "yes", order_product_id: form["order_product_id"] });
    const another = await world.post("/pay", hidden);
    expect(another.status).toBe(303);
    expect(await world.orderOfShop(form["order_product_id"] ?? "")).not.toBe(orderId);
  });

  test("of another buyer is another order", async () => {
    const { form, id } = await open();
    await world.postForm({ ...form, email: "somebody@demo.tranche.test" });
    expect(await world.orderOfShop(form["order_product_id"] ?? "")).not.toBe(id);
  });
});

describe("a milestone in the way", () => {
  test("is named, with what would free it, and an unpaid one makes way", async () => {
    const made = await world.wire("/api/project/createProject", {
      project_name: "P",
      description: "d",
      customer_email: payer.buyer_email,
      customer_phone: payer.buyer_phone,
    });
    const projectId = String((made.body.data as { id: number }).id);
    const first = await open({ project_id: projectId });
    const second = await open({ project_id: projectId });
    expect((await world.order(first.id)).state).toBe("expired");
    expect(words((await world.get(first.url)).text)).toContain("Nothing was taken from you");
    expect(words((await world.get(second.url)).text)).toContain(`project ${projectId}`);
    await world.payAt(second.url, payer);
    const third = await world.still(() => world.postForm(world.shopForm({ project_id: projectId })));
    expect(third.status).toBe(409);
    expect(third.body).toMatchObject({ status: "error", code: "milestone_in_the_way", facts: { order: second.id, state: "funded" } });
    expect(third.body.message).toContain(String(second.id));
    const page = await world.still(() => world.post("/", world.shopForm({ project_id: projectId })));
    expect(page.status).toBe(409);
    expect(words(page.text)).toContain(String(second.id));
    // One request, one answer: a second one would only show in the log.
    expect(logged).toEqual([]);
  });
});

describe("back in the shop", () => {
  test("the browser arrives with product and order, and the order is readable by status=order already", async () => {
    const { form, url, id } = await open({ callback_url: "https://shop.example.ng/thanks?lang=en#top" });
    const rail = await railOf(url);
    const played = await world.post(rail, { outcome: "success" });
    expect(played.location).toBe(`http://127.0.0.1:4000${url}/done`);
    const done = world.get(`${url}/done`);
    await world.due();
    expect((await done).location).toBe(`https://shop.example.ng/thanks?lang=en&product=${form["order_product_id"]}&order=${id}#top`);
    expect((await world.wire("/api/callback/order", { order: id, status: "order" })).body.data).toMatchObject({
      id,
      product_id: form["order_product_id"],
      amount_payed: 450_000,
    });
  });

  test("a signed form's redirect is signed, an unsigned one's is not", async () => {
    const form = world.shopForm();
    const { private_key: key } = world.keysOf();
    const { back, orderId } = await world.buy({ ...form, signature: signCheckout(key, form) });
    expect(new URL(must(back, "the way back")).searchParams.get("signature")).toBe(
      signRedirect(key, form["order_product_id"] ?? "", orderId),
    );
    expect(new URL(must((await world.buy()).back, "the way back")).searchParams.has("signature")).toBe(false);
  });

  test("without a callback_url the page itself says that all is well", async () => {
    const { checkoutUrl, back } = await world.buy({ callback_url: undefined });
    expect(back).toBeUndefined();
    expect(words((await world.get(`${checkoutUrl}/done`)).text)).toContain("Your money is in escrow");
  });

  test("coming back proves nothing: before the rail's word the page waits and looks again by itself", async () => {
    const { url, id } = await open();
    await railOf(url);
    const waiting = await world.get(`${url}/done`);
    expect([waiting.status, waiting.headers["refresh"], words(waiting.text)]).toEqual([
      200,
      `5; url=${url}/done`,
      expect.stringContaining("Waiting for your payment"),
    ]);
    expect((await world.order(id)).state).toBe("awaiting_payment");
  });

  test("a pending payment shows the waiting page, on both addresses, until it is decided", async () => {
    const { url, id } = await open();
    const rail = await railOf(url);
    await world.post(rail, { outcome: "pending" });
    await world.due();
    for (const path of [url, `${url}/done`]) {
      const page = await world.get(path);
      expect([path, page.headers["refresh"], words(page.text)]).toEqual([
        path,
        `5; url=${url}/done`,
        expect.stringContaining("Do not pay a second time"),
      ]);
    }
    const second = await world.still(() => world.post(url, payer));
    expect(words(second.text)).toMatch(/pending|being decided|on its way/);
    await world.post(rail, { outcome: "success" });
    await world.due();
    expect((await world.order(id)).state).toBe("funded");
  });

  test("a declined or abandoned payment leads to the checkout again, and the next try counts", async () => {
    const { url, id } = await open();
    for (const outcome of ["decline", "abandon"]) {
      await world.post(await railOf(url), { outcome });
      await world.due();
      const again = outcome === "decline" ? await world.get(`${url}/done`) : await world.get(url);
      expect([outcome, again.status, words(again.text)]).toEqual([outcome, 200, expect.stringContaining("Pay into escrow")]);
    }
    await world.payAt(url, payer);
    expect((await world.order(id)).state).toBe("funded");
  });

  test("a short payment shows what is missing; the top-up funds the order", async () => {
    const { url, id } = await open();
    await world.payAt(url, payer, { amount: "440000" });
    const page = await world.get(`${url}/done`);
    expect(words(page.text)).toContain("We have NGN 4,400.00 of it. Pay the remaining NGN 100.00");
    const rail = await railOf(url);
    expect(words((await world.get(rail)).text)).toContain("NGN 100.00");
    await world.post(rail, { outcome: "success" });
    await world.due();
    expect((await world.order(id)).state).toBe("funded");
    expect(await world.sends(id)).toEqual([]);
  });
});

describe("who the buyer is", () => {
  test("contacts that the payer put in the place of the shop's get the links, and the shop's do not", async () => {
    const { url, id } = await open({ email: "shop-says@demo.tranche.test", phone_number: "+2348037770001" });
    await world.payAt(url, { buyer_email: "payer-says@demo.tranche.test", buyer_phone: "08037770002" });
    expect(await world.linkTo("payer-says@demo.tranche.test", id)).toMatch(/^\/o\//);
    await world.wire("/api/callback/order", {
      order: id,
      status: "delivered",
      phone_number: "+2348037770001",
      email: "shop-says@demo.tranche.test",
    });
    expect((await world.letters("+2348037770002")).length).toBeGreaterThan(0);
    for (const shops of ["shop-says@demo.tranche.test", "+2348037770001"]) expect(await world.letters(shops)).toEqual([]);
  });

  test("whoever posts the shop's contacts again is not shown the ones that the payer confirmed", async () => {
    const contacts = { email: "known@demo.tranche.test", phone_number: "+2348037770003" };
    const first = await open(contacts);
    await world.payAt(first.url, { buyer_email: "private@demo.tranche.test", buyer_phone: "+2348037770004" });
    const second = await open(contacts);
    const { text } = await world.get(second.url);
    for (const secret of ["private@demo.tranche.test", "+2348037770004"]) expect(text).not.toContain(secret);
  });
});
