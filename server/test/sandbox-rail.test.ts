import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isRefusal } from "../src/domain/refusals.ts";
import type { OpenPayment, PayeeDetails, RailEvent, SendRequest } from "../src/rails/rail.ts";
import { RailEventRejected } from "../src/rails/rail.ts";
import { sandboxAccounts } from "../src/rails/sandbox/accounts.ts";
import type { SandboxBooks } from "../src/rails/sandbox/books.ts";
import { signSandboxBody } from "../src/rails/sandbox/events.ts";
import type { SandboxRail } from "../src/rails/sandbox/sandbox.ts";
import { makeSandboxRail } from "../src/rails/sandbox/sandbox.ts";
import { prepareSandboxRail } from "../src/rails/sandbox/store.ts";
import { railContract } from "./rail-contract.ts";
import type { TestDatabase } from "./setup/database.ts";
import { testDatabase } from "./setup/database.ts";

const secret = "a sandbox secret";
let database: TestDatabase;
let now = new Date("2026-03-02T08:00:00Z");
let deaf = false;
let received: { raw: Buffer; headers: Record<string, string> }[] = [];

beforeAll(async () => {
  database = await testDatabase();
  await prepareSandboxRail(database.ownerPool);
});
afterAll(() => database.drop());

function sandbox(costPerSend = 0n): SandboxRail {
  return makeSandboxRail({
    pool: database.pool,
    clock: () => now,
    baseUrl: "http://127.0.0.1:4000/",
    secret,
    costPerSend,
    deliver: async (raw, headers) => {
      if (deaf) throw new Error("nobody listens");
      received.push({ raw, headers });
    },
  });
}

function account(ending: string): PayeeDetails {
  return { kind: "bank_account", accountNumber: `012345${ending}`, accountName: "Ada Obi", bankCode: "221" };
}

function payout(reference: string, ending: string, amount = 5000n): SendRequest {
  return { reference, kind: "payout", amount, currency: "NGN", to: account(ending) };
}

function events(rail: SandboxRail, reference: string): RailEvent[] {
  return received.map((e) => rail.parseEvent(e.raw, e.headers)).filter((e) => e.reference === reference);
}

function asked(reference: string, amount = 450_000n): OpenPayment {
  const returnUrl = "https://shop.example/back";
  return { sellerId: 7, reference, amount, currency: "NGN", description: "Lamp", returnUrl, payerEmail: "buyer@shop.example" };
}

async function opened(rail: SandboxRail, reference: string, amount = 450_000n): Promise<string> {
  await rail.openPayment(asked(reference, amount));
  return reference;
}

async function paid(rail: SandboxRail, reference: string): Promise<string> {
  await rail.play(await opened(rail, reference), "success");
  return reference;
}

async function naira(rail: SandboxRail): Promise<SandboxBooks | undefined> {
  return (await rail.books()).find((b) => b.currency === "NGN");
}

/** What changed in the naira books by `work`. */
async function change(rail: SandboxRail, work: () => Promise<unknown>): Promise<Record<string, bigint>> {
  const before = await naira(rail);
  await work();
  const after = await naira(rail);
  const moved: Record<string, bigint> = {};
  for (const [name, value] of Object.entries(after ?? {})) {
    const was = Object.entries(before ?? {}).find(([n]) => n === name)?.[1] ?? 0n;
    if (typeof value === "bigint" && typeof was === "bigint" && value !== was) moved[name] = value - was;
  }
  return moved;
}

railContract("sandbox", async () => {
  const rail = sandbox();
  return {
    rail,
    pay: async (reference) => void (await rail.play(reference, "success")),
    decline: async (reference) => void (await rail.play(reference, "decline")),
    received: () => received,
    goodAccount: account("7777"),
    otherAccounts: ["6661", "6662", "6663", "6664"].map(account),
    deadAccount: account("0009"),
    silentAccount: account("0003"),
    tellingAccount: account("0001"),
    finish: async () => void (await rail.concludeSend("contract-told-of-send", "succeed")),
    timesSent: async (reference) => {
      const { rows } = await database.pool.query<{ n: bigint }>(
        `SELECT count(*) AS n FROM sandbox_rail.movements WHERE reference = $1 AND kind IN ('payout', 'refund')`,
        [reference],
      );
      return Number(rows[0]?.n);
    },
  };
});

