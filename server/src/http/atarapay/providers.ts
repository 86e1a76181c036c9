import type { FastifyInstance } from "fastify";
import { removeProvider, saveProvider } from "../../actions/providers.ts";
import type { ProviderInput } from "../../actions/providers.ts";
import { fieldRequired, messages, noSuchProvider } from "../../atarapay/messages.ts";
import { run } from "../../db/connect.ts";
import { listProviders, readProvider } from "../../db/projects.ts";
import { sellerByPhone, sellerQueries } from "../../db/sellers.ts";
import type { Provider } from "../../domain/facts.ts";
import { must } from "../../domain/fault.ts";
import { isRefusal, refuse } from "../../domain/refusals.ts";
import type { Refusal } from "../../domain/refusals.ts";
import { normaliseEmail, normalisePhone } from "../../domain/contact.ts";
import type { App } from "../app-context.ts";
import type { Fields } from "../fields.ts";
import { text, wholeNumber } from "../fields.ts";
import { failure, refused, success } from "./answers.ts";
import type { Call } from "./caller.ts";
import { byKey, enter } from "./caller.ts";
import { wireProviderOf } from "./wire-views.ts";

/** serviceprovider/create (which also updates), the list, and delete. */
export function providerRoutes(server: FastifyInstance, app: App): void {
  server.post("/api/serviceprovider/create", async (request, reply) => {
    const call = await enter(app, request, reply, []);
    if (call === undefined) return reply;
    const input = readInput(call.fields);
    if (typeof input === "string") return failure(reply, 422, input);
    if (isRefusal(input)) return refused(reply, input);
    const associated = await associate(app, call, input);
    if (isRefusal(associated)) return refused(reply, associated);
    const known = (await listProviders(app.pool, call.seller.id)).find((provider) => samePayee(provider, input));
    const answer = await app.lanes.one(saveProvider(byKey(call.seller), { ...input, providerId: known?.id ?? null }));
    if (isRefusal(answer)) return refused(reply, answer);
    const saved = must(await readProvider(app.pool, call.seller.id, Number(answer.done["provider"])), "the provider");
    return success(reply, messages.providerUpdated, wireProviderOf(saved));
  });

  server.post("/api/serviceprovider", async (request, reply) => {
    const call = await enter(app, request, reply, []);
    if (call === undefined) return reply;
    const providers = await listProviders(app.pool, call.seller.id);
    return success(reply, messages.providers, providers.map(wireProviderOf));
  });

  // The documents' prose says POST, their samples DELETE.
  for (const method of ["POST", "DELETE"] as const) {
    server.route({
      method,
      url: "/api/serviceprovider/delete",
      handler: async (request, reply) => {
        const call = await enter(app, request, reply, ["sp_id"]);
        if (call === undefined) return reply;
        const named = text(call.fields, "sp_id");
        const providerId = wholeNumber(named);
        if (providerId === undefined) return failure(reply, 404, noSuchProvider(named));
        const answer = await app.lanes.one(removeProvider(byKey(call.seller), { providerId }));
        if (isRefusal(answer)) return refused(reply, answer, answer.refused === "provider_unknown" ? noSuchProvider(named) : undefined);
        const removed = must(await readProvider(app.pool, call.seller.id, providerId), "the provider that was removed");
        return success(reply, messages.providerDeleted, [wireProviderOf(removed)]);
      },
    });
  }
}

/**
 * The same account, or the same phone, of the same seller is the same provider: the call then updates it. Somebody paid in one currency does not
 * become somebody paid in the other by it, since their orders could not pay them then: that is a second provider.
 */
function samePayee(provider: Provider, input: ProviderInput): boolean {
  if (provider.type !== input.type) return false;
  const [old, given] = [provider.details, input.details];
  const sameAccount =
    input.type === 2
      ? old.wiseAccountId === given.wiseAccountId
      : old.accountNumber === given.accountNumber && old.bankCode === given.bankCode;
  return sameAccount || (input.phone !== "" && provider.phone === input.phone);
}

/** A provider from the wire's fields; a text is the documented sentence for what is missing. */
function readInput(fields: Fields): ProviderInput | Refusal | string {
  const typed = text(fields, "type");
  const type = typed === "" || typed === "1" ? 1 : typed === "2" ? 2 : undefined;
  if (type === undefined) return refuse("invalid", "The type field must be 1 (naira account) or 2 (USD account).", { field: "type" });
  const needed = type === 1 ? ["bank_code", "nip_bank_code", "bank_account_number", "bank_account_name", "bank_name"] : ["account_id"];
  const missing = needed.find((name) => text(fields, name) === "");
  if (missing !== undefined) return fieldRequired(missing);
  const email = text(fields, "email") === "" ? "" : normaliseEmail(fields["email"]);
  if (isRefusal(email)) return email;
  const phone = text(fields, "phone") === "" ? "" : normalisePhone(fields["phone"], "phone");
  if (isRefusal(phone)) return phone;
  const wrong = type === 1 ? checkAccount(fields) : undefined;
  if (wrong !== undefined) return wrong;
  const details =
    type === 1
      ? {
          bankCode: text(fields, "bank_code"),
          nipBankCode: text(fields, "nip_bank_code"),
          bankName: text(fields, "bank_name"),
          accountNumber: text(fields, "bank_account_number"),
          accountName: text(fields, "bank_account_name"),
        }
      : { wiseAccountId: text(fields, "account_id"), accountName: `${text(fields, "firstname")} ${text(fields, "lastname")}`.trim() };
  return { type, firstName: text(fields, "firstname"), lastName: text(fields, "lastname"), email, phone, details };
}

function checkAccount(fields: Fields): Refusal | undefined {
  const rules: readonly [string, RegExp, string][] = [
    ["bank_code", /^\d{3,6}$/, "3 to 6 digits"],
    ["nip_bank_code", /^\d{6}$/, "6 digits"],
    ["bank_account_number", /^\d{10}$/, "10 digits"],
  ];
  const broken = rules.find(([name, rule]) => !rule.test(text(fields, name)));
  return broken === undefined ? undefined : refuse("invalid", `The ${broken[0]} field must be ${broken[2]}.`, { field: broken[0] });
}

/**
 * For a marketplace operator this call also associates the registered seller with that phone. In live the seller confirms first; in the
 * sandbox it counts at once.
 */
async function associate(app: App, call: Call, input: ProviderInput): Promise<Refusal | undefined> {
  if (call.seller.role !== "marketplace_operator") return undefined;
  const seller = input.phone === "" ? undefined : await sellerByPhone(app.pool, input.phone);
  if (seller === undefined || seller.id === call.seller.id) {
    return refuse(
      "seller_not_associated",
      "The phone must be that of a registered seller: the call associates the seller with the marketplace operator.",
    );
  }
  const state = app.mode === "sandbox" ? "confirmed" : "invited";
  await run(app.pool, sellerQueries.associate, [call.seller.id, seller.id, state, app.now().toISOString()]);
  return undefined;
}
