import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { expect, test } from "vitest";
import { loadConfig, readConfig } from "./config.ts";
import { StartError } from "./db/start-error.ts";

const hour = 3_600_000;

test("the defaults are the documented ones", () => {
  const config = readConfig({});
  expect(config).toMatchObject({
    mode: "sandbox",
    host: "127.0.0.1",
    port: 4000,
    databaseUrl: undefined,
    secretKey: undefined,
    acceptCode: false,
    identity: false,
    order: { paymentExpiry: 24 * hour, bankTransferExpiry: 72 * hour, agreeBy: 720 * hour, slaUnit: "days", reminders: [50, 90] },
    hold: { coolingOff: 0, ruling: 0, buyerObjection: 0 },
    fees: { escrowRate: 150, escrowMin: 50_000n, escrowMax: 200_000n, escrowP2pMax: 5_000_000n, payoutFee: 5000n, minimumPayout: 10_000n },
    lanes: { count: 2, batch: 64, perSeller: 32, waitingPerSeller: 1000 },
    callback: { allowCidrs: ["127.0.0.0/8", "::1/128"] },
  });
  expect(config.rates.get("USD")).toBe("410");
  expect(config.unknownVariables).toEqual([]);
});

test("live mode brings codes, identity and waits", () => {
  const { acceptCode, identity, hold } = readConfig({ TRANCHE_MODE: "live" });
  expect({ acceptCode, identity, hold }).toEqual({
    acceptCode: true,
    identity: true,
    hold: { coolingOff: 24 * hour, ruling: 24 * hour, buyerObjection: 72 * hour },
  });
  expect(readConfig({ TRANCHE_MODE: "live", TRANCHE_IDENTITY: "never" }).identity).toBe(false);
  expect(readConfig({ TRANCHE_ACCEPT_CODE: "always" }).acceptCode).toBe(true);
});

test("the environment wins over the file, and the file over the defaults", () => {
  const file = '[order]\nagree_by = "P2W"\noffer_life = "P1D"\n[rates]\nEUR = "450.5"\n';
  const config = readConfig({ TRANCHE_ORDER_OFFER_LIFE: "PT36H", TRANCHE_RATES_USD: "1500.25", TRANCHE_ORDER_REMINDERS: "25, 75" }, file);
  expect(config.order).toMatchObject({ agreeBy: 336 * hour, offerLife: 36 * hour, reminders: [25, 75] });
  expect([...config.rates]).toEqual([
    ["USD", "1500.25"],
    ["EUR", "450.5"],
  ]);
  expect(readConfig({ TRANCHE_PORT: "" }).port).toBe(4000);
});

test("DATABASE_URL and TRANCHE_DATABASE_URL both name the database", () => {
  const url = "postgres://o:p@db:5432/tranche";
  expect(readConfig({ DATABASE_URL: url }).databaseUrl).toBe(url);
  expect(readConfig({ DATABASE_URL: "postgres://x/y", TRANCHE_DATABASE_URL: url }).databaseUrl).toBe(url);
});

test.each([
  ["TRANCHE_MODE", "production", "one of sandbox, live"],
  ["TRANCHE_PORT", "80x", "a whole number from 0 to 65535"],
  ["TRANCHE_PORT", "70000", "a whole number from 0 to 65535"],
  ["TRANCHE_ORDER_AGREE_BY", "30 days", "a duration like PT24H or P7D"],
  ["TRANCHE_ORDER_AGREE_BY", "P1M", "a duration like PT24H or P7D"],
  ["TRANCHE_FEES_ESCROW_MIN", "1.5", "a whole number"],
  ["TRANCHE_FEES_ESCROW_BEARER", "nobody", "one of buyer, seller, shared"],
  ["TRANCHE_RATES_USD", "-1", "decimal text above 0"],
  ["TRANCHE_RATES_USD", "0.0", "decimal text above 0"],
  ["TRANCHE_CALLBACK_ALLOW_CIDRS", "10.0.0.0/40", "a list of networks"],
  ["TRANCHE_BASE_URL", "pay.example.ng", "an address like https://"],
  ["TRANCHE_BASE_URL", "https://pay.example.ng/x", "an address like https://"],
])("%s=%s is refused in a sentence that names it", (variable, value, what) => {
  const read = () => readConfig({ [variable]: value });
  expect(read).toThrow(StartError);
  expect(read).toThrow(`The setting ${variable} must be ${what}`);
});

test.each([
  ["TRANCHE_SECRET_KEY", "dG9vIHNob3J0"],
  ["DATABASE_URL", "mysql://root:hunter2@db/x"],
  ["TRANCHE_SMTP_URL", "http://user:hunter2@mail"],
])("a bad %s is refused without repeating it", (variable, value) => {
  const read = () => readConfig({ [variable]: value });
  expect(read).toThrow(StartError);
  expect(read).toThrow(`The setting ${variable} must be`);
  expect(read).not.toThrow(value);
});

test("a secret key is 32 bytes of base64", () => {
  const key = Buffer.alloc(32, 7);
  expect(readConfig({ TRANCHE_SECRET_KEY: key.toString("base64") }).secretKey).toEqual(key);
});

test("settings that contradict each other are refused", () => {
  expect(() => readConfig({ TRANCHE_FEES_ESCROW_MIN: "300000" })).toThrow("fees.escrow_min must not be more than fees.escrow_max");
  expect(() => readConfig({ TRANCHE_ORDER_MAX_DELIVERY_DAYS: "91" })).toThrow(
    "order.max_delivery_days must not be more than order.max_days",
  );
});

test("a misspelt key is refused in the file and reported from the environment", () => {
  expect(() => readConfig({}, "[order]\nagree_bye = 'P1D'\n")).toThrow("order.agree_bye in tranche.toml is no setting");
  expect(() => readConfig({}, "order = 1\n")).toThrow(StartError);
  expect(() => readConfig({}, "port = \n")).toThrow(/^tranche\.toml is not readable at line 1/);
  expect(readConfig({ TRANCHE_PROT: "1", OTHER: "x" }).unknownVariables).toEqual(["TRANCHE_PROT"]);
});

test("a named file that is missing is refused", () => {
  expect(() => loadConfig({ TRANCHE_CONFIG: "/nowhere/tranche.toml" })).toThrow(
    "The file /nowhere/tranche.toml that TRANCHE_CONFIG names does not exist.",
  );
});

test("nothing can change the settings afterwards", () => {
  const config = readConfig({});
  expect([config, config.order, config.fees, config.order.reminders].map((part) => Object.isFrozen(part))).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

test("every setting of the defaults file is read: none can be changed to nonsense unseen", () => {
  const text = readFileSync(join(import.meta.dirname, "..", "config.defaults.toml"), "utf8");
  const freeText = new Set(["host", "home", "smtp.from"]);
  for (const [section, value] of Object.entries(parse(text))) {
    const names =
      typeof value === "object" && !Array.isArray(value) && value !== null
        ? Object.keys(value).map((key) => `${section}.${key}`)
        : [section];
    for (const name of names.filter((one) => !freeText.has(one))) {
      const mode = name.endsWith("_live") ? "live" : "sandbox";
      const variable = `TRANCHE_${name.replace(".", "_").toUpperCase()}`;
      expect(() => readConfig({ TRANCHE_MODE: mode, [variable]: "%" }), name).toThrow(StartError);
    }
  }
});
