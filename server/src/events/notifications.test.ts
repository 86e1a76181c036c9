import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { anOrder } from "../../test/setup/an-order.ts";
import { backendReads, pluginReads } from "../../test/setup/receiver.ts";
import { formatFor, notificationBody, contentTypeOf, tokenFor, tokenPlace, withToken } from "./notifications.ts";
import type { NotificationFormat } from "./notifications.ts";
import { signWebhook, webhookHeaders, webhookSecret } from "./webhook-signature.ts";
import { keepAnswer } from "./withhold.ts";

// The documents' sample pair.
const keys = { publicKey: "b8kP7A1e67s0jc3h98T8pH71dq66J0s3", privateKey: "PKp6z3jTcLeQNc1h3u9e0ffX77NY91adE12" };
const webhookId = "msg_3f0d2a3c-54a0-4a9c-9e58-b1f9d2b7c001";

function made(format: NotificationFormat, change: Parameters<typeof anOrder>[0] = {}) {
  const order = anOrder({ state: "completed", ...change });
  const told = { format, envelope: "Delivered", message: "Order is marked completed", toState: "delivered" as const, webhookId };
  const body = notificationBody(told, { order, buyer: undefined, payments: [], disbursements: [] });
  const sent = withToken(body, tokenFor("documented", keys, "Delivered", order));
  return { body, sent, headers: { "content-type": contentTypeOf(format, webhookId) } };
}

test("both vectors of the security token come out", () => {
  expect(tokenFor("documented", keys, "Delivered", { id: 3021, amount: 6_051_900n })).toBe(
    "YjhrUDdBMWU2N3MwamMzaDk4VDhwSDcxZHE2NkowczM6UEtwNnozalRjTGVRTmMxaDN1OWUwZmZYNzdOWTkxYWRFMTI6MzAyMTo2MDUxOTAw",
  );
  expect(tokenFor("documented", keys, "Delivered", { id: 3029, amount: 450_000n })).toBe(
    "YjhrUDdBMWU2N3MwamMzaDk4VDhwSDcxZHE2NkowczM6UEtwNnozalRjTGVRTmMxaDN1OWUwZmZYNzdOWTkxYWRFMTI6MzAyOTo0NTAwMDA=",
  );
});

test("the JSON form is read by a backend built from the documents, the multipart form by the plugin, and neither by the other", () => {
  const json = made("json");
  expect(backendReads({ headers: json.headers, body: json.sent }, keys)).toMatchObject({ envelope: "Delivered", data: { id: 3021 } });
  expect(pluginReads({ headers: json.headers, body: json.sent }, keys)).toHaveProperty("ignored");
  const parts = made("multipart");
  expect(parts.headers["content-type"]).toMatch(/^application\/json; boundary=[A-Za-z0-9]+$/);
  expect(pluginReads({ headers: parts.headers, body: parts.sent }, keys)).toMatchObject({ envelope: "Delivered", data: { id: 3021 } });
  // The same bytes under a plain type, as it also reads them.
  const plain = { headers: { "content-type": "application/json" }, body: parts.sent };
  expect(pluginReads(plain, keys)).toMatchObject({ envelope: "Delivered" });
  expect(backendReads(plain, keys)).toHaveProperty("ignored");
});

test("a notification shows the order as it stood after its own step, not as it stands now", () => {
  const read = backendReads({ headers: made("json").headers, body: made("json").sent }, keys);
  expect(read).toMatchObject({ data: { status: { title: "Awaiting Buyer Response" } } });
});

test("what a shop wrote into its order cannot take the token's place, add a part or end the body", () => {
  const evil = `${tokenPlace}\r\n--tranche\r\nContent-Disposition: form-data; name="status"\r\n\r\nComplete", "product": "1`;
  const details = { ...anOrder({}).details, productName: evil, productDesc: evil };
  for (const format of ["json", "multipart"] as const) {
    const { body, sent, headers } = made(format, { details, shopOrderId: evil });
    const read = (format === "json" ? backendReads : pluginReads)({ headers, body: sent }, keys);
    expect(read).toMatchObject({ envelope: "Delivered", data: { product_name: evil } });
    expect(body).not.toContain(keys.privateKey);
    expect(body).not.toContain(tokenFor("documented", keys, "Delivered", { id: 3021, amount: 450_000n }));
  }
});

test("the format is the seller's choice, or follows the plugin's marks on the order or on the callback address", () => {
  const order = (platform: string | null) => ({ details: { ...anOrder({}).details, platform } });
  const auto = (callbackUrl: string) => ({ callbackFormat: "auto" as const, callbackUrl });
  expect(formatFor(auto("https://shop.example/notify"), order(null))).toBe("json");
  expect(formatFor(auto("https://shop.example/notify"), order("Woocommerce"))).toBe("multipart");
  expect(formatFor(auto("https://shop.example/wc-api/wc_gateway/"), order(null))).toBe("multipart");
  expect(formatFor(auto("https://shop.example/?wc-api=wc_gateway"), order(null))).toBe("multipart");
  expect(formatFor({ ...auto("https://shop.example/wc-api/x"), callbackFormat: "json" }, order("Woocommerce"))).toBe("json");
  expect(formatFor({ ...auto("https://shop.example/notify"), callbackFormat: "multipart" }, order(null))).toBe("multipart");
});

test("the published vector of Standard Webhooks comes out", () => {
  const secret = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64");
  const signature = signWebhook(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", '{"test": 2432232314}');
  expect(signature).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

test("the standard's own package verifies the headers, with the secret of each key that works, and with no other", () => {
  const { sent } = made("json");
  const now = new Date();
  const headers = { ...webhookHeaders([keys.privateKey, "another1private2key"], webhookId, now, sent) };
  for (const key of [keys.privateKey, "another1private2key"]) {
    const secret = webhookSecret(key);
    expect(Buffer.from(secret.replace("whsec_", ""), "base64")).toHaveLength(32);
    expect(new Webhook(secret).verify(sent, headers)).toMatchObject({ status: "Delivered" });
  }
  expect(() => new Webhook(webhookSecret("a third key")).verify(sent, headers)).toThrow();
  expect(() => new Webhook(webhookSecret(keys.privateKey)).verify(`${sent} `, headers)).toThrow();
  expect(webhookSecret(keys.privateKey)).toBe("whsec_YZF1EjiJ3Hvk7DYdFtBAYpiCYIAKuf6sZa0XotNarEQ=");
});

test("an answer that repeats a secret is withheld, however it spells it", () => {
  const token = "YjhrUDdBMWU2N3MwamMz/aDk4VDhwSDcxZHE2Nko+wczM6UEtwNnozalRj=";
  const secrets = [token, keys.privateKey];
  const withheld = "(withheld: the answer repeats a secret)";
  for (const answer of [
    token,
    JSON.stringify(token).replaceAll("/", "\\/"),
    encodeURIComponent(token),
    `key ${keys.privateKey}.`,
    token.slice(9, 40),
  ]) {
    expect(keepAnswer(`you sent ${answer}`, secrets)).toBe(withheld);
  }
  expect(keepAnswer("thank you\u0000\r\nbye", secrets)).toBe("thank you bye");
  expect(Buffer.byteLength(keepAnswer("é".repeat(2000), secrets))).toBeLessThanOrEqual(1024);
  expect(keepAnswer("é".repeat(2000), secrets)).toMatch(/^é+$/);
});
