import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cancel } from "../src/actions/cancel.ts";
import { placeHold } from "../src/actions/holds.ts";
import { ensureSigningKey, rotateSigningKey } from "../src/commands/prove-solvency.ts";
import { must } from "../src/domain/fault.ts";
import { solvency } from "../src/ledger/solvency.ts";
import { checkStatement } from "../src/proof/check-statement.ts";
import { checkReceipt } from "../src/proof/receipt.ts";
import type { SignedStatement } from "../src/proof/statement.ts";
import type { HttpWorld } from "./setup/http-world.ts";
import { httpWorld } from "./setup/http-world.ts";
import { reach } from "./setup/states.ts";

let world: HttpWorld;
let token: string;
beforeAll(async () => {
  world = await httpWorld();
  await world.float();
  await world.signIn("operator");
  const answer = await world.inject({ method: "POST", url: "/operator/api/session", payload: world.seeded.operator });
  token = answer.json<{ data: { token: string } }>().data.token;
});
afterAll(async () => {
  await world.sound();
  await world.close();
});

const get = (url: string, headers: Record<string, string> = {}) => world.inject({ method: "GET", url, headers });
const prove = async (): Promise<SignedStatement> => {
  const answer = await get("/v1/solvency", { authorization: `Bearer ${token}` });
  expect(answer.statusCode).toBe(200);
  return answer.json<SignedStatement>();
};
/** The key that signs now. */
const publicKey = async () =>
  must((await get("/v1/solvency/key")).json<{ keys: { public_key: string; retired_at: string | null }[] }>().keys[0], "a key");

test("before the first document there is no receipt, and the answer says whom to ask", async () => {
  const { headers } = await world.signIn("seller");
  const answer = await get("/seller/receipts", headers);
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toMatchObject({ code: "no_solvency_proof" });
});

describe("the signed document", () => {
  test("is the operator's to make; nobody else is given one", async () => {
    expect((await get("/v1/solvency")).json()).toMatchObject({ code: "not_signed_in" });
    expect((await get("/v1/solvency", { authorization: "Bearer made-up" })).statusCode).toBe(401);
  });

  test("holds, says what the books say, and names where each book's journal ended", async () => {
    await reach(world, "funded");
    await reach(world, "disputed");
    const document = await prove();
    const { statement } = checkStatement(document, (await publicKey()).public_key);
    const sums = await solvency(world.database.pool);
    expect(statement.currencies.map((line) => [line.currency, BigInt(line.held), BigInt(line.total)])).toEqual(
      sums.map(({ currency, held, owed }) => [currency, held, owed]),
    );
    expect(BigInt(must(statement.currencies[0], "naira").owed.order)).toBeGreaterThan(0n);
    const { rows } = await world.database.pool.query<{ id: bigint; entry: bigint; head: string }>(
      "SELECT seller_id AS id, entry_seq AS entry, coalesce(encode(chain_head, 'hex'), '') AS head FROM books ORDER BY seller_id",
    );
    expect(statement.books.map(({ book, entry, head }) => [book, entry, head])).toEqual(
      rows.map(({ id, entry, head }) => [Number(id), Number(entry), head]),
    );
  });

  test("is refused, and not signed, where a kept balance differs from the journal", async () => {
    const name = "order:%:escrow";
    const change = (by: number) =>
      world.database.ownerPool.query("UPDATE accounts SET balance = balance + $1 WHERE account LIKE $2 AND balance > 1", [by, name]);
    await change(1);
    const answer = await get("/v1/solvency", { authorization: `Bearer ${token}` });
    await change(-1);
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({
      code: "solvency_unproven",
      message: expect.stringMatching(/is kept at \d+ NGN, its postings give/),
    });
  });

  test("is signed by the key of its time: a new key signs what comes, and the old one's documents still hold", async () => {
    const before = await prove();
    const old = await publicKey();
    const fresh = await rotateSigningKey(world.database.pool, world.secretKey, new Date());
    const { keys } = (await get("/v1/solvency/key")).json<{ keys: { public_key: string; retired_at: string | null }[] }>();
    expect(keys.map(({ public_key: key, retired_at: end }) => [key, end === null])).toEqual([
      [fresh, true],
      [old.public_key, false],
    ]);
    expect(() => checkStatement(before, old.public_key)).not.toThrow();
    expect((await prove()).statement.public_key).toBe(fresh);
    expect(() => checkStatement(before, fresh)).toThrow(/is signed with the key/);
    const twice = await Promise.all([1, 2].map(() => ensureSigningKey(world.database.pool, world.secretKey, new Date())));
    expect(twice).toEqual([fresh, fresh]);
  });

  test("leaves neither the private key nor a salt where the reading role can see it", async () => {
    const { rows } = await world.database.ownerPool.query<{ sealed: string }>("SELECT private_key_sealed AS sealed FROM solvency_keys");
    for (const { sealed } of rows) expect(sealed).toMatch(/^v1\.[\w-]+$/);
    for (const column of ["private_key_sealed FROM solvency_keys", "leaves FROM solvency_statements"]) {
      const client = await world.database.ownerPool.connect();
      try {
        await client.query("BEGIN; SET LOCAL ROLE tranche_read");
        await expect(client.query(`SELECT ${column}`)).rejects.toThrow(/permission denied/);
      } finally {
        await client.query("ROLLBACK");
        client.release();
      }
    }
  });
});

