import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { pino } from "pino";
import { afterAll, describe, expect, test } from "vitest";
import { deliver } from "../src/actions/deliver.ts";
import { appOf } from "../src/commands/serve.ts";
import { assemble } from "../src/commands/assemble.ts";
import { seedSecrets } from "../src/commands/secrets.ts";
import { readConfig } from "../src/config.ts";
import { openInstallation } from "../src/db/installation.ts";
import { must } from "../src/domain/fault.ts";
import { buildServer } from "../src/http/app.ts";
import { seedSandbox } from "../src/sandbox/seed.ts";
import { testDatabase } from "./setup/database.ts";
import { fields } from "./setup/http-answers.ts";
import { httpWorld } from "./setup/http-world.ts";

const open: { close(): Promise<unknown> }[] = [];
const closing = <T extends { close(): Promise<unknown> }>(one: T): T => {
  open.push(one);
  return one;
};
afterAll(async () => {
  for (const one of open) await one.close();
});

const mail = "shopper@demo.tranche.test";

describe("secrets", () => {
  test("no token, password, key or code is ever logged, whatever fails", async () => {
    let log = "";
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        log += chunk.toString();
        done();
      },
    });
    const logger = pino({ level: "trace" }, sink);
    const world = closing(await httpWorld({ logger, settings: { TRANCHE_ACCEPT_CODE: "always" } }));
    Object.assign(world.engine, { log: logger });
    const secrets = new Set<string>();
    for (const role of ["business", "individual"] as const)
      for (const secret of [world.authtoken(role), world.keysOf(role).private_key, world.keysOf(role).password]) secrets.add(secret);
    secrets.add(world.seeded.operator.password);
    const { orderId, checkoutUrl } = await world.buy();
    await world.done(deliver(world.on("seller", orderId)));
    const link = await world.linkTo(mail, orderId);
    for (const address of [checkoutUrl, link]) secrets.add(must(address.split("/").at(-1), "a token"));
    await world.post(link, { action: "ask_code" });
    const code = must(
      (await world.letters("+2348031112222")).map((letter) => /^(\d{6}) is/.exec(letter.body)?.[1]).find((one) => one !== undefined),
      "a code",
    );
    await world.post(link, { action: "accept", code: "999999" });
    for (const kind of ["seller", "operator"] as const) {
      const { headers, csrf } = await world.signIn(kind);
      for (const secret of [must(headers.cookie.split("=")[1], "a session"), csrf]) secrets.add(secret);
      await world.post(`/${kind}/login`, { email: "x@y.ng", password: world.seeded.operator.password });
    }
    const signedIn = await world.signIn("seller");
    const broken = async () => {
      const answers = [
        await world.wire("/api/serviceprovider"),
        await world.wire("/api/callback/order", { order: orderId, status: "order" }),
        await world.wire("/api/callback/order", { order: orderId, status: "order" }, { encoding: "json" }),
        await world.postForm(world.shopForm()),
        await world.get(link),
        await world.post(link, { action: "accept", code }),
        await world.get(checkoutUrl),
        await world.get("/seller", signedIn.headers),
      ];
      return answers.map((answer) => answer.status);
    };
    await broken();
    await world.inject({
      method: "POST",
      url: "/api/serviceprovider",
      payload: `{"authtoken":"${world.authtoken()}",`,
      headers: { "content-type": "application/json" },
    });
    await world.wire(`/api/serviceprovider?authtoken=${world.authtoken()}`);
    for (const table of ["providers", "orders"]) await world.database.ownerPool.query(`ALTER TABLE ${table} RENAME TO ${table}_gone`);
    expect(await broken()).toContain(500);
    for (const table of ["providers", "orders"]) await world.database.ownerPool.query(`ALTER TABLE ${table}_gone RENAME TO ${table}`);
    expect(log).toContain("a request failed");
    for (const secret of secrets) expect([secret.length > 7, log.includes(secret)]).toEqual([true, false]);
    expect(new RegExp(`\\b${code}\\b`).test(log)).toBe(false);
  });

  test("a fault of ours is 500 in the documented shape with a number to name, and tells nothing of the inside", async () => {
    const world = closing(await httpWorld());
    await world.database.ownerPool.query("ALTER TABLE providers RENAME TO gone");
    const answer = await world.wire("/api/serviceprovider");
    expect([answer.status, answer.body.status, Object.keys(answer.body)]).toEqual([500, "error", ["status", "message"]]);
    expect(answer.body.message).toMatch(/req-/);
    expect(answer.body.message).not.toMatch(/providers|relation|select/i);
  });
});

