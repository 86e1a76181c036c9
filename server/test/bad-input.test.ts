import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signCheckout } from "../src/atarapay/tokens.ts";
import { setSeller } from "../src/actions/sellers.ts";
import { words } from "./setup/http-answers.ts";
import type { Encoding } from "./setup/http-answers.ts";
import { provider } from "./setup/states.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";

let world: HttpWorld;
beforeAll(async () => {
  world = await httpWorld();
  await world.float();
});
afterAll(() => world.close());

/** Posts a form that must be refused and must move nothing; answers status and sentence. */
const refused = async (change: Readonly<Record<string, string | undefined>>, encoding: Encoding = "form") => {
  const { status, body } = await world.still(() => world.postForm(world.shopForm(change), encoding));
  expect([change, body.status]).toEqual([change, "error"]);
  return [status, body.message] as const;
};
const opened = async (form: Readonly<Record<string, unknown>>, encoding: Encoding = "form") => {
  const answer = await world.postForm(form, encoding);
  expect([answer.status, answer.body.message]).toEqual([303, ""]);
  return { order: await world.order(await world.orderOfShop(String(form["order_product_id"]))), url: answer.location ?? "" };
};
const business = (change: Parameters<typeof setSeller>[1]) => world.done(setSeller(world.as("seller", "console"), change));

describe("amounts", () => {
  test("nothing, less than nothing, fractions of a kobo, too much and text are refused by name, in every encoding", async () => {
    for (const amount of [
      "0",
      "-1",
      "-400000",
      "0.5",
      "100.5",
      "399999.4",
      "10000000000001",
      "9".repeat(30),
      "abc",
      "4e5",
      "0x10",
      "1,000",
      "NGN 400",
      "NaN",
      "Infinity",
      "١٢٣",
    ]) {
      for (const encoding of ["form", "multipart", "json"] as const) {
        const [status, message] = await refused({ amount }, encoding);
        expect([amount, status]).toEqual([amount, 422]);
        expect(message).toContain("amount");
      }
    }
  });

  test("an amount that is no plain value is a missing one", async () => {
    for (const amount of [{ a: 1 }, ["400000"], true, null]) {
      const form = { ...world.shopForm(), amount } as unknown as Record<string, string>;
      const { status, body } = await world.still(() => world.postForm(form, "json"));
      expect([status, body.message]).toEqual([422, "The amount field is required."]);
    }
  });

  test("the noise of a shop's float arithmetic is rounded to the nearest kobo", async () => {
    await world.terms({ escrowFeeBearer: "buyer", railFeeBearer: "buyer" });
    for (const [amount, kobo] of [
      ["434.99999999999994", 435n],
      ["1998.9999999999998", 1999n],
      ["400000.00000000006", 400_000n],
    ] as const) {
      expect((await opened(world.shopForm({ amount }))).order.productCost).toBe(kobo);
      expect((await opened({ ...world.shopForm(), amount: Number(amount) }, "json")).order.productCost).toBe(kobo);
    }
    await world.terms({ railFeeBearer: "seller" });
  });

  test("an amount that leaves the seller nothing after the fees is refused with a sentence", async () => {
    await world.terms({ escrowFeeBearer: "seller" });
    const [status, message] = await refused({ amount: "1000" });
    await world.terms({ escrowFeeBearer: "buyer" });
    expect([status, message]).toEqual([422, expect.stringContaining("fees")]);
  });

  test("only NGN and USD are taken; USD needs amount_fx, within 2 % of the rate", async () => {
    for (const currency of ["EUR", "XXX", "NAIRA", "N", "<b>"])
      expect(await refused({ currency })).toEqual([422, "The currency field must be one of NGN, USD."]);
    expect(await refused({ currency: "USD" })).toEqual([422, "The amount_fx field is required."]);
    for (const wrong of ["0", "-1", "abc", "1e2", "169.455"])
      expect((await refused({ currency: "USD", amount: "6947450", amount_fx: wrong }))[0]).toBe(422);
    for (const amount of ["6808500", "7086500", "16945", "400000"]) {
      const [status, message] = await refused({ currency: "USD", amount, amount_fx: "169.45" });
      expect([amount, status]).toEqual([amount, 422]);
      expect(message).toContain("2 %");
    }
    const { order } = await opened(world.shopForm({ currency: "USD", amount: "6947450.0000000009", amount_fx: "169.45" }));
    expect(order).toMatchObject({ currency: "USD", bookCurrency: "NGN", productCost: 6_947_450n, amountFx: 16_945n });
    for (const near of ["6808502", "7086398"])
      expect((await opened(world.shopForm({ currency: "USD", amount: near, amount_fx: "169.45" }))).order.productCost).toBe(BigInt(near));
  });
});

