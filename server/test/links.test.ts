import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deliver } from "../src/actions/deliver.ts";
import { readConfig } from "../src/config.ts";
import { sweepLinks } from "../src/db/links.ts";
import { must } from "../src/domain/fault.ts";
import { tokenHash } from "../src/secrets/tokens.ts";
import { words } from "./setup/http-answers.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";

let world: HttpWorld;
beforeAll(async () => {
  world = await httpWorld();
  await world.float();
});
afterAll(() => world.close());

const mail = "shopper@demo.tranche.test";
const sellerMail = "seller@demo.tranche.test";
const bought = async () => (await world.buy()).orderId;
const delivered = async () => {
  const id = await bought();
  await world.done(deliver(world.on("seller", id)));
  return id;
};

describe("links", () => {
  test("opened by GET as often as one likes, a link shows the page and changes nothing", async () => {
    const link = await world.linkTo(mail, await delivered());
    for (const suffix of ["", "?action=accept", "?action=reject&reason=damaged"]) {
      const page = await world.still(() => world.get(`${link}${suffix}`));
      expect([page.status, page.headers["cache-control"], page.headers["referrer-policy"]]).toEqual([200, "no-store", "no-referrer"]);
    }
    const head = await world.still(() => world.inject({ method: "HEAD", url: link }));
    expect(head.statusCode).toBe(200);
  });

  test("POST acts once, and the page says what was done and where the money is", async () => {
    const id = await delivered();
    const link = await world.linkTo(mail, id);
    const done = await world.post(link, { action: "accept" });
    expect([done.status, words(done.text)]).toEqual([200, expect.stringContaining("You accepted the delivery.")]);
    const again = await world.still(() => world.post(link, { action: "accept" }));
    expect(again.status).toBe(410);
  });

  test("a link ends with the state it was sent for; a fresh one goes to the same contact and nowhere else", async () => {
    const id = await bought();
    const link = await world.linkTo(mail, id);
    await world.done(deliver(world.on("seller", id)));
    await world.due();
    const stale = await world.still(() => world.get(link));
    expect([stale.status, words(stale.text)]).toEqual([410, expect.stringContaining("fresh link")]);
    const old = await world.linkTo(mail, id);
    const refused = await world.still(() => world.post(link, { action: "cancel" }));
    expect(refused.status).toBe(410);
    const asked = await world.post(`${link}/fresh`, {});
    expect(words(asked.text)).toContain("A fresh link is on its way");
    const fresh = await world.linkTo(mail, id);
    expect(fresh).not.toBe(old);
    expect((await world.get(fresh)).status).toBe(200);
  });

  test("who confirms other contacts on another checkout of the same buyer gets nothing of an order that somebody else paid", async () => {
    const id = await bought();
    const theirs = "stranger@elsewhere.test";
    // Everything a stranger can know: the public key and the shop's contacts of the buyer.
    const opened = await world.postForm(world.shopForm());
    const asked = await world.post(must(opened.location, "a checkout"), { buyer_email: theirs, buyer_phone: "+2348099999999" });
    expect(asked.status).toBe(303);
    await world.done(deliver(world.on("seller", id)));
    await world.due();
    expect(await world.letters(theirs)).toEqual([]);
    expect(await world.linkTo(mail, id)).toContain("/o/");
    expect((await world.order(id)).contactEmail).toBe(mail);
  });

  test("a link grows old after its life, and says so", async () => {
    const id = await bought();
    const link = await world.linkTo(mail, id);
    await world.database.ownerPool.query("UPDATE links SET expires_at = now() - interval '1 second' WHERE order_id = $1", [id]);
    expect((await world.still(() => world.get(link))).status).toBe(410);
    expect((await world.still(() => world.post(link, { action: "cancel" }))).status).toBe(410);
  });

  test("the other party's steps are refused, whatever the form says, and unknown ones too", async () => {
    const id = await delivered();
    const buyers = await world.linkTo(mail, id);
    for (const action of [
      "deliver",
      "confirm_return",
      "contest_return",
      "replace",
      "rule",
      "fund",
      "settle",
      "charge_back",
      "",
      "__proto__",
      "x".repeat(5000),
    ]) {
      const answer = await world.still(() => world.post(buyers, { action, party: "seller" }));
      expect([action.slice(0, 20), answer.status]).toEqual([action.slice(0, 20), 422]);
    }
    const funded = await bought();
    const ofSeller = await world.linkTo(sellerMail, funded);
    for (const action of ["accept", "reject", "redeliver"])
      expect((await world.still(() => world.post(ofSeller, { action, reason: "damaged", party: "buyer" }))).status).toBe(422);
    expect((await world.post(ofSeller, { action: "deliver" })).status).toBe(200);
  });

  test("an unknown link is 404 for GET, POST and fresh alike", async () => {
    for (const token of ["x", "A".repeat(43), "%E2%98%83", "..%2f..", "%00"]) {
      expect((await world.get(`/o/${token}`)).status).toBe(404);
      expect((await world.still(() => world.post(`/o/${token}`, { action: "accept" }))).status).toBe(404);
      expect((await world.still(() => world.post(`/o/${token}/fresh`, {}))).status).toBe(404);
      expect((await world.get(`/pay/${token}`)).status).toBe(404);
    }
  });

  test("a rejection without a reason, or with one that is not on the list, is asked for in place", async () => {
    const link = await world.linkTo(mail, await delivered());
    for (const reason of ["", "because"]) {
      const answer = await world.still(() => world.post(link, { action: "reject", reason, comment: "<b>hm</b>" }));
      expect([reason, answer.status]).toEqual([reason, 422]);
      expect(answer.text).toContain('role="alert"');
      expect(answer.text).toContain("&lt;b&gt;hm&lt;/b&gt;");
    }
  });

  test("a split is shown before it is offered, and who offered it cannot accept it", async () => {
    const id = await delivered();
    const link = await world.linkTo(mail, id);
    for (const amount of ["", "-1", "4501", "abc", "1e3", "0.001"]) {
      const wrong = await world.still(() => world.post(link, { action: "offer_split", buyer_gets: amount }));
      expect([amount, wrong.status]).toEqual([amount, 422]);
    }
    const shown = await world.still(() => world.post(link, { action: "offer_split", buyer_gets: "2,250.00" }));
    expect(words(shown.text)).toMatch(/The seller.*1,916\.25/);
    const made = await world.post(link, { action: "offer_split", buyer_gets: "2250", confirm: "yes" });
    expect(made.status).toBe(200);
    const { rows } = await world.engine.pool.query<{ id: bigint }>("SELECT id FROM offers WHERE order_id = $1 AND state = 'open'", [id]);
    const own = await world.still(() => world.post(link, { action: "agree_split", offer: String(must(rows[0], "the offer").id) }));
    expect(own.status).toBe(422);
  });

  test("what each side says with a step is read by the other, and later words do not wipe out earlier ones", async () => {
    const id = await delivered();
    await world.post(await world.linkTo(mail, id), { action: "reject", reason: "damaged", comment: "A leg is loose" });
    await world.post(await world.linkTo(sellerMail, id), { action: "contest_return" });
    expect((await world.order(id)).comment).toBe("A leg is loose");
    await world.post(await world.linkTo(sellerMail, id), { action: "escalate", comment: "It was fine" });
    for (const to of [mail, sellerMail]) {
      const text = words((await world.get(await world.linkTo(to, id))).text);
      expect(text).toMatch(/“ It was fine ”.*“ A leg is loose ”/);
    }
  });

  test("tokens are stored as hashes only", async () => {
    const link = await world.linkTo(mail, await bought());
    const token = must(link.split("/").at(-1), "a token");
    for (const table of ["links", "checkouts", "sessions"]) {
      const { rows } = await world.engine.pool.query<{ row: string }>(`SELECT t::text AS row FROM ${table} t`);
      expect(rows.some(({ row }) => row.includes(token))).toBe(false);
    }
  });
});

