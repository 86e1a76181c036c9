import { createHash, randomUUID } from "node:crypto";
import type { FastifyReply } from "fastify";
import { isCurrency } from "../domain/currency.ts";
import type { Refusal } from "../domain/refusals.ts";
import { isRefusal, refuse } from "../domain/refusals.ts";
import type { App } from "./app-context.ts";
import { doneWords } from "./done-words.ts";
import type { Fields } from "./fields.ts";
import { text } from "./fields.ts";
import { operatorAct } from "./operator-acts.ts";
import type { Handle, Me } from "./operator-routes.ts";
import { majorOrZero } from "./order-steps.ts";
import { page } from "./page-answers.ts";
import { money } from "./pages/money.ts";
import type { MoneyAct, MoneyDraft, MoneyView } from "./pages/money-page.ts";
import { moneyPage } from "./pages/money-page.ts";
import type { SignedInView } from "./pages/seller-page.ts";

export const moneyUrl = "/operator/money";

/** The amounts of each act, with the field of their currency and what they are called. */
const amounts: Readonly<Record<MoneyAct, readonly (readonly [field: string, currency: string, name: string])[]>> = {
  add_float: [["amount", "currency", "Your money"]],
  change_money: [
    ["amount", "currency", "You gave"],
    ["to_amount", "to_currency", "What came"],
  ],
  take_fees: [
    ["escrow_fees", "currency", "Escrow fees"],
    ["payout_fees", "currency", "Payout fees"],
  ],
};

const rails: Readonly<Record<MoneyAct, readonly (readonly [field: string, name: string])[]>> = {
  add_float: [["rail", "Where it is"]],
  change_money: [
    ["rail", "From"],
    ["to_rail", "Where it is now"],
  ],
  take_fees: [["rail", "From"]],
};

type On = (method: "GET" | "POST", url: string, handle: Handle) => void;
type Wrong = { readonly field: string; readonly message: string };

/** The operator's page of its own money: what is held and owed, and three forms, each shown once more before it is booked. */
export function moneyPageRoutes(app: App, on: On, frameOf: (me: Me) => SignedInView): void {
  const show = async (me: Me, reply: FastifyReply, more: Partial<MoneyView> = {}): Promise<FastifyReply> => {
    const view = { ...frameOf(me), now: app.now(), held: await app.work.solvency(), rails: app.railNames, actionUrl: moneyUrl };
    const shown = { hidden: { csrf: me.session.csrf }, draft: null, done: null, errors: [], tried: null, typed: {}, ...more };
    return page(shown.errors.length === 0 ? reply : reply.code(422), moneyPage({ ...view, ...shown }));
  };
  on("GET", moneyUrl, (me, _request, reply) => show(me, reply));
  on("POST", moneyUrl, async (me, _request, reply, fields) => {
    const act = (Object.keys(amounts) as MoneyAct[]).find((known) => known === text(fields, "act"));
    if (act === undefined) return show(me, reply, { errors: [{ field: "", message: "Choose one of the forms below." }] });
    const names = [...amounts[act].flatMap(([field, currency]) => [field, currency]), ...rails[act].map(([field]) => field)];
    if (act === "take_fees") names.push("seller");
    const typed = Object.fromEntries(
      names.map((name) => [name, name.endsWith("currency") ? text(fields, name).toUpperCase() : text(fields, name)]),
    );
    const read = inMinor(act, typed);
    if (!(read instanceof Map)) return show(me, reply, { tried: act, typed, errors: [read] });
    if (text(fields, "action") !== "book") return show(me, reply, { tried: act, typed, draft: draftOf(act, typed, read) });
    const given = {
      ...typed,
      ...Object.fromEntries([...read].map(([name, amount]) => [name, amount.toString()])),
      seller: typed["seller"] ?? "0",
    };
    const answer = await operatorAct(app, me.operator, act, given, keyOf(fields, { act, ...given }));
    if (!isRefusal(answer))
      return show(me, reply, {
        done: `${doneWords(act)}${act === "add_float" ? ` It is in the balance at ${String(answer.done["rail"])}.` : ""}`,
      });
    return show(me, reply, { tried: act, typed, errors: [wrong(answer)] });
  });
}

function wrong(refusal: Refusal): Wrong {
  const field = refusal.facts?.["field"];
  return { field: typeof field === "string" ? field : "", message: refusal.detail };
}

/** The amounts in the smallest unit of their currencies, or what is wrong with the first that cannot be read. */
function inMinor(act: MoneyAct, typed: Readonly<Record<string, string>>): Map<string, bigint> | Wrong {
  const read = new Map<string, bigint>();
  for (const [field, currency] of amounts[act]) {
    const code = typed[currency] ?? "";
    if (!isCurrency(code)) return wrong(refuse("currency_unknown", "The currency must be three letters, like NGN.", { field: currency }));
    const given = typed[field] ?? "";
    const amount = act === "take_fees" && given === "" ? 0n : majorOrZero(given, code);
    if (isRefusal(amount)) return { field, message: amount.detail };
    read.set(field, amount);
  }
  if ([...read.values()].every((amount) => amount === 0n))
    return { field: amounts[act][0]?.[0] ?? "", message: "Enter an amount above 0." };
  return read;
}

function draftOf(act: MoneyAct, typed: Readonly<Record<string, string>>, read: ReadonlyMap<string, bigint>): MoneyDraft {
  const says = [
    ...(typed["seller"] === undefined ? [] : [["Seller", typed["seller"]] as const]),
    ...amounts[act].map(([field, currency, name]) => [name, money(read.get(field) ?? 0n, typed[currency] ?? "")] as const),
    ...rails[act].map(([field, name]) => [name, typed[field] ?? ""] as const),
  ];
  return { act, says, fields: { ...typed, key: randomUUID() } };
}

/** Made with the draft: a form that is sent twice, or again from the browser's history, is booked once. */
function keyOf(fields: Fields, about: Readonly<Record<string, string>>) {
  const fingerprint = createHash("sha256").update(JSON.stringify(about)).digest("hex");
  return { key: `page ${text(fields, "key") || randomUUID()}`.slice(0, 200), fingerprint };
}