describe("texts", () => {
  test("a product name of 5,000 characters with HTML in it is taken, and shown as text", async () => {
    const name = `<script>alert(1)</script><img src=x onerror=alert(1)>${'Zanzibar & "sons" '.repeat(280)}`.slice(0, 5000);
    const form = world.shopForm({
      order_product_name: name,
      order_product_desc: "<b onclick='x'>bold</b>",
      customer_firstname: "<i>Ngozi</i>",
    });
    const { url, order } = await opened(form);
    expect(order.details.productName).toBe(name.trim());
    const page = await world.get(url);
    expect(page.status).toBe(200);
    expect(page.text).not.toMatch(/<script|<img|<b onclick|<i>/);
    expect(words(page.text)).toContain("<script>alert(1)</script>");
    await world.payAt(url, { buyer_email: form["email"] ?? "", buyer_phone: form["phone_number"] ?? "" });
    const read = await world.wire("/api/callback/order", { order: order.id, status: "order" });
    expect(read.body.data).toMatchObject({ product_name: name.trim() });
    const { headers } = await world.signIn("seller");
    for (const path of ["/seller", `/seller/orders/${order.id}`, await world.linkTo("shopper@demo.tranche.test", order.id)]) {
      expect((await world.get(path, headers)).text).not.toMatch(/<script|<img|<b onclick|<i>/);
    }
  });

  test("any writing system, emoji and halves of them are stored; the sign NUL is refused by name", async () => {
    const { order } = await opened(
      { ...world.shopForm(), order_product_name: "كرسي 椅子 🪑 \ud800!", order_product_desc: "‮right to left" },
      "json",
    );
    expect(order.details.productName).toBe("كرسي 椅子 🪑 \ufffd!");
    for (const encoding of ["form", "multipart", "json"] as const) {
      const [status, message] = await refused({ order_product_name: "a\0b" }, encoding);
      expect([encoding, status, message]).toEqual([encoding, 422, expect.stringContaining("order_product_name")]);
    }
    const nested = { ...world.shopForm(), products: [{ name: "a\0b" }] } as unknown as Record<string, string>;
    expect((await world.still(() => world.postForm(nested, "json"))).status).toBe(422);
  });

  test("the shop's dirty fields are taken as they are", async () => {
    const { order } = await opened(
      world.shopForm({
        delivery_location: '"    NG "',
        delivery_date: "2026-01-01 09:30:00",
        order_product_id: "00012345678901",
        sp_id: "null",
        sp_commission: "null",
        is_marketplace: undefined,
        recipient: "my sister",
      }),
    );
    expect(order).toMatchObject({ shopOrderId: "00012345678901", providerId: null, operatorId: null });
    for (const id of ["12a", "-5", "1.5", "", "9".repeat(31)]) expect((await refused({ order_product_id: id }))[0]).toBe(422);
  });

  test("each required field of the form is named when it is missing", async () => {
    for (const name of [
      "email",
      "phone_number",
      "currency",
      "amount",
      "customer_firstname",
      "customer_lastname",
      "order_product_id",
      "order_product_name",
      "delivery_date",
      "delivery_location",
    ]) {
      expect(await refused({ [name]: undefined })).toEqual([422, `The ${name} field is required.`]);
    }
    expect(await refused({ token: undefined })).toEqual([401, "The token field is required."]);
    expect((await refused({ token: "nobody" }))[0]).toBe(401);
    expect(await refused({ type: "2" })).toEqual([422, expect.stringContaining("type field must be 1")]);
    for (const email of ["nobody", "a@b", "a b@c.de", "@x.ng"])
      expect(await refused({ email })).toEqual([422, expect.stringContaining("email")]);
    for (const phone of ["abc", "12", "0", "+0", "1".repeat(20)])
      expect(await refused({ phone_number: phone })).toEqual([422, expect.stringContaining("phone_number")]);
  });

  test("a field given twice is refused by name, in forms and in multipart", async () => {
    for (const encoding of ["form", "multipart"] as const) {
      const twice = { ...world.shopForm(), amount: ["400000", "1"] };
      const { status, body } = await world.still(() => world.postForm(twice, encoding));
      expect([encoding, status, body.message]).toEqual([encoding, 422, "The amount field is given twice."]);
    }
    const wire = await world.still(() => world.wire("/api/callback/order", { order: [1, 2], status: "cancelled" }));
    expect([wire.status, wire.body]).toMatchObject([422, { status: "error", message: "The order field is given twice." }]);
  });
});

