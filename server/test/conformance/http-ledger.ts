import { Agent, request } from "undici";
import type { JournalLeg, Ledger, Posted } from "./ledger.ts";

/** A ledger behind the kit's four endpoints, anybody's. Connections enough for every simultaneous call. */
export function httpLedger(base: string): Ledger & { close(): Promise<void> } {
  const dispatcher = new Agent({ connections: 600, pipelining: 1, headersTimeout: 180_000 });
  const call = async <T>(method: "GET" | "POST", path: string, body?: object): Promise<T> => {
    const sent = body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const answer = await request(base + path, { dispatcher, method, ...sent });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text.slice(0, 200)}`);
    return JSON.parse(text) as T;
  };
  return {
    reset: async () => void (await call("POST", "/_lck/reset", {})),
    post: (post) => call<Posted>("POST", "/_lck/post", post),
    balance: async (account, currency) =>
      (await call<{ subunits: number }>("GET", `/_lck/balance?${new URLSearchParams({ account, currency }).toString()}`)).subunits,
    journal: () => call<JournalLeg[]>("GET", "/_lck/journal"),
    close: () => dispatcher.close(),
  };
}
