import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { makeAuthtoken } from "../atarapay/tokens.ts";
import { sellerByKey } from "../db/sellers.ts";
import { toJson } from "../db/table.ts";
import { refuse } from "../domain/refusals.ts";
import type { App, DemoPeople, SandboxPorts } from "./app-context.ts";
import { demoShop, demoShopRoutes } from "./demo-shop.ts";
import { demoState } from "./demo-state.ts";
import { wholeNumber } from "./fields.ts";
import { page, refusedPage } from "./page-answers.ts";
import { demoPage } from "./pages/demo-page.ts";

const assets = [
  {
    path: "/assets/demo.js",
    type: "text/javascript; charset=utf-8",
    text: readFileSync(new URL("pages/demo.js", import.meta.url), "utf8"),
  },
  { path: "/assets/demo.css", type: "text/css; charset=utf-8", text: readFileSync(new URL("pages/demo.css", import.meta.url), "utf8") },
] as const;

// The inline dialog shows a summary of the checkout in a frame.
const policy =
  "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The demo page at `/`, what it reads, and its shop's address. Only a sandbox has it: it hands out the secrets of the sandbox's made-up people. */
export function demoRoutes(server: FastifyInstance, app: App, sandbox: SandboxPorts, people: DemoPeople): void {
  const keys = { publicKey: people.seller.public_key, privateKey: people.seller.private_key };
  const shop = demoShop(keys);
  demoShopRoutes(server, shop, app.now);
  const reader = { app, sandbox, people, shop };
  server.get("/", (_request, reply) =>
    page(reply.header("content-security-policy", policy), demoPage({ baseUrl: app.baseUrl, authtoken: makeAuthtoken(keys), ...people })),
  );
  for (const { path, type, text } of assets) {
    server.get(path, (_request, reply) => reply.type(type).header("cache-control", "no-cache").send(text));
  }
  server.get<{ Querystring: { order?: string } }>("/sandbox/demo/state", async (request, reply) => {
    const asked = request.query.order;
    const id = asked === undefined ? undefined : (wholeNumber(asked) ?? -1);
    const holder = await sellerByKey(app.pool, keys.publicKey, app.now());
    const data = holder === undefined ? undefined : await demoState(reader, holder.seller, id);
    if (data === undefined) return refusedPage(app, request, reply, refuse("not_yours", "The demo seller has no such order."));
    return reply
      .type("application/json; charset=utf-8")
      .header("cache-control", "no-store")
      .send(toJson({ status: "success", message: "Demo", data }));
  });
}