describe("bodies", () => {
  const big = "x".repeat(2 * 1024 * 1024);

  test("a body of 2 MB is 413 in the documented shape, whatever its encoding", async () => {
    for (const encoding of ["form", "multipart", "json"] as const) {
      const form = await world.still(() => world.postForm({ ...world.shopForm(), order_product_desc: big }, encoding));
      const wire = await world.still(() => world.wire("/api/callback/order", { order: big, status: "order" }, { encoding }));
      for (const { status, body } of [form, wire])
        expect([encoding, status, body]).toEqual([
          encoding,
          413,
          { status: "error", message: expect.stringContaining("larger") as string },
        ]);
    }
    const streamed = await world.still(async () =>
      world.inject({ method: "POST", url: "/rails/sandbox/events", payload: big, headers: { "content-type": "application/json" } }),
    );
    expect([streamed.statusCode, streamed.json()]).toMatchObject([413, { status: "error" }]);
  });

  test("a multipart body without a length that is too long, or has a file, is refused", async () => {
    const { Readable } = await import("node:stream");
    const part = (head: string, text: string) => `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`;
    const headers = { "content-type": "multipart/form-data; boundary=b" };
    const half = "y".repeat(700_000);
    const long = await world.still(() =>
      world.inject({
        method: "POST",
        url: "/",
        headers,
        payload: Readable.from([part('name="a"', half), part('name="b"', half), "--b--\r\n"]),
      }),
    );
    expect([long.statusCode, long.json()]).toMatchObject([413, { status: "error" }]);
    const file = await world.still(() =>
      world.inject({ method: "POST", url: "/", headers, payload: `${part('name="f"; filename="a.txt"', "hello")}--b--\r\n` }),
    );
    expect(file.statusCode).toBeGreaterThanOrEqual(400);
    expect([file.statusCode < 500, file.json()]).toMatchObject([true, { status: "error" }]);
  });

  test("broken JSON, a list, a text, another content type and deep nesting are refused in the documented shape", async () => {
    const deep = `{"order":${"[".repeat(5000)}${"]".repeat(5000)}}`;
    for (const [type, payload] of [
      ["application/json", "{"],
      ["application/json", "[1]"],
      ["application/json", '"text"'],
      ["application/json", '{"__proto__":{"x":1},"authtoken":"x"}'],
      ["application/json", deep],
      ["text/xml", "<a/>"],
      ["application/octet-stream", "\0\0"],
    ] as const) {
      for (const url of ["/", "/api/callback/order", "/operator/api/session"]) {
        const answer = await world.still(() => world.inject({ method: "POST", url, payload, headers: { "content-type": type } }));
        expect([type, payload.slice(0, 20), url, answer.statusCode >= 400 && answer.statusCode < 500]).toEqual([
          type,
          payload.slice(0, 20),
          url,
          true,
        ]);
        expect(answer.json()).toMatchObject({ status: "error", message: expect.any(String) as string });
      }
    }
  });
});

