import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeAuthtoken } from "../src/atarapay/tokens.ts";
import { deliver } from "../src/actions/deliver.ts";
import { reject } from "../src/actions/reject.ts";
import { sellerById } from "../src/db/sellers.ts";
import { must } from "../src/domain/fault.ts";
import { words } from "./setup/http-answers.ts";
import { provider } from "./setup/states.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";

let world: HttpWorld;
let me: Awaited<ReturnType<HttpWorld["signIn"]>>;
beforeAll(async () => {
  world = await httpWorld();
  await world.float();
  me = await world.signIn("seller");
});
afterAll(() => world.close());

const get = (path: string) => world.get(path, me.headers);
const post = (path: string, fields: Record<string, unknown>) => world.post(path, { csrf: me.csrf, ...fields }, me.headers);
const seller = async () => must(await sellerById(world.engine.pool, world.seller), "the seller");
const shop = {
  section: "shop",
  callback_url: "",
  callback_format: "auto",
  callback_token: "documented",
  origins: "",
  unsigned_checkout: "allow",
  provider_share_limit: "100",
};
const terms = {
  section: "terms",
  escrow_fee_bearer: "buyer",
  rail_fee_bearer: "seller",
  provider_fee_bearer: "before_split",
  non_split: "0",
  policy: "refund",
  sla: "",
  cancellation_fee: "0",
  max_delivery_days: "7",
  accept_after_days: "",
};