test("preparing the schema may run again, also twice at the same time, and keeps what is there", async () => {
  const rail = sandbox();
  await opened(rail, "kept");
  await Promise.all([prepareSandboxRail(database.ownerPool), prepareSandboxRail(database.ownerPool)]);
  expect((await rail.lookUpPayment("kept")).status).toBe("open");
});

test("the application may not change or delete a movement", async () => {
  await expect(database.pool.query("UPDATE sandbox_rail.movements SET amount = 1")).rejects.toThrow(/permission denied/);
  await expect(database.pool.query("DELETE FROM sandbox_rail.movements")).rejects.toThrow(/permission denied/);
});

describe("paying", () => {
  test("the sample's payment costs 16,750 and leaves 433,250 to settle after 24 hours", async () => {
    const rail = sandbox();
    const start = now;
    const page = await rail.openPayment(asked("sample/1"));
    expect(page.url).toBe("http://127.0.0.1:4000/sandbox/rail/sample%2F1");
    expect(await change(rail, () => rail.play("sample/1", "success"))).toEqual({ takenIn: 450_000n, fees: 16_750n, incoming: 433_250n });
    expect(await rail.page("sample/1")).toMatchObject({ amount: 450_000n, description: "Lamp", status: "succeeded" });
    await rail.settle(new Date(start.getTime() + 24 * 3600e3 - 1));
    expect(events(rail, "sample/1").map((e) => e.type)).toEqual(["payment.succeeded"]);
    await rail.settle(new Date(start.getTime() + 24 * 3600e3));
    await rail.settle(new Date(start.getTime() + 48 * 3600e3));
    const settled = events(rail, "sample/1").filter((e) => e.type === "payment.settled");
    expect(settled.map((e) => e.amount)).toEqual([433_250n]);
  });

  test("a pending payment stays pending until it is concluded, with the money it was pending for", async () => {
    const rail = sandbox();
    await opened(rail, "slow");
    await rail.play("slow", "pending", { amount: 440_000n });
    expect(await rail.lookUpPayment("slow")).toMatchObject({ status: "pending", receipts: [] });
    await rail.play("slow", "success");
    expect(await rail.lookUpPayment("slow")).toMatchObject({ status: "succeeded", amount: 440_000n });
    await opened(rail, "slow-no");
    await rail.play("slow-no", "pending");
    await rail.play("slow-no", "decline");
    expect((await rail.lookUpPayment("slow-no")).status).toBe("failed");
  });

  test("pending and then success tells both, in that order", async () => {
    const rail = sandbox();
    await opened(rail, "both");
    await rail.play("both", "pending_then_success");
    expect(events(rail, "both").map((e) => e.type)).toEqual(["payment.pending", "payment.succeeded"]);
  });

  test("a closed browser goes nowhere, yet the payment counts; playing a paid page again takes nothing", async () => {
    const rail = sandbox();
    await opened(rail, "gone");
    expect(await rail.play("gone", "success_browser_gone")).toEqual({ returnUrl: null });
    const again = await change(rail, async () => {
      expect(await rail.play("gone", "success")).toEqual({ returnUrl: "https://shop.example/back" });
    });
    expect(again).toEqual({});
  });

  test("two clicks at the same time pay once", async () => {
    const rail = sandbox();
    await opened(rail, "twice-clicked");
    const moved = await change(rail, () => Promise.all([1, 2, 3].map(() => rail.play("twice-clicked", "success"))));
    expect(moved["takenIn"]).toBe(450_000n);
  });

  test("a second payment on the reference has a rail reference of its own, and both are found", async () => {
    const rail = sandbox();
    await opened(rail, "again");
    expect(isRefusal(await rail.payAgain("again"))).toBe(true);
    await rail.play("again", "success", { amount: 440_000n });
    await rail.payAgain("again", { amount: 10_000n });
    const { receipts, amount } = await rail.lookUpPayment("again");
    expect(amount).toBe(440_000n);
    expect(receipts.map((r) => r.amount)).toEqual([440_000n, 10_000n]);
    expect(new Set(receipts.map((r) => r.railReference)).size).toBe(2);
    expect(events(rail, "again").map((e) => e.railReference)).toEqual(receipts.map((r) => r.railReference));
  });

  test("money in another currency is told as it came", async () => {
    const rail = sandbox();
    await opened(rail, "dollars");
    await rail.play("dollars", "success", { amount: 1000n, currency: "USD" });
    expect(await rail.lookUpPayment("dollars")).toMatchObject({ amount: 1000n, currency: "USD", fee: 0n });
    expect((await rail.books()).find((b) => b.currency === "USD")?.takenIn).toBe(1000n);
  });

  test("money on an unknown reference can be looked up and refunded", async () => {
    const rail = sandbox();
    await rail.emitUnknown("stranger", 20_000n, "NGN");
    expect(events(rail, "stranger")).toMatchObject([{ type: "payment.succeeded", amount: 20_000n }]);
    const back = {
      reference: "stranger-back",
      kind: "refund",
      amount: 20_000n,
      currency: "NGN",
      to: { paymentReference: "stranger" },
    } as const;
    expect((await rail.send(back)).status).toBe("succeeded");
    expect(isRefusal(await rail.emitUnknown("stranger", 1n, "NGN"))).toBe(true);
  });
});

