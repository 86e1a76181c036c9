import { createHmac, randomUUID } from "node:crypto";
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from "fastify";
import { makeAuthtoken } from "../../src/atarapay/tokens.ts";
import { appOf } from "../../src/commands/serve.ts";
import { must } from "../../src/domain/fault.ts";
import type { SellerRole } from "../../src/domain/seller.ts";
import { buildServer } from "../../src/http/app.ts";
import type { ServerSettings } from "../../src/http/app.ts";
import { signatureHeader, signSandboxBody } from "../../src/rails/sandbox/events.ts";
import { hashPassword } from "../../src/secrets/passwords.ts";
import { fields, page, readAnswer } from "./http-answers.ts";
import type { Answered, Encoding, Method } from "./http-answers.ts";
import type { WorldOptions } from "./world.ts";
import { testWorld } from "./world.ts";

export interface HttpWorldOptions extends WorldOptions {
  readonly logger?: ServerSettings["logger"];
}

/** What a shop's page posts to the hosted page. */
export type ShopForm = Readonly<Record<string, string>>;

/** The engine of {@link testWorld} behind the whole HTTP server, asked without a socket. Limits are wide unless a test sets them. */
export async function httpWorld(options: HttpWorldOptions = {}) {
  const world = await testWorld({
    ...options,
    settings: { TRANCHE_LIMIT_PER_ADDRESS: "100000", TRANCHE_LIMIT_PER_KEY: "100000", ...options.settings },
  });
  const { assembled, config, engine, seeded, secretKey } = world;
  const app = appOf(config, assembled, secretKey, "http://127.0.0.1:4000");
  const server: FastifyInstance = await buildServer(app, {
    bodyLimit: config.bodyLimit,
    trustProxy: config.trustProxy,
    ...config.limit,
    logger: options.logger,
  });

  const keysOf = (role: SellerRole = "business") =>
    must(
      seeded.sellers.find((one) => one.role === role),
      role,
    );
  const authtoken = (role: SellerRole = "business"): string => {
    const { public_key: publicKey, private_key: privateKey } = keysOf(role);
    return makeAuthtoken({ publicKey, privateKey });
  };

  /** A call of the wire: the token goes into the body like everything else. */
  const wire = async (
    path: string,
    values: Readonly<Record<string, unknown>> = {},
    how: { readonly as?: SellerRole | null; readonly encoding?: Encoding; readonly method?: Method } = {},
  ): Promise<Answered> => {
    const own = how.as === null ? {} : { authtoken: authtoken(how.as ?? "business") };
    return readAnswer(await server.inject({ method: how.method ?? "POST", url: path, ...fields({ ...own, ...values }, how.encoding) }));
  };

  let shopOrders = 1000;
  const shopForm = (change: Readonly<Record<string, string | undefined>> = {}, role: SellerRole = "business"): ShopForm => {
    shopOrders += 1;
    const all: Record<string, string | undefined> = {
      token: keysOf(role).public_key,
      email: "shopper@demo.tranche.test",
      phone_number: "+2348031112222",
      currency: "NGN",
      amount: "400000",
      customer_firstname: "Ngozi",
      customer_lastname: "Bello",
      order_product_id: String(shopOrders),
      order_product_name: "A chair",
      order_product_desc: "Made of oak",
      delivery_date: "2026-12-01 10:00:00",
      delivery_location: "Gombe, NG, 140301",
      recipient: "+2348031112222",
      type: "1",
      is_marketplace: "0",
      callback_url: "https://shop.example.ng/thanks",
      ...change,
    };
    return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
  };
  const postForm = async (form: Readonly<Record<string, unknown>>, encoding: Encoding = "form"): Promise<Answered> =>
    readAnswer(await server.inject({ method: "POST", url: "/", ...fields(form, encoding) }));

  const get = async (url: string, headers: Record<string, string> = {}) =>
    page(await server.inject({ method: "GET", url, headers: { accept: "text/html", ...headers } }));
  const post = async (url: string, form: Readonly<Record<string, unknown>> = {}, headers: Record<string, string> = {}) => {
    const { payload, headers: own } = fields(form, "form");
    return page(await server.inject({ method: "POST", url, payload, headers: { ...own, accept: "text/html", ...headers } }));
  };

  /** Opens a checkout, pays it on the sandbox rail's page and lets the engine hear of it. Answers what a shop would learn. */
  const buy = async (
    change: Readonly<Record<string, string | undefined>> = {},
    role: SellerRole = "business",
    play: Readonly<Record<string, string>> = {},
  ) => {
    const form = shopForm(change, role);
    const opened = await postForm(form);
    if (opened.status !== 303) throw new Error(`the checkout was not opened: ${opened.status} ${JSON.stringify(opened.body)}`);
    const checkoutUrl = must(opened.location, "the checkout's address");
    const payer = { buyer_email: form["email"] ?? "", buyer_phone: form["phone_number"] ?? "" };
    const rail = await payAt(checkoutUrl, payer, play);
    const back = await get(`${checkoutUrl}/done`);
    const orderId = await orderOfShop(form["order_product_id"] ?? "");
    return { form, checkoutUrl, rail, back: back.location, orderId };
  };
  const payAt = async (checkoutUrl: string, payer: Readonly<Record<string, string>>, play: Readonly<Record<string, string>> = {}) => {
    const confirmed = await post(checkoutUrl, payer);
    if (confirmed.status !== 303) throw new Error(`the payer was not sent to the rail: ${confirmed.status} ${confirmed.text}`);
    const rail = new URL(must(confirmed.location, "the rail's page")).pathname;
    await post(rail, { outcome: "success", ...play });
    await world.due();
    return { path: rail, reference: decodeURIComponent(must(rail.split("/").at(-1), "a reference")) };
  };
  const orderOfShop = async (shopOrderId: string): Promise<number> => {
    const { rows } = await engine.pool.query<{ id: bigint }>("SELECT id FROM orders WHERE shop_order_id = $1 ORDER BY id DESC LIMIT 1", [
      shopOrderId,
    ]);
    return Number(must(rows[0], `an order for ${shopOrderId}`).id);
  };

  /** Letters to an address or phone, newest first. */
  const letters = async (to: string): Promise<{ subject: string; body: string }[]> => {
    await world.due();
    return readAnswer(await server.inject({ url: `/sandbox/mailbox?to=${encodeURIComponent(to)}` })).body.data as {
      subject: string;
      body: string;
    }[];
  };
  /** The path of the newest link that was sent to somebody, of one order where it is named. */
  const linkTo = async (to: string, orderId?: number): Promise<string> => {
    const found = (await letters(to)).filter(
      (letter) => orderId === undefined || letter.subject.includes(String(orderId)) || letter.body.includes(`order ${orderId}`),
    );
    return must(/\/o\/[\w-]+/.exec(found[0]?.body ?? "")?.[0], `a link sent to ${to}`);
  };

  let passwordsSet = false;
  /** Gives everybody the password that the seed told, and signs one of them in: answers the headers of a browser that did. */
  const signIn = async (kind: "seller" | "operator", role: SellerRole = "business", email?: string) => {
    if (!passwordsSet) {
      for (const one of seeded.sellers)
        await world.database.ownerPool.query("UPDATE sellers SET password_hash = $2 WHERE email = $1", [
          one.email,
          await hashPassword(one.password),
        ]);
      await world.database.ownerPool.query("UPDATE operators SET password_hash = $1", [await hashPassword(seeded.operator.password)]);
      passwordsSet = true;
    }
    const account = kind === "operator" ? { ...seeded.operator, ...(email === undefined ? {} : { email }) } : keysOf(role);
    const answer = await post(`/${kind}/login`, { email: account.email, password: account.password });
    const cookie = must(answer.cookie, `a cookie for the ${kind}, not ${answer.status}`);
    const first = await get(`/${kind}`, { cookie });
    return { headers: { cookie }, csrf: must(/name="csrf" value="([^"]+)"/.exec(first.text)?.[1], "a token against forged forms") };
  };

  /** Tells the server of a rail's event, signed as the sandbox rail signs unless a signature is given. */
  const railEvent = async (
    type: string,
    data: Readonly<Record<string, unknown>>,
    more: { readonly id?: string; readonly signature?: string } = {},
  ): Promise<Answered> => {
    const body = JSON.stringify({ id: more.id ?? `evt-${randomUUID()}`, type, occurred_at: new Date().toISOString(), data });
    const secret = createHmac("sha256", secretKey).update("sandbox rail").digest("hex");
    const signature = more.signature ?? signSandboxBody(secret, Buffer.from(body));
    const headers = { "content-type": "application/json", [signatureHeader]: signature };
    return readAnswer(await server.inject({ method: "POST", url: "/rails/sandbox/events", payload: body, headers }));
  };

  /** Everything that a refused request must leave as it is. */
  const moved = async (): Promise<string> => {
    const tables = [
      "postings",
      "entries",
      "transitions",
      "orders",
      "payments",
      "disbursements",
      "buyers",
      "rail_events",
      "offers",
      "holds",
    ];
    const counts = await Promise.all(tables.map(async (name) => engine.pool.query<{ n: bigint }>(`SELECT count(*) AS n FROM ${name}`)));
    const states = await engine.pool.query<{ all: string }>(
      "SELECT coalesce(string_agg(id || ' ' || state || ' ' || version, ',' ORDER BY id), '') AS all FROM orders",
    );
    return JSON.stringify([...tables.map((name, index) => `${name} ${counts[index]?.rows[0]?.n}`), states.rows[0]?.all]);
  };
  /** Runs something that must move nothing; answers what it answered. */
  const still = async <T>(work: () => Promise<T>): Promise<T> => {
    const before = await moved();
    const answer = await work();
    const after = await moved();
    if (after !== before) throw new Error(`something moved:\n${before}\n${after}`);
    return answer;
  };

  return {
    ...world,
    app,
    server,
    keysOf,
    authtoken,
    wire,
    shopForm,
    postForm,
    get,
    post,
    buy,
    payAt,
    orderOfShop,
    letters,
    linkTo,
    signIn,
    railEvent,
    moved,
    still,
    inject: (what: InjectOptions): Promise<LightMyRequestResponse> => server.inject(what),
    close: async () => {
      await server.close();
      await world.close();
    },
  };
}

export type HttpWorld = Awaited<ReturnType<typeof httpWorld>>;