describe("what an unsigned form may not do", () => {
  test("callback_url: another origin, another scheme, credentials and absurd lengths are refused once origins are registered", async () => {
    await business({ origins: ["https://shop.example.ng"] });
    for (const url of [
      "https://evil.example/thanks",
      "https://shop.example.ng.evil.example/",
      "http://shop.example.ng/",
      "https://shop.example.ng:8443/",
    ]) {
      expect([url, (await refused({ callback_url: url }))[0]]).toEqual([url, 422]);
    }
    await business({ origins: [] });
    for (const url of [
      "javascript:alert(1)",
      "data:text/html,x",
      "ftp://shop.example.ng/",
      "//shop.example.ng",
      "/thanks",
      "https://user:secret@shop.example.ng/",
      "https://secret@shop.example.ng/",
      `https://shop.example.ng/${"a".repeat(3000)}`,
    ]) {
      const [status, message] = await refused({ callback_url: url });
      expect([url.slice(0, 40), status, message]).toEqual([url.slice(0, 40), 422, expect.stringContaining("callback_url")]);
    }
    expect((await opened(world.shopForm({ callback_url: "http://localhost:3000/thanks?x=1#y" }))).order.details.callbackUrl).toBe(
      "http://localhost:3000/thanks?x=1#y",
    );
  });

  test("sp_commission changed beyond the share the seller allows is refused; signed it is taken", async () => {
    const musa = String(await provider(world));
    await business({ providerShareLimit: 3000 });
    const form = world.shopForm({ sp_id: musa, sp_commission: "20" });
    expect((await refused(form))[0]).toBe(422);
    expect((await opened(world.shopForm({ sp_id: musa, sp_commission: "70" }))).order).toMatchObject({
      share: 7000,
      terms: { source: "browser" },
    });
    const signature = signCheckout(world.keysOf().private_key, form);
    expect((await opened({ ...form, signature })).order).toMatchObject({ share: 2000, terms: { source: "signed" } });
    await business({ providerShareLimit: 10_000 });
    expect(await refused({ sp_id: musa })).toEqual([422, "The sp_commission field is required."]);
    expect((await refused({ sp_id: "99999", sp_commission: "20" }))[0]).toBe(404);
  });

  test("a signature covers what it names: any of it changed, or another key, and the form is refused", async () => {
    const form = world.shopForm({ callback_url: "https://shop.example.ng/thanks" });
    const signature = signCheckout(world.keysOf().private_key, form) ?? "";
    for (const change of [
      { amount: "1" },
      { callback_url: "https://evil.example/" },
      { order_product_id: "7" },
      { sp_commission: "0" },
      { seller_phone: "+2348030000003" },
    ]) {
      expect((await refused({ ...form, ...change, signature }))[0]).toBe(422);
    }
    expect((await refused({ ...form, signature: signCheckout(world.keysOf("individual").private_key, form) }))[0]).toBe(422);
    expect((await opened({ ...form, signature })).order.terms.source).toBe("signed");
  });

  test("a seller that takes signed forms only refuses an unsigned one", async () => {
    await business({ unsignedCheckout: "refuse" });
    const [status, message] = await refused({});
    const form = world.shopForm();
    const signed = await world.postForm({ ...form, signature: signCheckout(world.keysOf().private_key, form) });
    await business({ unsignedCheckout: "allow" });
    expect([status, message, signed.status]).toEqual([422, expect.stringContaining("signed"), 303]);
  });

  test("an order that an unsigned form opened is not handed to the signed form of the same shop order", async () => {
    const musa = String(await provider(world));
    const form = world.shopForm();
    await opened({ ...form, sp_id: musa, sp_commission: "0", callback_url: "https://evil.example/" });
    const { order } = await opened({ ...form, signature: signCheckout(world.keysOf().private_key, form) });
    expect(order).toMatchObject({ providerId: null, terms: { source: "signed" }, details: { callbackUrl: form["callback_url"] } });
  });
});

test("the sandbox rail takes no money in a currency that does not exist: its page and the books could not show it", async () => {
  const post = (url: string, payload: Record<string, string>) => world.inject({ method: "POST", url, payload });
  const { url } = await opened(world.shopForm());
  const rail = new URL((await world.post(url, { buyer_email: "a@example.test", buyer_phone: "08031234567" })).location ?? "").pathname;
  const reference = rail.split("/").at(-1) ?? "";
  for (const currency of ["\u{2608c}", "XXQ", "naira"]) {
    const answers = await world.still(async () => [
      await post("/sandbox/unknown-money", { reference: "../..", amount: "1000", currency }),
      await post(`/sandbox/payments/${reference}`, { outcome: "success", currency }),
    ]);
    expect(answers.map((one) => [currency, one.statusCode])).toEqual(answers.map(() => [currency, 422]));
  }
  expect((await world.get("/sandbox/rail/..%2f..")).status).toBe(404);
  expect((await world.get(rail)).status).toBe(200);
});
