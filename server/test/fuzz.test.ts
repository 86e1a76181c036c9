import fc from "fast-check";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deliver } from "../src/actions/deliver.ts";
import { must } from "../src/domain/fault.ts";
import { fields } from "./setup/http-answers.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";
import { collectLog } from "./setup/log.ts";

let world: HttpWorld;
let seller: Awaited<ReturnType<HttpWorld["signIn"]>>;
let operator: Awaited<ReturnType<HttpWorld["signIn"]>>;
let bearer: string;
let checkout: string;
let link: string;
let order: number;
const { logger, logged } = collectLog();
beforeAll(async () => {
  world = await httpWorld({ logger });
  await world.float();
  seller = await world.signIn("seller");
  operator = await world.signIn("operator");
  const answer = await world.inject({ method: "POST", url: "/operator/api/session", payload: world.seeded.operator });
  bearer = `Bearer ${answer.json<{ data: { token: string } }>().data.token}`;
  checkout = must((await world.postForm(world.shopForm())).location, "a checkout");
  order = (await world.buy()).orderId;
  await world.done(deliver(world.on("seller", order)));
  link = await world.linkTo("shopper@demo.tranche.test", order);
});
afterAll(() => world.close());

/** What a person or a program may put into a field: text of any kind, the values that break careless code, and things of other types. */
const nasty = [
  "",
  " ",
  "\0",
  "null",
  "undefined",
  "true",
  "NaN",
  "-0",
  "-1",
  "0",
  "1",
  "1e400",
  "9007199254740993",
  "99999999999999999999",
  "1.5",
  "\ud800",
  "'; DROP TABLE orders;--",
  "%00",
  "../..",
  "<script>",
  "\r\nSet-Cookie: a=b",
  "{}",
  "[]",
  "P1D",
  "P99999D",
  "2026-13-45",
  "yes",
  "NGN",
  "USD",
  "http://[",
  "https://a:b@c",
  "٣",
];
const plain = fc.oneof(
  { arbitrary: fc.constantFrom(...nasty), weight: 3 },
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ maxLength: 400 }),
);
const value = fc.oneof(
  { arbitrary: plain, weight: 6 },
  fc.double(),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
  fc.array(plain, { maxLength: 3 }),
  fc.dictionary(plain, plain, { maxKeys: 2, noNullPrototype: true }),
);

interface Target {
  readonly name?: string;
  readonly method: "POST" | "PUT" | "GET";
  readonly url: () => string;
  readonly names: readonly string[];
  readonly known?: () => Readonly<Record<string, unknown>>;
  readonly headers?: () => Readonly<Record<string, string>>;
}

const wire = (url: string, names: readonly string[], method: "POST" | "PUT" = "POST"): Target => ({
  name: url,
  method,
  url: () => url,
  names,
  known: () => ({ authtoken: world.authtoken() }),
});
const form = [
  "email",
  "phone_number",
  "currency",
  "amount",
  "amount_fx",
  "customer_firstname",
  "customer_lastname",
  "order_product_id",
  "order_product_name",
  "order_product_desc",
  "delivery_date",
  "delivery_location",
  "recipient",
  "type",
  "is_marketplace",
  "seller_phone",
  "callback_url",
  "project_id",
  "sp_id",
  "sp_commission",
  "signature",
  "platform",
  "pay_again",
  "products",
];
const step = [
  "action",
  "reason",
  "comment",
  "offer",
  "buyer_gets",
  "confirm",
  "code",
  "bank_name",
  "bank_code",
  "account_number",
  "account_name",
  "disbursement",
];
const provider = [
  "type",
  "bank_code",
  "nip_bank_code",
  "bank_account_number",
  "bank_account_name",
  "bank_name",
  "email",
  "phone",
  "firstname",
  "lastname",
  "account_id",
];
const settings = [
  "section",
  "callback_url",
  "callback_format",
  "callback_token",
  "origins",
  "unsigned_checkout",
  "provider_share_limit",
  "escrow_fee_bearer",
  "rail_fee_bearer",
  "provider_fee_bearer",
  "non_split",
  "policy",
  "sla",
  "cancellation_fee",
  "max_delivery_days",
  "accept_after_days",
  "reasons_with_fee",
  "bank_name",
  "bank_code",
  "account_number",
  "account_name",
];
const operatorFields = [
  "seller",
  "order",
  "buyer_gets",
  "comment",
  "project",
  "note",
  "hold",
  "amount",
  "currency",
  "escrow_fees",
  "payout_fees",
  "payment",
  "to_seller",
  "to_order",
  "disbursement",
];

