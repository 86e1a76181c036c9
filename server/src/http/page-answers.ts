import type { FastifyReply, FastifyRequest } from "fastify";
import { toJson } from "../db/table.ts";
import { refusalCatalogue } from "../domain/refusals.ts";
import type { Refusal } from "../domain/refusals.ts";
import type { App } from "./app-context.ts";
import { errorPage, refusalView } from "./pages/error-page.ts";

/** What a page may load, where its forms may lead, redirects included, and who may frame it: styles of this server, and nothing else. */
export function pagePolicy(formsTo: string, framedBy = "'none'"): string {
  return `default-src 'none'; style-src 'self'; img-src 'self'; form-action ${formsTo}; base-uri 'none'; frame-ancestors ${framedBy}`;
}

/** The same for the pages of a payment: paying leads to the rail's page and from there to the shop's, and browsers hold redirects to the policy of the page with the form. */
export function payerPage(reply: FastifyReply, text: string): FastifyReply {
  return page(reply.header("content-security-policy", pagePolicy("'self' http: https:")), text);
}

/** Sends a page: never cached, never framed unless the route says otherwise, no address passed on. */
export function page(reply: FastifyReply, text: string): FastifyReply {
  return reply.type("text/html; charset=utf-8").header("cache-control", "no-store").send(text);
}

/** True if the caller is a browser that wants a page; scripts get JSON. */
export function wantsPage(request: FastifyRequest): boolean {
  return (request.headers.accept ?? "").includes("text/html");
}

/** Where waiting helps, how many seconds. */
export function sayWhen(reply: FastifyReply, refusal: Refusal): void {
  const { status } = refusalCatalogue[refusal.refused];
  if ((status !== 429 && status !== 503) || reply.hasHeader("retry-after")) return;
  const seconds = refusal.facts?.["retry_after"];
  void reply.header("retry-after", typeof seconds === "number" ? String(seconds) : "5");
}

/** A refusal as a page for browsers, in the wire's shape for everybody else. */
export function refusedPage(app: App, request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { status } = refusalCatalogue[refusal.refused];
  void reply.code(status);
  sayWhen(reply, refusal);
  if (!wantsPage(request)) {
    const said = {
      status: "error",
      message: refusal.detail,
      code: refusal.refused,
      ...(refusal.facts === undefined ? {} : { facts: refusal.facts }),
    };
    return reply.type("application/json; charset=utf-8").send(toJson(said));
  }
  return page(reply, errorPage(refusalView(refusal, { sandbox: app.mode === "sandbox", requestId: request.id })));
}

/** What is no refusal (a body that cannot be read, a fault of ours): a page for browsers, in the wire's shape for everybody else. */
export function errorAnswer(app: App, request: FastifyRequest, reply: FastifyReply, status: number, message: string): FastifyReply {
  void reply.code(status);
  if (!wantsPage(request)) return reply.send({ status: "error", message });
  const ours = status >= 500;
  return page(
    reply,
    errorPage({
      sandbox: app.mode === "sandbox",
      title: ours ? "Something went wrong here" : "This could not be read",
      happened: message,
      why: null,
      next: ours ? null : "Go back and try again.",
      requestId: request.id,
      way: null,
    }),
  );
}