describe("signing in", () => {
  test("a wrong password and an unknown e-mail get the same answer, and no cookie", async () => {
    const said = [];
    for (const email of [world.keysOf().email, "nobody@demo.tranche.test", "", "a\u2028b"]) {
      const answer = await world.post("/seller/login", { email, password: "wrong" });
      expect([answer.status, answer.cookie]).toEqual([401, undefined]);
      said.push(/role="alert".*?<\/div>/s.exec(answer.text)?.[0]);
    }
    expect(new Set(said).size).toBe(1);
  });

  test("without a session a page leads to the sign-in, and a form is refused", async () => {
    for (const path of ["/seller", "/seller/orders/3001", "/seller/keys", "/seller/settings"]) {
      const answer = await world.get(path);
      expect([path, answer.status, answer.location]).toEqual([path, 303, "/seller/login"]);
    }
    for (const path of ["/seller/orders/3001", "/seller/keys", "/seller/settings", "/seller/invitations", "/seller/logout"]) {
      expect([path, (await world.still(() => world.post(path, { action: "rotate" }))).status]).toEqual([path, 401]);
    }
  });

  test("the cookie is out of reach for scripts and other sites", async () => {
    const answer = await world.inject({
      method: "POST",
      url: "/seller/login",
      payload: { email: world.keysOf().email, password: world.keysOf().password },
    });
    expect(answer.headers["set-cookie"]).toMatch(/^tranche-seller=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  });

  test("a form without this session's own token, or with another's, does nothing", async () => {
    const other = await world.signIn("seller", "individual");
    for (const csrf of [undefined, "", "x", other.csrf]) {
      const answer = await world.still(() =>
        world.post(
          "/seller/settings",
          { ...shop, callback_url: "https://evil.example/", ...(csrf === undefined ? {} : { csrf }) },
          me.headers,
        ),
      );
      expect(answer.status).toBe(401);
    }
    expect((await seller()).callbackUrl).toBeNull();
  });

  test("a session ends by signing out, in the database too, and by its time", async () => {
    const leaving = await world.signIn("seller");
    const out = await world.post("/seller/logout", { csrf: leaving.csrf }, leaving.headers);
    expect([out.status, out.location]).toEqual([303, "/seller/login"]);
    expect((await world.get("/seller", leaving.headers)).location).toBe("/seller/login");
    const old = await world.signIn("seller");
    await world.database.ownerPool.query(
      "UPDATE sessions SET expires_at = now() - interval '1 second' WHERE created_at = (SELECT max(created_at) FROM sessions)",
    );
    expect((await world.get("/seller", old.headers)).location).toBe("/seller/login");
    expect((await world.still(() => world.post("/seller/keys", { csrf: old.csrf, action: "rotate" }, old.headers))).status).toBe(401);
  });

  test("a seller's session is none of the operator's, and the other way round", async () => {
    const operator = await world.signIn("operator");
    const asSeller = operator.headers.cookie.replace("tranche-operator", "tranche-seller");
    expect((await world.get("/seller", { cookie: asSeller })).location).toBe("/seller/login");
    expect((await world.get("/operator", { cookie: me.headers.cookie.replace("tranche-seller", "tranche-operator") })).location).toBe(
      "/operator/login",
    );
  });

  test("guessing passwords is slowed down: the eleventh try of a minute is 429 with Retry-After", async () => {
    const fresh = await httpWorld();
    const tries = [];
    for (let attempt = 0; attempt < 11; attempt += 1) tries.push(await fresh.post("/operator/login", { email: "x@y.ng", password: "x" }));
    await fresh.close();
    expect(tries.map((one) => one.status)).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    expect(Number(tries.at(-1)?.headers["retry-after"])).toBeGreaterThan(0);
  });
});

describe("orders", () => {
  test("another seller's order does not exist here, to look at or to act on", async () => {
    const theirs = (await world.buy({}, "individual")).orderId;
    expect((await get(`/seller/orders/${theirs}`)).status).toBe(404);
    expect((await world.still(() => post(`/seller/orders/${theirs}`, { action: "deliver" }))).status).toBe(404);
    expect((await get("/seller")).text).not.toContain(`/seller/orders/${theirs}`);
    for (const id of ["0", "-1", "abc", "99999999999999999999", "1e3", "%20"]) expect((await get(`/seller/orders/${id}`)).status).toBe(404);
  });

  test("the seller delivers, and confirms a return, with the page saying who gets what", async () => {
    const { orderId } = await world.buy();
    const path = `/seller/orders/${orderId}`;
    expect(words((await post(path, { action: "deliver" })).text)).toContain("delivered");
    expect((await world.order(orderId)).state).toBe("delivered");
    const again = await world.still(() => post(path, { action: "deliver" }));
    expect([again.status, words(again.text)]).toEqual([422, expect.stringContaining("cannot deliver")]);
    await world.done(reject(world.on("buyer", orderId), { reason: "damaged" }));
    expect(words((await get(path)).text)).toMatch(/Confirm the return.*NGN 4,500\.00/);
    await post(path, { action: "confirm_return" });
    expect((await world.order(orderId)).state).toMatch(/returned|completed/);
  });

  test("what only buyer, operator, rail or clock may do is refused to the seller", async () => {
    const { orderId } = await world.buy();
    await world.done(deliver(world.on("seller", orderId)));
    for (const action of [
      "accept",
      "reject",
      "rule",
      "reopen",
      "fund",
      "lapse",
      "settle",
      "charge_back",
      "object",
      "redeliver",
      "nonsense",
    ]) {
      const answer = await world.still(() => post(`/seller/orders/${orderId}`, { action, reason: "damaged", offer: "1", buyer_gets: "0" }));
      expect([action, answer.status]).toEqual([action, 422]);
    }
  });

  test("the list filters by state and pages back, and nonsense in the address is no fault", async () => {
    await world.buy();
    expect(words((await get("/seller?state=funded")).text)).toContain("A chair");
    for (const query of ["state=nonsense", "before=abc", "before=1&before=2", "state=a&state=b", "state[]=x", "before=-1", "%"])
      expect((await get(`/seller?${query}`)).status).toBe(200);
  });
});

describe("keys", () => {
  const call = async (publicKey: string, privateKey: string) =>
    (await world.wire("/api/serviceprovider", { authtoken: makeAuthtoken({ publicKey, privateKey }) }, { as: null })).status;

  test("while keys are changed both pairs work, never more than two, and an ended one is wrong at once", async () => {
    const maker = await world.signIn("seller", "individual");
    const rotate = async () => {
      const { text } = await world.post("/seller/keys", { csrf: maker.csrf, action: "rotate" }, maker.headers);
      const [, publicKey = "", privateKey = ""] = /<code>(\w{32})<\/code>[\s\S]*?<code>(\w{35})<\/code>/.exec(text) ?? [];
      return [publicKey, privateKey] as const;
    };
    const seeded = [world.keysOf("individual").public_key, world.keysOf("individual").private_key] as const;
    const second = await rotate();
    expect([await call(...seeded), await call(...second)]).toEqual([200, 200]);
    expect((await world.get("/seller/keys", maker.headers)).text).not.toContain(second[1]);
    const third = await rotate();
    expect([await call(...seeded), await call(...second), await call(...third)]).toEqual([401, 200, 200]);
    await Promise.all([rotate(), rotate(), rotate()]);
    const valid = await world.engine.pool.query(
      "SELECT valid_until FROM api_keys WHERE seller_id = $1 AND (valid_until IS NULL OR valid_until > now())",
      [world.sellerOf("individual")],
    );
    expect(valid.rows).toHaveLength(2);
    expect(valid.rows.filter((row) => (row as { valid_until: Date | null }).valid_until === null)).toHaveLength(1);
  });

  test("the pair in use cannot be ended, one of another seller neither", async () => {
    const { public_key: own, private_key: secret } = world.keysOf("business");
    await post("/seller/keys", { action: "end", public_key: own });
    expect(await call(own, secret)).toBe(200);
    await post("/seller/keys", { action: "end", public_key: world.keysOf("marketplace_operator").public_key });
    expect(await call(world.keysOf("marketplace_operator").public_key, world.keysOf("marketplace_operator").private_key)).toBe(200);
  });

  test("a checkout form works with the new public key, signed by the new private key", async () => {
    const { text } = await post("/seller/keys", { action: "rotate" });
    const [, publicKey = ""] = /<code>(\w{32})<\/code>/.exec(text) ?? [];
    expect((await world.postForm(world.shopForm({ token: publicKey }))).status).toBe(303);
    expect((await world.postForm(world.shopForm())).status).toBe(303);
  });
});

describe("settings", () => {
  test("are saved, shown again, and count for new orders only", async () => {
    const before = (await world.buy()).orderId;
    const saved = await post("/seller/settings", {
      ...terms,
      max_delivery_days: "30",
      sla: "2",
      cancellation_fee: "200.00",
      reasons_with_fee: ["damaged", "other"],
      accept_after_days: "5",
      non_split: "1,000",
    });
    expect([saved.status, words(saved.text)]).toEqual([200, expect.stringContaining("saved")]);
    expect((await seller()).terms).toMatchObject({
      maxDeliveryDays: 30,
      sla: 2,
      cancellationFee: 20_000,
      reasonsWithFee: ["damaged", "other"],
      acceptAfterDays: 5,
      nonSplit: 100_000,
    });
    expect((await get("/seller/settings")).text).toMatch(/name="max_delivery_days"[^>]*value="30"/);
    const after = (await world.buy()).orderId;
    expect([(await world.order(before)).terms.maxDeliveryDays, (await world.order(after)).terms.maxDeliveryDays]).toEqual([7, 30]);
    await post("/seller/settings", terms);
  });

  test("what does not fit is refused with its field named in place, and nothing is saved", async () => {
    const before = JSON.stringify(await seller());
    const wrong: [Record<string, string>, string][] = [
      [{ ...terms, max_delivery_days: "0" }, "max_delivery_days"],
      [{ ...terms, max_delivery_days: "91" }, "max_delivery_days"],
      [{ ...terms, max_delivery_days: "abc" }, "max_delivery_days"],
      [{ ...terms, sla: "-1" }, "sla"],
      [{ ...terms, cancellation_fee: "abc" }, "cancellation_fee"],
      [{ ...terms, cancellation_fee: "1.005" }, "cancellation_fee"],
      [{ ...terms, non_split: "-5" }, "non_split"],
      [{ ...terms, accept_after_days: "2" }, "accept_after_days"],
      [{ ...terms, policy: "maybe" }, "policy"],
      [{ ...terms, escrow_fee_bearer: "" }, "escrow_fee_bearer"],
      [{ ...terms, reasons_with_fee: "not_received" }, "reasons_with_fee"],
      [{ ...shop, callback_url: "javascript:alert(1)" }, "callback_url"],
      [{ ...shop, callback_url: "https://user:secret@shop.ng/" }, "callback_url"],
      [{ ...shop, origins: "https://shop.ng/path" }, "origins"],
      [{ ...shop, origins: "shop.ng" }, "origins"],
      [{ ...shop, provider_share_limit: "101" }, "provider_share_limit"],
      [{ ...shop, provider_share_limit: "" }, "provider_share_limit"],
      [{ ...shop, callback_token: "none" }, "callback_token"],
      [{ section: "bank", bank_name: "GTB", bank_code: "05", account_number: "0123456789", account_name: "A" }, "bank_code"],
      [{ section: "bank", bank_name: "GTB", bank_code: "058", account_number: "123", account_name: "A" }, "account_number"],
      [{ section: "bank", bank_name: "", bank_code: "058", account_number: "0123456789", account_name: "A" }, "bank_name"],
    ];
    for (const [fields, field] of wrong) {
      const answer = await world.still(() => post("/seller/settings", fields));
      expect([field, answer.status]).toEqual([field, 422]);
      expect([field, answer.text.includes(`id="${field}-error"`)]).toEqual([field, true]);
      expect([field, answer.text.includes(`href="#${field}"`)]).toEqual([field, true]);
    }
    expect((await post("/seller/settings", { section: "nonsense" })).status).toBe(422);
    expect(JSON.stringify(await seller())).toBe(before);
  });

  test("the largest share that an unsigned form may give a provider is the seller's to set", async () => {
    const musa = String(await provider(world));
    await post("/seller/settings", { ...shop, provider_share_limit: "33.33" });
    expect((await world.postForm(world.shopForm({ sp_id: musa, sp_commission: "66.66" }))).status).toBe(422);
    expect((await world.postForm(world.shopForm({ sp_id: musa, sp_commission: "66.67" }))).status).toBe(303);
    await post("/seller/settings", shop);
  });

  test("a changed bank account is stored, and where a waiting time is set, payouts wait behind it", async () => {
    const careful = await httpWorld({ settings: { TRANCHE_HOLD_COOLING_OFF_SANDBOX: "PT24H" } });
    await careful.float();
    const own = await careful.signIn("seller");
    const answer = await careful.post(
      "/seller/settings",
      { csrf: own.csrf, section: "bank", bank_name: "Zenith", bank_code: "057", account_number: "0123459999", account_name: "Ada Okafor" },
      own.headers,
    );
    expect(words(answer.text)).toContain("saved");
    const { orderId } = await careful.buy();
    await careful.done(deliver(careful.on("seller", orderId)));
    await careful.post(await careful.linkTo("shopper@demo.tranche.test", orderId), { action: "accept" });
    expect((await careful.sends(orderId)).map((one) => one.state)).not.toContain("succeeded");
    await careful.advance(25 * 3_600_000);
    expect((await careful.sends(orderId)).map((one) => one.state)).toEqual(["succeeded"]);
    await careful.close();
  });
});
