import type { FastifyReply } from "fastify";
import { messages } from "../../atarapay/messages.ts";
import type { Refusal } from "../../domain/refusals.ts";
import { refusalCatalogue } from "../../domain/refusals.ts";
import { sayWhen } from "../page-answers.ts";

/** The wire's answer: `data` may be an object or an array, as each call is documented. */
export async function success(reply: FastifyReply, message: string, data: unknown): Promise<FastifyReply> {
  return reply.code(200).send({ status: "success", message, data });
}

/** The wire's error: the plugin looks only at the body, other clients only at the code, so both say it. */
export async function failure(reply: FastifyReply, code: number, message: string): Promise<FastifyReply> {
  return reply.code(code).send({ status: "error", message });
}

/** A refusal in the wire's words; where the documents have a sentence for it, that one. */
export async function refused(reply: FastifyReply, refusal: Refusal, sentence?: string): Promise<FastifyReply> {
  const { status } = refusalCatalogue[refusal.refused];
  sayWhen(reply, refusal);
  const known = refusal.refused === "wrong_key" ? messages.wrongAuthtoken : refusal.detail;
  return failure(reply, status, sentence ?? known);
}