const targets: readonly Target[] = [
  wire("/api/project/createProject", ["project_name", "description", "customer_email", "customer_phone"]),
  wire("/api/project/updateProject/1", ["project_name", "description", "project_id"], "PUT"),
  wire("/api/project/getExternalProjects", []),
  wire("/api/serviceprovider", []),
  wire("/api/serviceprovider/create", provider),
  wire("/api/serviceprovider/order/update", ["commisson", "commission", "sp_id", "order_id"]),
  wire("/api/serviceprovider/marketplaceOrder/update", ["commisson", "order_id"], "PUT"),
  wire("/api/callback/order", ["order", "status", "email", "phone_number", "comment"]),
  { method: "POST", url: () => "/", names: ["authtoken", ...form], known: () => ({ token: world.keysOf().public_key }) },
  { method: "POST", url: () => "/", names: form, known: () => world.shopForm() },
  { method: "POST", url: () => checkout, names: ["buyer_email", "buyer_phone", "alt_recipient"] },
  { method: "POST", url: () => link, names: step, known: () => ({ action: "offer_split" }) },
  { method: "POST", url: () => link, names: step.filter((name) => !["action"].includes(name)), known: () => ({ action: "give_account" }) },
  { method: "POST", url: () => "/seller/login", names: ["email", "password"] },
  { method: "POST", url: () => "/operator/login", names: ["email", "password"] },
  { method: "POST", url: () => "/operator/api/session", names: ["email", "password"] },
  {
    method: "POST",
    url: () => `/seller/orders/${order}`,
    names: step,
    known: () => ({ csrf: seller.csrf }),
    headers: () => seller.headers,
  },
  { method: "POST", url: () => "/seller/settings", names: settings, known: () => ({ csrf: seller.csrf }), headers: () => seller.headers },
  {
    method: "POST",
    url: () => "/seller/keys",
    names: ["public_key"],
    known: () => ({ csrf: seller.csrf, action: "end" }),
    headers: () => seller.headers,
  },
  {
    method: "POST",
    url: () => "/seller/invitations",
    names: ["operator"],
    known: () => ({ csrf: seller.csrf }),
    headers: () => seller.headers,
  },
  {
    method: "POST",
    url: () => "/operator",
    names: ["action", ...operatorFields],
    known: () => ({ csrf: operator.csrf }),
    headers: () => operator.headers,
  },
  {
    method: "POST",
    url: () => `/operator/orders/${world.seller}/${order}`,
    names: ["action", ...operatorFields],
    known: () => ({ csrf: operator.csrf }),
    headers: () => operator.headers,
  },
  ...["rule", "reopen", "hold", "lift_hold", "write_off", "add_float", "take_fees", "change_money", "match", "give_back", "requeue"].map(
    (action): Target => ({
      name: action,
      method: "POST",
      url: () => `/operator/api/actions/${action}`,
      names: operatorFields,
      headers: () => ({ authorization: bearer }),
    }),
  ),
  {
    method: "POST",
    url: () => `/operator/api/orders/${world.seller}/${order}/preview`,
    names: ["buyer_gets"],
    headers: () => ({ authorization: bearer }),
  },
  {
    method: "POST",
    url: () => "/rails/sandbox/events",
    names: ["id", "type", "data"],
    headers: () => ({ "x-sandbox-signature": "0".repeat(64) }),
  },
  { method: "POST", url: () => "/sandbox/clock", names: ["seller", "advance"] },
  { method: "POST", url: () => "/sandbox/unknown-money", names: ["reference", "amount", "currency"] },
  { method: "POST", url: () => "/sandbox/payments/x", names: ["outcome", "amount", "currency", "card", "again"] },
  { method: "POST", url: () => "/sandbox/payments/x/dispute", names: ["step", "amount", "fee", "takes_money"] },
  { method: "POST", url: () => "/sandbox/sends/x", names: ["outcome", "fault"] },
  { method: "POST", url: () => "/sandbox/rail/x", names: ["outcome", "amount"] },
];

