import type { FastifyReply, FastifyRequest } from "fastify";
import { refusalCatalogue } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import type { App } from "./app-context.ts";
import { errorPage, refusalView } from "./pages/error-page.ts";

/** Sends a page: never cached, never framed unless the route says otherwise, no address passed on. */
export function page(reply: FastifyReply, text: string): FastifyReply {
  return reply.type("text/html; charset=utf-8").header("cache-control", "no-store").send(text);
}

/** True if the caller is a browser that wants a page; scripts get JSON. */
export function wantsPage(request: FastifyRequest): boolean {
  return (request.headers.accept ?? "").includes("text/html");
}

/** A refusal as a page for browsers, in the wire's shape for everybody else. */
export function refusedPage(app: App, request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { status } = refusalCatalogue[refusal.refused];
  void reply.code(status);
  if (!wantsPage(request)) return reply.send({ status: "error", message: refusal.detail, code: refusal.refused, ...(refusal.facts === undefined ? {} : { facts: refusal.facts }) });
  return page(reply, errorPage(refusalView(refusal, { sandbox: app.mode === "sandbox", requestId: request.id })));
}
