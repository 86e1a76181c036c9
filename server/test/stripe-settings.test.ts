import type pg from "pg";
import { describe, expect, test } from "vitest";
import { connectRails } from "../src/commands/connect-rails.ts";
import { readChange } from "../src/commands/seller-settings.ts";
import { UsageError } from "../src/commands/usage-error.ts";
import { readConfig } from "../src/config.ts";
import { StartError } from "../src/db/start-error.ts";
import type { PayeeDetails } from "../src/domain/facts.ts";
import type { Seller } from "../src/domain/seller.ts";
import { readSettings } from "../src/http/settings-form.ts";

const webhook = { TRANCHE_STRIPE_WEBHOOK_SECRET: "whsec_emulated" };
/** The names of what is connected by those settings. Nothing is asked of the database or of Stripe. */
async function connectedBy(environment: Readonly<Record<string, string>>): Promise<string[]> {
  const { connected, close } = connectRails({ config: readConfig(environment), pool: {} as pg.Pool, clock: () => new Date() });
  await close();
  return connected.map((rail) => rail.name);
}

describe("the key of Stripe", () => {
  test("connects it, with the secret of its events", async () => {
    expect(await connectedBy({})).toEqual([]);
    expect(await connectedBy({ TRANCHE_STRIPE_SECRET_KEY: "sk_test_1", ...webhook })).toEqual(["stripe"]);
    expect(await connectedBy({ TRANCHE_MODE: "live", TRANCHE_STRIPE_SECRET_KEY: "rk_live_1", ...webhook })).toEqual(["stripe"]);
    await expect(connectedBy({ TRANCHE_STRIPE_SECRET_KEY: "sk_test_1" })).rejects.toThrow(/WEBHOOK_SECRET is missing/);
  });

  test.each([
    ["sandbox", "sk_live_1", "https://api.stripe.com", /is a live key, and this installation is a sandbox/],
    ["sandbox", "rk_live_1", "http://127.0.0.1:9", /is a live key, and this installation is a sandbox/],
    ["live", "sk_test_1", "https://api.stripe.com", /is a test key, and this installation is live/],
    ["sandbox", "sk_test_1", "http://127.0.0.1:9/v1", /must not have a path/],
  ])("in %s mode %s at %s is refused", async (mode, key, address, says) => {
    const settings = { TRANCHE_MODE: mode, TRANCHE_STRIPE_SECRET_KEY: key, TRANCHE_STRIPE_BASE_URL: address, ...webhook };
    await expect(connectedBy(settings)).rejects.toThrow(says);
  });

  test("may stand in no file", () => {
    expect(() => readConfig({}, '[stripe]\nsecret_key = "sk_test_1"\n')).toThrow(StartError);
    expect(() => readConfig({}, '[stripe]\nwebhook_secret = "whsec_1"\n')).toThrow(StartError);
  });
});

describe("a seller's Stripe account", () => {
  const paidAt = (bank: PayeeDetails | null) => ({ bank }) as Seller;

  test("may be all that a seller is paid to, and stands beside a bank account", () => {
    expect(readChange(["bank.stripe_account=acct_1"], paidAt(null)).bank).toEqual({ stripeAccountId: "acct_1" });
    const bank = { bankName: "GTB", bankCode: "058", accountNumber: "0123456789", accountName: "Ada Obi" };
    expect(readChange(["bank.stripe_account=acct_1"], paidAt(bank)).bank).toEqual({ ...bank, stripeAccountId: "acct_1" });
    expect(() => readChange(["bank.stripe_account=0123456789"], paidAt(null))).toThrow(UsageError);
    expect(() => readChange(["bank.stripe_account=acct_1", "bank.bank_code=058"], paidAt(null))).toThrow(/is missing/);
  });

  test("outlives a change of the bank account on the settings page, which does not show it", () => {
    const form = { bank_name: "GTB", bank_code: "058", account_number: "0123456789", account_name: "Ada Obi" };
    expect(readSettings("bank", form, paidAt({ stripeAccountId: "acct_1" }))).toMatchObject({
      bank: { accountNumber: "0123456789", stripeAccountId: "acct_1" },
    });
  });
});
