import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Emulator } from "../../emulator/start.ts";
import { startEmulator } from "../../emulator/start.ts";
import { readConfig } from "../src/config.ts";
import { connectRails } from "../src/commands/connect-rails.ts";
import { StartError } from "../src/db/start-error.ts";
import { Fault } from "../src/domain/fault.ts";
import type { PayeeDetails, RailMemory, SendRequest } from "../src/rails/rail.ts";
import { NoAnswer, RailEventRejected } from "../src/rails/rail.ts";
import { memoryOfThisProcess } from "../src/rails/rail-memory.ts";
import { toMajor, toMinor, transactionIdOf } from "../src/rails/wise/api.ts";
import type { WiseOptions } from "../src/rails/wise/wise.ts";
import { makeWise } from "../src/rails/wise/wise.ts";
import type { Heard } from "./setup/rail-listener.ts";
import { railListener } from "./setup/rail-listener.ts";
import { sendContract } from "./rail-contract.ts";

const quarter = 15 * 60_000;
/** What Wise keeps of the 50.00 of {@link payout}. */
const feeOf5000 = 75n;
const calls = {
  quote: "POST /v3/profiles/:profile/quotes",
  recipient: "POST /v1/accounts",
  transfer: "POST /v1/transfers",
  funding: "POST /v3/profiles/:profile/transfers/:id/payments",
  statement: "GET /v1/profiles/:profile/balance-statements/:balance/statement.json",
} as const;
type Rule = Parameters<Emulator["wise"]["script"]>[0];

let emulator: Emulator;
let heard: Heard;
let rail: ReturnType<typeof makeWise>;

beforeAll(async () => {
  emulator = await startEmulator({ seed: 11, hangMs: 300, slowMs: 300, now: () => new Date("2026-03-02T08:00:00Z") });
  heard = await railListener();
  emulator.wise.tell(heard.url);
  emulator.wise.levers.topUp("USD", 100_000_000n);
  rail = makeWise(stage());
});
afterAll(async () => {
  emulator.wise.audit();
  await rail.close();
  await heard.stop();
  await emulator.stop();
});

function stage(memory: RailMemory = memoryOfThisProcess()): WiseOptions {
  return {
    apiToken: emulator.wise.secrets["api_token"] ?? "",
    profileId: emulator.wise.secrets["profile"] ?? "",
    webhookPublicKey: emulator.wise.secrets["public_key"] ?? "",
    baseUrl: emulator.wise.url,
    memory,
    clock: () => emulator.clock.now(),
    timeout: 20_000,
  };
}

function account(accountId: string, name = "Ada Obi"): PayeeDetails {
  return { kind: "wise_account", accountId, name };
}

function payout(reference: string, to = account("ada@example.com"), amount = 5000n): SendRequest {
  return { reference, kind: "payout", amount, currency: "USD", to };
}

/** How often money left the balance for that reference. */
function timesSent(reference: string): number {
  const id = transactionIdOf(reference);
  return emulator.wise.movements().filter((one) => one.reference === id && one.what === "transfer").length;
}

/** One call of the next send meets the fault; each test's send has a new payee, so that all four calls are made. */
async function faulty(reference: string, fault: Rule["fault"], on: string, amount?: bigint): Promise<SendRequest> {
  emulator.wise.script({ fault, on, times: 1 });
  return payout(reference, account(`${reference}@example.com`), amount);
}

async function state(reference: string): Promise<string | undefined> {
  const answer = await fetch(`${emulator.wise.url}/v1/transfers?limit=1000`, {
    headers: { authorization: `Bearer ${emulator.wise.secrets["api_token"]}` },
  });
  const all = (await answer.json()) as { customerTransactionId: string; status: string }[];
  return all.find((one) => one.customerTransactionId === transactionIdOf(reference))?.status;
}