describe("sending", () => {
  test("every special account ends differently, and every other is paid", () => {
    expect(sandboxAccounts.map((a) => a.ending)).toEqual(["0001", "0002", "0003", "0004", "0008", "0009"]);
  });

  test("0001 is pending, still at the first look-up, and paid at the second", async () => {
    const rail = sandbox(50n);
    expect(await rail.send(payout("p1", "0001"))).toEqual({ status: "pending" });
    expect((await rail.lookUpSend(payout("p1", "7777"))).status).toBe("pending");
    const moved = await change(rail, async () => {
      expect(await rail.lookUpSend(payout("p1", "7777"))).toEqual({ status: "succeeded", cost: 50n });
      await rail.lookUpSend(payout("p1", "7777"));
    });
    expect(moved).toEqual({ paidOut: 5000n, sendCosts: 50n, cash: -5050n });
  });

  test("a pending send is concluded by hand and told by an event", async () => {
    const rail = sandbox();
    await rail.send(payout("p1-yes", "0001"));
    await rail.send(payout("p1-no", "0001"));
    await rail.concludeSend("p1-yes", "succeed");
    await rail.concludeSend("p1-no", "fail", "rail");
    expect(events(rail, "p1-yes")).toMatchObject([{ type: "send.succeeded", amount: 5000n }]);
    expect(events(rail, "p1-no")).toMatchObject([{ type: "send.failed", fault: "rail" }]);
    expect(await rail.lookUpSend(payout("p1-no", "7777"))).toMatchObject({ status: "failed", fault: "rail" });
    expect(isRefusal(await rail.concludeSend("p1-no", "succeed"))).toBe(true);
    expect(isRefusal(await rail.concludeSend("nobody", "succeed"))).toBe(true);
  });

  test("0002 is lost before its effect: never seen, and the same reference then goes through", async () => {
    const rail = sandbox();
    const moved = await change(rail, async () => {
      await expect(rail.send(payout("p2", "0002"))).rejects.toThrow("no answer");
      expect(await rail.lookUpSend(payout("p2", "7777"))).toEqual({ status: "never_seen" });
    });
    expect(moved).toEqual({});
    expect((await rail.send(payout("p2", "0002"))).status).toBe("succeeded");
    expect((await rail.lookUpSend(payout("p2", "7777"))).status).toBe("succeeded");
  });

  test("0004 fails once by the rail's fault; the next attempt, under its own reference, succeeds", async () => {
    const rail = sandbox();
    expect(await rail.send(payout("p4-1", "0004"))).toMatchObject({ status: "failed", fault: "rail" });
    expect((await rail.send(payout("p4-1", "0004"))).status).toBe("failed");
    expect((await rail.send(payout("p4-2", "0004"))).status).toBe("succeeded");
    expect((await rail.send(payout("p4-3", "0004"))).status).toBe("failed");
  });

  test("0008 is paid, and a reversal brings the money back", async () => {
    const rail = sandbox();
    expect((await rail.send(payout("p8", "0008"))).status).toBe("succeeded");
    expect(await change(rail, () => rail.concludeSend("p8", "reverse"))).toEqual({ returned: 5000n, cash: 5000n });
    expect(await rail.lookUpSend(payout("p8", "7777"))).toMatchObject({ status: "reversed", fault: "payee" });
    expect(events(rail, "p8")).toMatchObject([{ type: "send.reversed", amount: 5000n, fault: "payee" }]);
    expect((await rail.send(payout("p8", "0008"))).status).toBe("succeeded");
  });

  test("a Wise account's id ends as an account number does", async () => {
    const rail = sandbox();
    const to: PayeeDetails = { kind: "wise_account", accountId: "55550009", name: "Ada Obi" };
    expect(await rail.send({ ...payout("wise", "7777"), to })).toMatchObject({ status: "failed", fault: "payee" });
  });

  test("a refund to a dead card fails by the payee's details; to an account that the buyer gave it succeeds", async () => {
    const rail = sandbox();
    await opened(rail, "dead-card");
    await rail.play("dead-card", "success", { card: "refund_dead" });
    const refund = { kind: "refund", amount: 450_000n, currency: "NGN" } as const;
    const toCard = await rail.send({ ...refund, reference: "r-card", to: { paymentReference: "dead-card" } });
    expect(toCard).toMatchObject({ status: "failed", fault: "payee" });
    expect((await rail.send({ ...refund, reference: "r-account", to: account("7777") })).status).toBe("succeeded");
  });

  test("a refund may span both payments of a reference, or name one and stay within it", async () => {
    const rail = sandbox();
    await opened(rail, "two");
    await rail.play("two", "success", { amount: 440_000n });
    await rail.payAgain("two", { amount: 10_000n });
    const second = (await rail.lookUpPayment("two")).receipts[1]?.railReference ?? "";
    const refund = { kind: "refund", currency: "NGN" } as const;
    const toSecond = { paymentReference: "two", railReference: second };
    expect((await rail.send({ ...refund, reference: "two-a", amount: 10_001n, to: toSecond })).status).toBe("failed");
    expect((await rail.send({ ...refund, reference: "two-b", amount: 10_000n, to: toSecond })).status).toBe("succeeded");
    expect((await rail.send({ ...refund, reference: "two-c", amount: 440_001n, to: { paymentReference: "two" } })).status).toBe("failed");
    expect((await rail.send({ ...refund, reference: "two-d", amount: 440_000n, to: { paymentReference: "two" } })).status).toBe(
      "succeeded",
    );
    expect((await rail.send({ ...refund, reference: "two-e", amount: 1n, to: toSecond })).status).toBe("failed");
  });
});