describe("the one-time code", () => {
  let careful: HttpWorld;
  beforeAll(async () => {
    careful = await httpWorld({ settings: { TRANCHE_ACCEPT_CODE: "always" } });
    await careful.float();
  });
  afterAll(() => careful.close());
  const phone = "+2348031112222";
  const ready = async (change: Record<string, string> = {}) => {
    const { orderId } = await careful.buy(change);
    await careful.done(deliver(careful.on("seller", orderId)));
    return { orderId, link: await careful.linkTo(change["email"] ?? mail, orderId) };
  };
  const codes = async (to: string) => (await careful.letters(to)).flatMap((letter) => /^(\d{6}) is your code/.exec(letter.body)?.[1] ?? []);

  test("is what a live installation asks for before the first acceptance", () => {
    expect(readConfig({ TRANCHE_MODE: "live" }).acceptCode).toBe(true);
    expect(readConfig({}).acceptCode).toBe(false);
  });

  test("without it an acceptance moves nothing; with it the order is accepted, and the next acceptance needs none", async () => {
    const { orderId, link } = await ready();
    const without = await careful.still(() => careful.post(link, { action: "accept" }));
    expect([without.status, words(without.text)]).toEqual([422, expect.stringContaining("one-time code")]);
    const asked = await careful.post(link, { action: "ask_code" });
    expect(words(asked.text)).toContain("+234 … 22");
    const [code = ""] = await codes(phone);
    expect((await careful.post(link, { action: "accept", code })).status).toBe(200);
    expect((await careful.order(orderId)).state).toMatch(/accepted|completed/);
    expect((await careful.post((await ready()).link, { action: "accept" })).status).toBe(200);
  });

  test("a rejection needs no code: it lets no money go", async () => {
    const { link } = await ready({ email: "other@demo.tranche.test", phone_number: "+2348031110001" });
    expect((await careful.post(link, { action: "reject", reason: "damaged" })).status).toBe(200);
  });

  test("five wrong tries lock it, the right code included, guesses at once counted too; a new one works", async () => {
    const [email, to] = ["guess@demo.tranche.test", "+2348031110002"];
    const { orderId, link } = await ready({ email, phone_number: to });
    await careful.post(link, { action: "ask_code" });
    const [code = ""] = await codes(to);
    const wrong = code === "000000" ? "111111" : "000000";
    const guesses = await careful.still(() =>
      Promise.all(Array.from({ length: 8 }, () => careful.post(link, { action: "accept", code: wrong }))),
    );
    expect(new Set(guesses.map((guess) => guess.status))).toEqual(new Set([422]));
    expect((await careful.still(() => careful.post(link, { action: "accept", code }))).status).toBe(422);
    expect((await careful.order(orderId)).state).toBe("delivered");
    await careful.database.ownerPool.query("UPDATE codes SET created_at = created_at - interval '1 minute'");
    await careful.post(link, { action: "ask_code" });
    const [fresh = ""] = await codes(to);
    expect((await careful.post(link, { action: "accept", code: ` ${fresh} ` })).status).toBe(200);
  });

  test("a code of another buyer, and one older than ten minutes, is wrong", async () => {
    const first = await ready({ email: "one@demo.tranche.test", phone_number: "+2348031110003" });
    const second = await ready({ email: "two@demo.tranche.test", phone_number: "+2348031110004" });
    await careful.post(first.link, { action: "ask_code" });
    await careful.post(second.link, { action: "ask_code" });
    const [one = ""] = await codes("+2348031110003");
    const [two = ""] = await codes("+2348031110004");
    if (one !== two) expect((await careful.still(() => careful.post(second.link, { action: "accept", code: one }))).status).toBe(422);
    await careful.database.ownerPool.query("UPDATE codes SET expires_at = now()");
    expect((await careful.still(() => careful.post(second.link, { action: "accept", code: two }))).status).toBe(422);
  });
});

test("swept are those that ended 90 days ago, however many, and no others", async () => {
  const id = await bought();
  const add = (count: number, ended: string, prefix: string) =>
    world.database.ownerPool.query(
      `INSERT INTO links (token_hash, seller_id, order_id, party, order_version, sent_to, created_at, expires_at)
       SELECT sha256(convert_to($1 || i, 'UTF8')), seller_id, id, 'buyer', 1, 'old@demo.tranche.test', now() - interval '200 days', now() - $2::interval
       FROM orders, generate_series(1, $3) i WHERE id = $4`,
      [prefix, ended, count, id],
    );
  await add(5_100, "91 days", "old");
  await add(3, "89 days", "young");
  await sweepLinks(world.database.pool, new Date());
  const { rows } = await world.database.ownerPool.query("SELECT token_hash FROM links WHERE sent_to = 'old@demo.tranche.test'");
  const left = new Set(rows.map((row) => row.token_hash.toString("hex")));
  expect(left).toEqual(new Set(["young1", "young2", "young3"].map((token) => tokenHash(token).toString("hex"))));
});