sendContract(
  "wise",
  () => {
    let cut = false;
    return Promise.resolve({
      rail: {
        ...rail,
        // Every transfer is funded by a path of its own, so the rule is set just before.
        send(request: SendRequest) {
          if (request.reference === "contract-answer-lost" && !cut) {
            cut = true;
            emulator.wise.script({ fault: "timeout_after", on: calls.funding, times: 1 });
          }
          return rail.send(request);
        },
      },
      received: () => heard.all,
      goodAccount: account("ada@example.com"),
      otherAccounts: ["a@example.com", "b@example.com", "c@example.com", "P1234567"].map((id) => account(id)),
      deadAccount: account("blocked@example.com", "Blocked Person"),
      silentAccount: account("silent@example.com"),
      tellingAccount: account("telling@example.com"),
      finish: () => emulator.clock.idle(),
      timesSent: (reference: string) => Promise.resolve(timesSent(reference)),
    });
  },
  "USD",
);

describe("a call that is cut", () => {
  const cutBeforeTransfer = [calls.quote, calls.recipient] as const;
  test.each(
    cutBeforeTransfer.flatMap((on) =>
      (["timeout_before", "timeout_after", "error_500", "error_500_after", "rate_limit"] as const).map((fault) => [on, fault] as const),
    ),
  )("%s, %s: no transfer can exist, so it was never seen, and the same reference sends it", async (on, fault) => {
    const request = await faulty(`cut-${on.slice(-8)}-${fault}`.replaceAll(/[^a-z0-9-]/g, "-"), fault, on);
    await expect(rail.send(request)).rejects.toBeInstanceOf(NoAnswer);
    expect(await rail.lookUpSend(request)).toEqual({ status: "never_seen" });
    expect((await rail.send(request)).status).toBe("pending");
    await emulator.clock.idle();
    expect(await rail.lookUpSend(request)).toEqual({ status: "succeeded", cost: 0n });
    expect(timesSent(request.reference)).toBe(1);
  });

  test.each(["timeout_after", "error_500_after"] as const)("transfer, %s: it exists, and a look-up funds it, once", async (fault) => {
    const request = await faulty(`transfer-made-${fault}`, fault, calls.transfer);
    await expect(rail.send(request)).rejects.toBeInstanceOf(NoAnswer);
    expect(timesSent(request.reference)).toBe(0);
    const looks = await Promise.all([rail.lookUpSend(request), rail.lookUpSend(request), rail.send(request)]);
    expect(looks.map((one) => one.status)).toEqual(["pending", "pending", "pending"]);
    await emulator.clock.idle();
    expect((await rail.lookUpSend(request)).status).toBe("succeeded");
    expect(timesSent(request.reference)).toBe(1);
  });

  test.each(["timeout_before", "error_500", "rate_limit"] as const)(
    "transfer, %s: it may still turn up, so it is unknown for a quarter of an hour, then never seen",
    async (fault) => {
      const request = await faulty(`transfer-unmade-${fault}`, fault, calls.transfer);
      await expect(rail.send(request)).rejects.toBeInstanceOf(NoAnswer);
      expect((await rail.lookUpSend(request)).status).toBe("unknown");
      await emulator.clock.advance(quarter);
      expect(await rail.lookUpSend(request)).toEqual({ status: "never_seen" });
      expect((await rail.send(request)).status).toBe("pending");
      await emulator.clock.idle();
      expect((await rail.lookUpSend(request)).status).toBe("succeeded");
      expect(timesSent(request.reference)).toBe(1);
    },
  );

  test.each(["timeout_after", "error_500_after"] as const)("funding, %s: it was funded, and is never funded again", async (fault) => {
    const request = await faulty(`funded-${fault}`, fault, calls.funding);
    await expect(rail.send(request)).rejects.toBeInstanceOf(NoAnswer);
    expect(["pending", "succeeded"]).toContain((await rail.lookUpSend(request)).status);
    await emulator.clock.advance(quarter);
    expect((await rail.send(request)).status).toBe("succeeded");
    expect(timesSent(request.reference)).toBe(1);
  });

  test.each(["timeout_before", "error_500", "rate_limit"] as const)(
    "funding, %s: it waits for money until Wise must have shown it, then one of two who look funds it",
    async (fault) => {
      const request = await faulty(`unfunded-${fault}`, fault, calls.funding);
      await expect(rail.send(request)).rejects.toBeInstanceOf(NoAnswer);
      expect((await rail.lookUpSend(request)).status).toBe("pending");
      expect(await state(request.reference)).toBe("incoming_payment_waiting");
      await emulator.clock.advance(quarter);
      const looks = await Promise.all([rail.lookUpSend(request), rail.lookUpSend(request)]);
      expect(looks.map((one) => one.status)).toEqual(["pending", "pending"]);
      await emulator.clock.idle();
      expect((await rail.lookUpSend(request)).status).toBe("succeeded");
      expect(timesSent(request.reference)).toBe(1);
    },
  );

  test("by the end of a process: another one with the same memory takes it up", async () => {
    const memory = memoryOfThisProcess();
    const first = makeWise(stage(memory));
    const request = await faulty("cut-by-an-end", "timeout_after", calls.transfer);
    await expect(first.send(request)).rejects.toBeInstanceOf(NoAnswer);
    await first.close();
    const second = makeWise(stage(memory));
    expect((await second.lookUpSend(request)).status).toBe("pending");
    await emulator.clock.idle();
    expect((await second.lookUpSend(request)).status).toBe("succeeded");
    expect(timesSent(request.reference)).toBe(1);
    await second.close();
  });
});