test("what was refunded without naming a payment counts against each of them", async () => {
  const rail = sandbox();
  await opened(rail, "shared");
  await rail.play("shared", "success", { amount: 440_000n });
  await rail.payAgain("shared", { amount: 10_000n });
  const railReference = (await rail.lookUpPayment("shared")).receipts[1]?.railReference ?? "";
  const refund = { kind: "refund", currency: "NGN" } as const;
  expect((await rail.send({ ...refund, reference: "shared-a", amount: 445_000n, to: { paymentReference: "shared" } })).status).toBe(
    "succeeded",
  );
  const toSecond = { paymentReference: "shared", railReference };
  expect((await rail.send({ ...refund, reference: "shared-b", amount: 5001n, to: toSecond })).status).toBe("failed");
  expect((await rail.send({ ...refund, reference: "shared-c", amount: 5000n, to: toSecond })).status).toBe("succeeded");
});

describe("disputes", () => {
  test("money taken at the opening comes back when the dispute is won", async () => {
    const rail = sandbox();
    await paid(rail, "d-won");
    expect(await change(rail, () => rail.openDispute("d-won"))).toEqual({ disputed: 450_000n, cash: -450_000n });
    expect(isRefusal(await rail.openDispute("d-won"))).toBe(true);
    expect(await change(rail, () => rail.winDispute("d-won"))).toEqual({ disputed: -450_000n, cash: 450_000n });
    expect(events(rail, "d-won").slice(1)).toMatchObject([
      { type: "payment.dispute_opened", amount: 450_000n, moneyTaken: true },
      { type: "payment.dispute_won", amount: 450_000n, moneyTaken: true },
    ]);
  });

  test("a dispute lost in part gives the rest back and may cost a fee", async () => {
    const rail = sandbox();
    await paid(rail, "d-part");
    const moved = await change(rail, async () => {
      await rail.openDispute("d-part");
      await rail.loseDispute("d-part", 100_000n, 150_000n);
    });
    expect(moved).toEqual({ disputed: 100_000n, disputeFees: 150_000n, cash: -250_000n });
    expect(events(rail, "d-part").at(-1)).toMatchObject({ type: "payment.dispute_lost", amount: 100_000n, fee: 150_000n });
    const refund = { kind: "refund", currency: "NGN", to: { paymentReference: "d-part" } } as const;
    expect((await rail.send({ ...refund, reference: "d-part-1", amount: 350_001n })).status).toBe("failed");
    expect((await rail.send({ ...refund, reference: "d-part-2", amount: 350_000n })).status).toBe("succeeded");
  });

  test("without taking at once the money goes only when the dispute is lost", async () => {
    const rail = sandbox();
    await paid(rail, "d-late");
    expect(await change(rail, () => rail.openDispute("d-late", 200_000n, false))).toEqual({});
    expect(await change(rail, () => rail.loseDispute("d-late"))).toEqual({ disputed: 200_000n, cash: -200_000n });
    expect(isRefusal(await rail.loseDispute("d-late"))).toBe(true);
    expect(isRefusal(await rail.openDispute("d-late", 250_001n))).toBe(true);
    expect(isRefusal(await rail.openDispute("unheard-of"))).toBe(true);
  });
});

