import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeAuthtoken } from "../../src/atarapay/tokens.ts";
import { serve } from "../../src/commands/serve.ts";
import { readConfig } from "../../src/config.ts";
import { must } from "../../src/domain/fault.ts";
import type { Seeded } from "../../src/sandbox/seed.ts";
import { testDatabase } from "./database.ts";

/** What a buyer brought back to the shop, and what the shop was told when it asked for the order in the same moment. */
export interface CameBack {
  readonly method: string;
  readonly query: Readonly<Record<string, string>>;
  readonly order: {
    readonly status: string;
    readonly data?: {
      readonly id: number;
      readonly product_id: string;
      readonly amount_payed: number;
      readonly status: { readonly title: string };
    };
  };
}

/** The whole program on a port of its own, with its pollers, and the keys of its business seller. */
export async function startTranche() {
  const database = await testDatabase();
  const home = mkdtempSync(join(tmpdir(), "tranche-shop-"));
  const running = await serve(
    readConfig({ PORT: "0", TRANCHE_HOME: home, DATABASE_URL: database.ownerUrl, TRANCHE_LIMIT_PER_ADDRESS: "100000" }),
    { quiet: true },
  );
  const seeded = JSON.parse(readFileSync(join(home, "sandbox.json"), "utf8")) as Seeded;
  const seller = must(
    seeded.sellers.find((one) => one.role === "business"),
    "the business seller",
  );
  const authtoken = makeAuthtoken({ publicKey: seller.public_key, privateKey: seller.private_key });
  return {
    url: running.url,
    database,
    seeded,
    seller,
    keys: { publicKey: seller.public_key, privateKey: seller.private_key },
    call: async (path: string, fields: Readonly<Record<string, string>>) =>
      (await fetch(`${running.url}${path}`, { method: "POST", body: new URLSearchParams({ authtoken, ...fields }) })).json() as Promise<
        CameBack["order"]
      >,
    close: async () => {
      await running.stop();
      await database.drop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export type LiveTranche = Awaited<ReturnType<typeof startTranche>>;

/** A shop on another origin: `/cart` is the page it was given, `/thanks` notes who comes back and asks for the order at once. */
export async function startLiveShop(tranche: LiveTranche) {
  let cart = "";
  const back: CameBack[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://shop.test");
    response.setHeader("content-type", "text/html; charset=utf-8");
    if (url.pathname === "/cart") return response.end(cart);
    if (url.pathname !== "/thanks") return response.writeHead(url.pathname === "/favicon.ico" ? 204 : 200).end();
    const query = Object.fromEntries(url.searchParams);
    void tranche.call("/api/callback/order", { status: "order", order: query["order"] ?? "" }).then((order) => {
      back.push({ method: request.method ?? "", query, order });
      return response.end(
        `<!doctype html><html lang="en"><title>Thanks</title><h1>Thank you</h1><p>${order.data?.status.title ?? "not paid"}</p>`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    back,
    sells: (page: string) => {
      cart = page;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export type LiveShop = Awaited<ReturnType<typeof startLiveShop>>;