describe("money", () => {
  test("that is pending is asked about until it has arrived", async () => {
    const request = await faulty("payout-pending", "pending", calls.funding);
    expect((await rail.send(request)).status).toBe("pending");
    await emulator.clock.idle();
    expect((await rail.lookUpSend(request)).status).toBe("pending");
    await emulator.clock.advance(6 * 3_600_000);
    expect(await rail.lookUpSend(request)).toEqual({ status: "succeeded", cost: 0n });
  });

  test("that bounced before anybody was paid has failed, and other details are needed", async () => {
    const request = await faulty("payout-bounced", "failed", calls.funding);
    await rail.send(request);
    await emulator.clock.idle();
    expect(await rail.lookUpSend(request)).toMatchObject({ status: "failed", fault: "payee" });
    expect(await rail.send(request)).toMatchObject({ status: "failed", fault: "payee" });
    expect(timesSent(request.reference)).toBe(1);
  });

  test("that came back after it was seen to arrive is reversed", async () => {
    const request = await faulty("payout-came-back", "reversed", calls.funding);
    await rail.send(request);
    await emulator.clock.idle();
    expect((await rail.lookUpSend(request)).status).toBe("succeeded");
    await emulator.clock.advance(3_600_000);
    expect(await rail.lookUpSend(request)).toMatchObject({ status: "reversed", kept: feeOf5000 });
    // Whoever sends looks again.
    expect((await rail.send(request)).status).toBe("pending");
  });

  test("that came back before anybody saw it arrive is reversed too: Wise has kept its fee of it", async () => {
    const request = await faulty("payout-came-back-unseen", "reversed", calls.funding);
    await rail.send(request);
    await emulator.clock.advance(3_600_000);
    expect(await rail.lookUpSend(request)).toMatchObject({ status: "reversed", fault: "payee", kept: feeOf5000 });
  });

  test("that came back where Wise gives no statement: the notice says how much, if it is true", async () => {
    const request = await faulty("payout-came-back-told", "reversed", calls.funding);
    emulator.wise.script({ fault: "webhook_forged", on: calls.funding, times: 1 });
    await rail.send(request);
    await emulator.clock.idle();
    const before = heard.all.length;
    emulator.wise.script({ fault: "error_500", on: calls.statement, times: 2 });
    await emulator.clock.advance(3_600_000);
    expect(await rail.lookUpSend(request)).toMatchObject({ status: "pending", reason: expect.stringContaining("how much") });
    let forged = 0;
    for (const { raw, headers } of heard.all.slice(before)) {
      try {
        await rail.placeEvent?.(rail.parseEvent(raw, headers));
      } catch (error) {
        expect(error).toBeInstanceOf(RailEventRejected);
        forged += 1;
      }
    }
    expect(forged).toBe(3);
    expect(await rail.lookUpSend(request)).toMatchObject({ status: "reversed", kept: feeOf5000 });
  });

  test("that came back and of which nobody says how much is waited for an hour; then the payee is owed it again", async () => {
    const request = await faulty("payout-came-back-untold", "reversed", calls.funding);
    await rail.send(request);
    await emulator.clock.idle();
    await rail.lookUpSend(request);
    await emulator.clock.advance(3_600_000);
    emulator.wise.script({ fault: "rate_limit", on: calls.statement, times: 3 });
    expect((await rail.lookUpSend(request)).status).toBe("pending");
    await emulator.clock.advance(3_599_000);
    expect((await rail.lookUpSend(request)).status).toBe("pending");
    await emulator.clock.advance(1_000);
    expect(await rail.lookUpSend(request)).toMatchObject({ status: "reversed", kept: 0n });
  });

  test("that Wise does not have fails by the rail, though the answer is 201, and the transfer can never be funded later", async () => {
    const much = payout("payout-of-too-much", account("much@example.com"), 99_000_000_000n);
    expect(await rail.send(much)).toMatchObject({ status: "failed", fault: "rail", reason: expect.stringContaining("payment-option") });
    expect(await state(much.reference)).toBe("cancelled");
    const refused = await faulty("payout-refused-money", "insufficient_balance", calls.funding);
    const outcome = await rail.send(refused);
    expect(outcome).toMatchObject({ status: "failed", fault: "rail" });
    expect(await rail.lookUpSend(refused)).toEqual(outcome);
    expect(await rail.send(refused)).toEqual(outcome);
    expect(timesSent(refused.reference)).toBe(0);
  });

  test("for a blocked recipient fails by the payee", async () => {
    const request = await faulty("payout-to-blocked", "blocked_recipient", calls.transfer);
    expect(await rail.send(request)).toMatchObject({ status: "failed", fault: "payee" });
    expect(await rail.lookUpSend(request)).toMatchObject({ status: "failed", fault: "payee" });
  });

  test("too little for Wise's own fee fails by the rail", async () => {
    expect(await rail.send(payout("payout-of-a-cent", account("cent@example.com"), 1n))).toMatchObject({ status: "failed", fault: "rail" });
  });

  test("to a bank account is not for this rail", async () => {
    const to: PayeeDetails = { kind: "bank_account", accountNumber: "0123456789", accountName: "Ada Obi", bankCode: "058" };
    expect(await rail.send(payout("payout-to-a-bank", to))).toMatchObject({ status: "failed", fault: "payee" });
  });
});