describe("headers", () => {
  test("every answer, errors too, forbids scripts, framing, sniffing and passing the address on", async () => {
    const world = closing(await httpWorld());
    const { checkoutUrl } = await world.buy();
    for (const url of [
      "/",
      "/seller/login",
      "/operator/login",
      "/nowhere",
      "/assets/tranche.css",
      "/healthz",
      checkoutUrl,
      await world.linkTo(mail),
      "/%00",
      "/o/x",
      "/%",
    ]) {
      const { headers, statusCode } = await world.inject({ url, headers: { accept: "text/html" } });
      const policy = String(headers["content-security-policy"]);
      expect([
        url,
        statusCode < 500,
        policy.includes("default-src 'none'"),
        policy.includes("frame-ancestors 'none'"),
        policy.includes("script"),
      ]).toEqual([url, true, true, true, false]);
      expect([headers["x-content-type-options"], headers["referrer-policy"], headers["x-frame-options"]]).toEqual([
        "nosniff",
        "no-referrer",
        "DENY",
      ]);
    }
  });

  test("forms lead nowhere but here, except a payer's, which end in the shop", async () => {
    const world = closing(await httpWorld());
    const location = must((await world.postForm(world.shopForm())).location, "the checkout");
    const policyOf = async (url: string) => String((await world.get(url)).headers["content-security-policy"]);
    expect(await policyOf(location)).toContain("form-action 'self' http: https:;");
    expect(await policyOf("/seller/login")).toContain("form-action 'self';");
  });

  test("behind https the cookies are Secure and bound to the host", async () => {
    const world = closing(await httpWorld());
    const server = closing(
      await buildServer(
        { ...world.app, baseUrl: "https://pay.example.ng" },
        { bodyLimit: 1e6, trustProxy: 0, perKey: 1e6, perAddress: 1e6, logger: undefined },
      ),
    );
    await world.signIn("seller");
    const answer = await server.inject({
      method: "POST",
      url: "/seller/login",
      payload: { email: world.keysOf().email, password: world.keysOf().password },
    });
    expect(answer.headers["set-cookie"]).toMatch(/^__Host-tranche-seller=[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+; Secure$/);
    const out = await server.inject({
      method: "POST",
      url: "/seller/logout",
      headers: { cookie: String(answer.headers["set-cookie"]).split(";")[0] },
    });
    expect(out.statusCode).toBe(401);
  });
});

describe("limits", () => {
  const limited = async (setting: string) => closing(await httpWorld({ settings: { [setting]: "5" } }));
  const shape = { status: "error", message: expect.stringContaining("Too many requests") as string };
  const until429 = async (ask: () => Promise<{ status: number; body: unknown; headers: Readonly<Record<string, unknown>> }>) => {
    const answers = [];
    for (let turn = 0; turn < 7; turn += 1) answers.push(await ask());
    const last = must(answers.at(-1), "an answer");
    expect(answers.map((one) => one.status === 429)).toEqual([false, false, false, false, false, true, true]);
    expect(last.body).toMatchObject(shape);
    expect(Number(last.headers["retry-after"])).toBeGreaterThan(0);
  };

  test("per address: 429 in the documented shape with Retry-After, and X-Forwarded-For does not help", async () => {
    const world = await limited("TRANCHE_LIMIT_PER_ADDRESS");
    let turn = 0;
    await until429(async () => {
      turn += 1;
      const { payload, headers } = fields({ authtoken: world.authtoken() });
      const answer = await world.inject({
        method: "POST",
        url: "/api/serviceprovider",
        payload,
        headers: { ...headers, "x-forwarded-for": `10.0.0.${turn}` },
      });
      return { status: answer.statusCode, body: answer.json(), headers: answer.headers };
    });
    const other = await world.inject({ method: "POST", url: "/api/serviceprovider", payload: {}, remoteAddress: "10.9.9.9" });
    expect(other.statusCode).toBe(401);
  });

  for (const encoding of ["form", "multipart", "json"] as const) {
    test(`per public key, in a ${encoding} body, from any address; other keys go on`, async () => {
      const world = await limited("TRANCHE_LIMIT_PER_KEY");
      await until429(() => world.wire("/api/serviceprovider", {}, { encoding }));
      expect((await world.wire("/api/serviceprovider", {}, { as: "individual" })).status).toBe(200);
      expect((await world.postForm(world.shopForm(), encoding)).status).toBe(429);
    });
  }

  test("per public key where it comes as a bearer", async () => {
    const world = await limited("TRANCHE_LIMIT_PER_KEY");
    const { payload, headers } = fields(world.shopForm({ token: undefined, order_product_id: "1" }));
    const statuses = [];
    for (let turn = 0; turn < 7; turn += 1) {
      statuses.push(
        (
          await world.inject({
            method: "POST",
            url: "/",
            payload,
            headers: { ...headers, authorization: `Bearer ${world.keysOf().public_key}` },
          })
        ).statusCode,
      );
    }
    expect(statuses.slice(-2)).toEqual([429, 429]);
  });
});

describe("a live installation", () => {
  async function live() {
    const database = await testDatabase();
    const config = readConfig({ TRANCHE_MODE: "live", TRANCHE_LIMIT_PER_ADDRESS: "100000" });
    await openInstallation(database.ownerPool, "live", new Date());
    const secretKey = randomBytes(32);
    const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const parts = assemble({ config, ownerUrl: database.ownerUrl, baseUrl: "https://pay.example.ng", secretKey, log: silent });
    const seeded = must(await seedSandbox(parts.pool, seedSecrets(secretKey, { fast: true }), new Date()), "sellers");
    const server = await buildServer(appOf(config, parts, secretKey, "https://pay.example.ng"), {
      bodyLimit: config.bodyLimit,
      trustProxy: 0,
      ...config.limit,
      logger: undefined,
    });
    const close = async () => {
      await server.close();
      await parts.close();
      await database.drop();
    };
    return { server, seeded, database, close };
  }

  test("answers 404 for everything of the sandbox, by every verb, and takes none of its rail's events", async () => {
    const { server } = closing(await live());
    const paths = [
      "/sandbox",
      "/sandbox/",
      "/sandbox/clock",
      "/sandbox/mailbox",
      "/sandbox/mailbox?to=a@b.ng",
      "/sandbox/verify",
      "/sandbox/unknown-money",
      "/sandbox/rail/x",
      "/sandbox/payments/x",
      "/sandbox/payments/x/dispute",
      "/sandbox/sends/x",
      "/rails/sandbox/events",
      "/demo",
    ];
    for (const url of paths) {
      for (const method of ["GET", "POST", "PUT", "DELETE"] as const) {
        const answer = await server.inject({
          method,
          url,
          ...(method === "GET" ? {} : { payload: { seller: 1, advance: "P1D", to: "a@b.ng" } }),
        });
        expect([method, url, answer.statusCode]).toEqual([method, url, 404]);
        expect(answer.json()).toMatchObject({ status: "error" });
      }
    }
    expect((await server.inject("/healthz")).json()).toEqual({ status: "ok", mode: "live" });
  });

  test("sends browsers only to https origins that the seller registered", async () => {
    const { server, seeded, database } = closing(await live());
    const seller = must(seeded.sellers[0], "a seller");
    const form = {
      token: seller.public_key,
      email: mail,
      phone_number: "+2348031112222",
      currency: "NGN",
      amount: "400000",
      customer_firstname: "N",
      customer_lastname: "B",
      type: "1",
      order_product_id: "1",
      order_product_name: "Chair",
      delivery_date: "2026-12-01 00:00:00",
      delivery_location: "Lagos",
    };
    const ask = async (callbackUrl: string) =>
      (await server.inject({ method: "POST", url: "/", ...fields({ ...form, callback_url: callbackUrl }) })).statusCode;
    expect(await ask("https://shop.example.ng/")).toBe(422);
    await database.ownerPool.query("UPDATE sellers SET origins = $2 WHERE email = $1", [seller.email, ["https://shop.example.ng"]]);
    // Without a payment provider no checkout opens; the address was taken all the same.
    expect([await ask("https://shop.example.ng/x"), await ask("http://shop.example.ng/x"), await ask("https://other.example.ng/")]).toEqual(
      [503, 422, 422],
    );
  });
});