describe("events", () => {
  test("a duplicate is the same bytes under the same id", async () => {
    const rail = sandbox();
    await paid(rail, "dup");
    const [eventId] = await rail.eventsAbout("dup");
    received = [];
    expect(await rail.emitAgain(eventId ?? "")).toBe(true);
    expect(await rail.emitAgain("evt_none")).toBe(false);
    expect(events(rail, "dup").map((e) => e.eventId)).toEqual([eventId]);
  });

  test("an event that nobody took survives a restart and is handed over in order", async () => {
    deaf = true;
    await paid(sandbox(), "unheard-1");
    await paid(sandbox(), "unheard-2");
    deaf = false;
    received = [];
    const restarted = sandbox();
    expect((await restarted.lookUpPayment("unheard-1")).status).toBe("succeeded");
    expect(await restarted.redeliver()).toBe(2);
    expect(received.map((e) => restarted.parseEvent(e.raw, e.headers).reference)).toEqual(["unheard-1", "unheard-2"]);
    expect(await restarted.redeliver()).toBe(0);
  });

  test("a signed event of a kind nobody knows is unknown, and a signed body that is no event is rejected", () => {
    const rail = sandbox();
    const parse = (text: string): RailEvent => {
      const raw = Buffer.from(text);
      return rail.parseEvent(raw, { "x-sandbox-signature": signSandboxBody(secret, raw) });
    };
    const strange = { id: "evt_1", type: "payment.blessed", occurred_at: "2026-03-02T08:00:00.000Z", data: { reference: "x" } };
    expect(parse(JSON.stringify(strange)).type).toBe("unknown");
    for (const bad of ["", "[]", "null", "{}", JSON.stringify({ ...strange, data: { reference: "x", amount: 1.5 } })]) {
      expect(() => parse(bad)).toThrow(RailEventRejected);
    }
  });
});

test("settling moves every payment of the books to cash, so that nothing stays incoming", async () => {
  const rail = sandbox();
  now = new Date(now.getTime() + 100 * 3600e3);
  await rail.settle(now);
  for (const books of await rail.books()) {
    expect(books.incoming).toBe(0n);
    expect(books.settled).toBe(books.takenIn - books.fees);
  }
});