test("with a token that is not ours it says nothing at all", async () => {
  const stranger = makeWise({ ...stage(), apiToken: "nobody's token" });
  await expect(stranger.send(payout("payout-of-a-stranger"))).rejects.toBeInstanceOf(NoAnswer);
  expect(await stranger.lookUpSend(payout("payout-of-a-stranger"))).toEqual({ status: "never_seen" });
  await stranger.close();
});

test("it takes no payments", async () => {
  const asked = { sellerId: 1, amount: 1n, currency: "USD", description: "", returnUrl: "", payerEmail: "" };
  await expect(rail.openPayment({ ...asked, reference: "no-payment" })).rejects.toThrow(Fault);
  expect(await rail.lookUpPayment("no-payment")).toEqual({ reference: "no-payment", status: "unknown_reference", receipts: [] });
  expect(rail.can).toMatchObject({ takes: [], refunds: false });
  expect(rail.tariff("USD")).toBeUndefined();
});

describe("a notice", () => {
  const placed = async (one: Heard["all"][number]) => rail.placeEvent?.(rail.parseEvent(one.raw, one.headers));

  test("that is forged is not believed, and each true one is a hint with an id of its own", async () => {
    const before = heard.all.length;
    const request = await faulty("payout-with-a-forgery", "webhook_forged", calls.transfer);
    await rail.send(request);
    await emulator.clock.idle();
    const judged = await Promise.all(
      heard.all.slice(before).map((one) =>
        Promise.resolve()
          .then(() => placed(one))
          .catch((error: unknown) => error),
      ),
    );
    expect(judged.filter((one) => one instanceof RailEventRejected).length).toBeGreaterThan(0);
    // A notice of an earlier transfer may come in only now.
    const believed = judged.filter((one) => !(one instanceof Error) && (one as { reference: string }).reference === request.reference);
    expect(believed.length).toBeGreaterThanOrEqual(3);
    for (const one of believed) expect(one).toMatchObject({ type: "send.changed" });
    expect(new Set(believed.map((one) => (one as { eventId: string }).eventId)).size).toBe(believed.length);
  });

  test("with a changed byte, or without a key, is not believed", async () => {
    await rail.send(payout("payout-told-truly"));
    await emulator.clock.idle();
    const last = heard.all.at(-1);
    if (last === undefined) throw new Error("no notice came");
    expect(() => rail.parseEvent(Buffer.concat([last.raw, Buffer.from(" ")]), last.headers)).toThrow(RailEventRejected);
    const keyless = makeWise({ ...stage(), webhookPublicKey: undefined });
    expect(() => keyless.parseEvent(last.raw, last.headers)).toThrow(RailEventRejected);
    await keyless.close();
    // The base64 alone is the same key.
    const body = (emulator.wise.secrets["public_key"] ?? "").replaceAll(/-----[A-Z ]+-----|\s/g, "");
    const other = makeWise({ ...stage(), webhookPublicKey: body });
    expect(other.parseEvent(last.raw, last.headers).type).toBe("send.changed");
    await other.close();
    expect(rail.parseEvent(last.raw, { ...last.headers, "x-test-notification": "true" }).type).toBe("unknown");
  });

  test("of a transfer that is not ours keeps Wise's number", async () => {
    const event = { eventId: "1", type: "send.changed", reference: "", railReference: "42", occurredAt: new Date(0) } as const;
    expect((await rail.placeEvent?.(event))?.reference).toBe("transfer 42");
  });
});

