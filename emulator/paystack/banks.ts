import type { Answer, Call } from "../core/rail-server.ts";
import { list, no, ok } from "./answers.ts";
import { unknownAccount } from "./from-memory.ts";
import type { Paystack } from "./state.ts";

interface Bank {
  readonly name: string;
  readonly code: string;
  readonly country: string;
  readonly currency: string;
  readonly type: string;
}

const bank =
  (country: string, currency: string, type: string) =>
  (line: readonly [code: string, name: string]): Bank => ({
    code: line[0],
    name: line[1],
    country,
    currency,
    type,
  });

/** Enough of each country's banks to send money to; the real list is longer. */
const banks: readonly Bank[] = [
  ...(
    [
      ["044", "Access Bank"],
      ["070", "Fidelity Bank"],
      ["011", "First Bank of Nigeria"],
      ["214", "First City Monument Bank"],
      ["058", "Guaranty Trust Bank"],
      ["50211", "Kuda Bank"],
      ["076", "Polaris Bank"],
      ["221", "Stanbic IBTC Bank"],
      ["232", "Sterling Bank"],
      ["033", "United Bank For Africa"],
      ["035", "Wema Bank"],
      ["057", "Zenith Bank"],
    ] as const
  ).map(bank("Nigeria", "NGN", "nuban")),
  ...(
    [
      ["030100", "Access Bank"],
      ["130100", "Ecobank Ghana"],
    ] as const
  ).map(bank("Ghana", "GHS", "ghipss")),
  ...(
    [
      ["MTN", "MTN"],
      ["VOD", "Vodafone"],
    ] as const
  ).map(bank("Ghana", "GHS", "mobile_money")),
  ...(
    [
      ["632005", "Absa Bank"],
      ["250655", "First National Bank"],
    ] as const
  ).map(bank("South Africa", "ZAR", "basa")),
  ...(
    [
      ["68", "Equity Bank"],
      ["MPESA", "M-PESA"],
    ] as const
  ).map(bank("Kenya", "KES", "kepss")),
];

export function isBank(code: string, currency: string): boolean {
  return banks.some((one) => one.code === code && one.currency === currency);
}

export function bankName(code: string): string | null {
  return banks.find((one) => one.code === code)?.name ?? null;
}

/** `GET /bank?currency=` */
export function listBanks(paystack: Paystack, call: Call): Answer {
  const { currency, country, type } = call.query;
  const fits = (one: Bank) =>
    (currency === undefined || one.currency === currency) &&
    (country === undefined || one.country.toLowerCase() === country.toLowerCase()) &&
    (type === undefined || one.type === type);
  const at = new Date("2020-01-01T00:00:00Z").toISOString();
  const all = banks.filter(fits).map((one) => ({
    id: banks.indexOf(one) + 1,
    name: one.name,
    slug: one.name.toLowerCase().replaceAll(" ", "-"),
    code: one.code,
    longcode: "",
    gateway: null,
    pay_with_bank: false,
    active: true,
    country: one.country,
    currency: one.currency,
    type: one.type,
    is_deleted: false,
    createdAt: at,
    updatedAt: at,
  }));
  void paystack;
  // The real list comes whole where no page is asked for.
  return call.query["perPage"] === undefined ? ok("Banks retrieved", all) : list("Banks retrieved", all, call.query);
}

/** `GET /bank/resolve`: the name on an account. The same account always has the same name. */
export function resolveAccount(_paystack: Paystack, call: Call): Answer {
  const { account_number: number = "", bank_code: code = "" } = call.query;
  if (!/^\d+$/.test(number)) throw no("Account number should be numeric");
  if (!banks.some((one) => one.code === code)) throw no("Unknown bank code");
  if (number.length !== 10) throw no("Account number is invalid");
  if (number === unknownAccount) throw no("Could not resolve account name. Check parameters or try again.");
  return ok("Account number resolved", {
    account_number: number,
    account_name: nameOf(number),
    bank_id: banks.findIndex((one) => one.code === code) + 1,
  });
}

const firstNames = ["ADA", "BAYO", "CHIDI", "DUPE", "EMEKA", "FUNKE", "GARBA", "HALIMA", "IFE", "JIDE"] as const;
const lastNames = ["OKAFOR", "BELLO", "ADEYEMI", "EZE", "MUSA", "OJO", "NWOSU", "LAWAL", "UDO", "SANNI"] as const;

export function nameOf(number: string): string {
  const digit = (from: number) => Number(number.at(from) ?? 0);
  return `${firstNames[digit(-1)]} ${lastNames[digit(-2)]}`;
}