const paths = [
  "/pay/*",
  "/pay/*/done",
  "/o/*",
  "/seller/orders/*",
  "/seller?state=*&before=*",
  "/operator/orders/*/*",
  "/operator/api/orders/*/*",
  "/sandbox/mailbox?to=*",
  "/sandbox/rail/*",
  "/assets/*",
  "/*",
  "/healthz?*",
];

async function ask(options: InjectOptions): Promise<void> {
  const answer = await world.inject(options);
  const told = answer.statusCode < 500 || (answer.statusCode === 503 && answer.headers["retry-after"] !== undefined);
  if (!told) throw new Error(`${answer.statusCode} ${answer.body.slice(0, 300)}\n${logged.at(-1) ?? ""}`);
  const type = String(answer.headers["content-type"] ?? "");
  if (answer.statusCode >= 400 && type.includes("json") && options.method !== "HEAD")
    expect(answer.json()).toMatchObject({ status: "error", message: expect.any(String) as string });
  for (const one of [answer.headers["set-cookie"]].flat()) expect(one ?? "").not.toContain("a=b");
}

describe("nothing that anybody sends is a fault of ours", () => {
  test.each(targets.map((target) => ({ ...target, name: target.name ?? target.url.toString().slice(6) })))(
    "not to $method $name",
    async (target) => {
      const given = fc.record(Object.fromEntries(target.names.map((name) => [name, value])), { requiredKeys: [] });
      await fc.assert(
        fc.asyncProperty(given, fc.constantFrom("form", "multipart", "json"), fc.boolean(), async (some, encoding, browser) => {
          const { payload, headers } = fields({ ...target.known?.(), ...some }, encoding);
          await ask({
            method: target.method,
            url: target.url(),
            payload,
            headers: { ...headers, ...target.headers?.(), ...(browser ? { accept: "text/html" } : {}) },
          });
        }),
        { numRuns: 40 },
      );
    },
  );

  test("a NUL in an address leads nowhere, on every route", async () => {
    for (const path of paths) {
      for (const method of ["GET", "POST"] as const) {
        const headers = { ...seller.headers, authorization: bearer };
        const url = path.includes("*") ? path.replaceAll("*", "%00") : `${path}?to=%00`;
        expect([url, (await world.inject({ method, url, headers })).statusCode]).toEqual([url, 404]);
        // Written so that only decoding it twice would make a NUL of it.
        await ask({ method, url: url.replaceAll("%00", "%2500"), headers });
      }
    }
  });

  test("not in an address either", async () => {
    const part = fc.oneof(
      plain.map((text) => encodeURIComponent(text.toWellFormed())),
      fc.string({ maxLength: 20 }).map((text) => text.replace(/[\s#]/g, "")),
      fc.constantFrom("%00", "%", "%zz", "%E0%A4%A", "..%2f..", "x".repeat(500)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        part,
        part,
        fc.constantFrom(...(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"] as const)),
        async (path, a, b, method) => {
          let turn = 0;
          const url = path.replace(/\*/g, () => [a, b][turn++] ?? "");
          // The test's own client cannot ask for every address.
          fc.pre(URL.canParse(url, "http://localhost"));
          await ask({ method, url, headers: { ...seller.headers, accept: "text/html", authorization: bearer } });
        },
      ),
      { numRuns: 300 },
    );
  });

  test("and the books are sound after all of it", async () => {
    await world.due();
    expect((await world.inject({ url: "/sandbox/verify" })).json()).toMatchObject({ data: { ok: true, findings: [] } });
  });
});
