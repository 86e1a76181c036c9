import { expect, test } from "vitest";
import { hmacToken, securityToken } from "../atarapay/tokens.ts";
import { contentTypeOf } from "../events/notifications.ts";
import { webhookHeaders } from "../events/webhook-signature.ts";
import { demoShop } from "./demo-shop.ts";

const keys = { publicKey: "b8kP7A1e67s0jc3h98T8pH71dq66J0s3", privateKey: "PKp6z3jTcLeQNc1h3u9e0ffX77NY91adE12" };
const at = new Date("2026-03-02T10:00:00Z");
const id = "msg_3f0d2a3c-54a0-4a9c-9e58-b1f9d2b7c001";
const order = { id: 3021, amount_payed: 6051900 };
const json = (token: string) => JSON.stringify({ status: "Delivered", message: "Order is marked completed", token, data: order });
const headers = (body: string, type = "application/json", key = keys.privateKey) => ({
  "content-type": type,
  ...webhookHeaders([key], id, at, body),
});
const good = securityToken(keys, order.id, 6051900n);

test("a token of either kind is taken, and a notification that comes again is noticed", () => {
  const shop = demoShop(keys);
  for (const token of [good, hmacToken(keys.privateKey, order.id, 6051900n, "Delivered")]) {
    expect(shop.receive(headers(json(token)), json(token), at)).toMatchObject({
      code: 200,
      answer: { order: 3021, token: "fits", signature: "fits" },
    });
  }
  expect(shop.taken().map((one) => one.repeated)).toEqual([true, false]);
});

test("the plugin's multipart bytes under JSON's name are read", () => {
  const boundary = /boundary=(\w+)/.exec(contentTypeOf("multipart", id))?.[1] ?? "";
  const fields = { status: "Delivered", message: "Order is marked completed", token: good, data: JSON.stringify(order) };
  const body = `${Object.entries(fields)
    .map(([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join("")}--${boundary}--\r\n`;
  expect(demoShop(keys).receive(headers(body, contentTypeOf("multipart", id)), body, at)).toMatchObject({
    code: 200,
    answer: { order: 3021 },
  });
});

test("another's token, another's signature, an old one and no notification are not believed, and nothing is kept", () => {
  const shop = demoShop(keys);
  const others = securityToken({ ...keys, privateKey: "anotherPrivateKey" }, order.id, 6051900n);
  expect(shop.receive(headers(json(others)), json(others), at).code).toBe(401);
  expect(shop.receive(headers(json(good), "application/json", "anotherPrivateKey"), json(good), at).code).toBe(401);
  expect(shop.receive(headers(json(good)), json(good), new Date(at.getTime() + 301_000)).code).toBe(401);
  expect(shop.receive(headers(json(good)), json(good).replace("completed", "complete"), at).code).toBe(401);
  for (const body of ["", "[]", "{", '{"status":"Delivered"}', json(good).replace("3021", '"3021"')])
    expect(shop.receive(headers(body), body, at).code).toBe(400);
  expect(shop.taken()).toEqual([]);
});

test("only the newest are kept", () => {
  const shop = demoShop(keys, 2);
  for (let times = 0; times < 5; times += 1) shop.receive(headers(json(good)), json(good), at);
  expect(shop.taken()).toHaveLength(2);
});