describe("receipts", () => {
  interface File {
    readonly document: SignedStatement;
    readonly receipts: readonly { holder: string; amount: string }[];
  }
  const holds = (file: File) => {
    const { statement } = checkStatement(file.document);
    for (const receipt of file.receipts) checkReceipt(receipt, statement);
    return file.receipts.map(({ holder }) => holder);
  };

  test("a buyer's link gives those of its own order, and no other's; the seller's link gives none", async () => {
    const id = (await world.buy()).orderId;
    const other = (await world.buy()).orderId;
    await prove();
    const buyer = await world.linkTo("shopper@demo.tranche.test", id);
    const page = await get(buyer, { accept: "text/html" });
    expect(page.body).toContain(`${buyer}/receipt`);
    const answer = await get(`${buyer}/receipt`);
    expect(answer.headers["content-disposition"]).toContain("attachment");
    const file = answer.json<File>();
    expect(holds(file)).toEqual([`${world.seller}/order:${id}:escrow`]);
    expect(JSON.stringify(file)).not.toContain(`order:${other}:`);
    const seller = await world.linkTo(world.keysOf().email, id);
    expect((await get(`${seller}/receipt`)).statusCode).toBe(404);
    expect((await get(seller, { accept: "text/html" })).body).not.toContain("/receipt");
    expect((await get("/o/made-up/receipt")).statusCode).toBe(404);
  });

  test("a refund that waits is shown behind a link only where the link's order is all of what the buyer waits for", async () => {
    const refunds = async (id: number) => {
      const link = await world.linkTo("shopper@demo.tranche.test", id);
      await prove();
      return holds((await get(`${link}/receipt`)).json<File>());
    };
    const cancelled = async () => {
      const id = (await world.buy()).orderId;
      await world.done(placeHold(world.as("operator", "operator:1"), { orderId: id, note: "kept for the test" }));
      await world.done(cancel(world.on("seller", id)));
      return id;
    };
    // A hold keeps what was given back from being sent.
    const first = await cancelled();
    const buyer = must(await world.order(first), "the order").buyerId;
    expect(await refunds(first)).toEqual([`${world.seller}/buyer:${buyer}:refundable`]);
    await cancelled();
    expect(await refunds(first)).toEqual([]);
  });

  test("a seller gets those of its own book, and nobody gets them without signing in", async () => {
    expect((await get("/seller/receipts")).headers.location).toBe("/seller/login");
    const { headers } = await world.signIn("seller");
    const file = (await get("/seller/receipts", headers)).json<File>();
    const holders = holds(file);
    expect(holders.length).toBeGreaterThan(2);
    for (const holder of holders)
      expect(holder).toMatch(new RegExp(`^${world.seller}/(order:\\d+:escrow|payee:seller:${world.seller}:payable)$`));
  });
});