test("balances are told per currency, to the cent", async () => {
  emulator.wise.levers.topUp("EUR", 12_345n);
  expect(await rail.balances?.()).toContainEqual({ currency: "EUR", available: 12_345n });
});

test("amounts are written and read by their digits", () => {
  expect([toMajor(13_546n, "USD"), toMajor(5n, "USD"), toMajor(70n, "JPY"), toMajor(1_234n, "KWD")]).toEqual([135.46, 0.05, 70, 1.234]);
  expect([toMinor(135.46, "USD"), toMinor(0.1, "USD"), toMinor(70, "JPY"), toMinor(1e21, "USD"), toMinor(1.005, "USD")]).toEqual([
    13_546n,
    10n,
    70n,
    undefined,
    undefined,
  ]);
});

test("a reference's UUID is always the same, and a proper one", () => {
  expect(transactionIdOf("tr-1")).toBe(transactionIdOf("tr-1"));
  expect(transactionIdOf("tr-1")).not.toBe(transactionIdOf("tr-2"));
  expect(transactionIdOf("tr-1")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("a token connects it, with a profile, at an address that fits the mode", async () => {
  const input = (environment: Record<string, string>) => ({
    config: readConfig({ TRANCHE_WISE_API_TOKEN: "a-token-of-ours", ...environment }),
    pool: undefined as never,
    clock: () => new Date(0),
  });
  const profile = { TRANCHE_WISE_PROFILE_ID: "16000001" };
  const play = { TRANCHE_WISE_BASE_URL: "https://api.sandbox.transferwise.tech" };
  expect(() => connectRails(input(play))).toThrow(/wise\.profile_id/);
  expect(() => connectRails(input(profile))).toThrow(StartError);
  expect(() => connectRails(input({ ...profile, ...play, TRANCHE_MODE: "live" }))).toThrow(StartError);
  expect(() => readConfig({ TRANCHE_WISE_WEBHOOK_PUBLIC_KEY: "nonsense" })).toThrow(/TRANCHE_WISE_WEBHOOK_PUBLIC_KEY/);
  const { connected, close } = connectRails(input({ ...profile, ...play }));
  expect(connected.map((one) => one.name)).toEqual(["wise"]);
  await close();
});
