import type { FastifyReply, FastifyRequest } from "fastify";
import type { Ask } from "../../actions/command.ts";
import { fieldRequired } from "../../atarapay/messages.ts";
import { isRefusal } from "../../domain/refusals.ts";
import type { Seller } from "../../domain/seller.ts";
import type { App } from "../app-context.ts";
import type { Fields } from "../fields.ts";
import { fieldsOf, text } from "../fields.ts";
import { sellerOfAuthtoken } from "../keys.ts";
import { failure, refused } from "./answers.ts";
import { newCommandId } from "../../db/command-id.ts";

/** A call that proved its key pair, with its fields. */
export interface Call {
  readonly seller: Seller;
  readonly fields: Fields;
  readonly reply: FastifyReply;
}

/**
 * Checks a wire call's `authtoken` (in the body only: a secret in an address would stand in every log) and its required fields, in the
 * documented words. Answers undefined after having answered the caller.
 */
export async function enter(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  required: readonly string[],
): Promise<Call | undefined> {
  const fields = await fieldsOf(request);
  const authtoken = text(fields, "authtoken");
  if (typeof request.query === "object" && request.query !== null && "authtoken" in request.query) {
    const missing = authtoken === "" ? `${fieldRequired("authtoken")} ` : "";
    await failure(
      reply,
      authtoken === "" ? 401 : 400,
      `${missing}Send it in the body only: it is a secret, and addresses stand in logs. Change your keys.`,
    );
    return undefined;
  }
  if (authtoken === "") {
    await failure(reply, 401, fieldRequired("authtoken"));
    return undefined;
  }
  const holder = await sellerOfAuthtoken(app, authtoken);
  if (isRefusal(holder)) {
    await refused(reply, holder);
    return undefined;
  }
  const missing = required.find((name) => text(fields, name) === "");
  if (missing !== undefined) {
    await failure(reply, 422, fieldRequired(missing));
    return undefined;
  }
  return { seller: holder.seller, fields, reply };
}

/** The seller's key acting; wire calls carry no idempotency key, the state machine answers repeats. */
export function byKey(seller: Seller): Ask {
  return { id: newCommandId(), sellerId: seller.id, actor: { party: "seller", name: "key" } };
}
