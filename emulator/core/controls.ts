import type { FastifyInstance } from "fastify";
import type { Rule } from "./faults.ts";
import { faultNames } from "./faults.ts";
import type { Parts } from "./rail-server.ts";

/** What a rail can be told to do from outside its own contract. */
export interface Levers {
  readonly name: string;
  /** Keys and secrets that a program needs to speak with it. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Makes what was taken available, now. Answers what came of it. */
  settle(currency: string | undefined): object;
  /** Opens a dispute about a payment, by its reference. */
  openDispute(reference: string, amount: bigint | undefined): object;
  /** Ends a dispute. */
  resolveDispute(id: string, outcome: "won" | "lost"): object;
  /** Puts money of the operator's own into the balance. */
  topUp(currency: string, amount: bigint): object;
  /** Forgets everything: books, objects, script, deliveries. Targets stay. */
  reset(): void;
}

const whole = { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER } as const;
const currency = { type: "string", pattern: "^[A-Z]{3}$" } as const;

function object(properties: object, required: readonly string[] = []): object {
  return { type: "object", additionalProperties: false, properties, required };
}

const rule = object(
  {
    fault: { enum: faultNames },
    on: { type: "string" },
    reference: { type: "string" },
    skip: { type: "integer", minimum: 0 },
    times: { type: "integer", minimum: 1 },
    chance: { type: "number", minimum: 0, maximum: 1 },
  },
  ["fault"],
);

/** Adds `/_emulator/…` to a rail's server: what a test turns, breaks and reads. No key is asked for; the server listens on loopback alone. */
export function addControls(server: FastifyInstance, parts: Parts, levers: Levers): void {
  const { clock, books, faults, webhooks } = parts;
  const time = () => ({ now: clock.now().toISOString() });

  server.get("/_emulator", () => ({
    rail: levers.name,
    url: parts.address(),
    ...levers.secrets,
    ...time(),
    webhooks: webhooks.targets(),
    faults: faultNames,
  }));
  server.get("/_emulator/clock", time);
  server.post<{ Body: { advance_seconds: number } }>(
    "/_emulator/clock",
    { schema: { body: object({ advance_seconds: { type: "integer", minimum: 0 } }, ["advance_seconds"]) } },
    async ({ body }) => {
      await clock.advance(body.advance_seconds * 1000);
      return time();
    },
  );
  server.post("/_emulator/idle", async () => {
    await clock.idle();
    return time();
  });
  server.post<{ Body?: { currency?: string } }>("/_emulator/settle", { schema: { body: object({ currency }) } }, ({ body }) =>
    levers.settle(body?.currency),
  );
  server.post<{ Body: { currency: string; amount: number } }>(
    "/_emulator/balance",
    { schema: { body: object({ currency, amount: whole }, ["currency", "amount"]) } },
    ({ body }) => levers.topUp(body.currency, BigInt(body.amount)),
  );
  server.post<{ Body: { reference: string; amount?: number } }>(
    "/_emulator/disputes",
    { schema: { body: object({ reference: { type: "string" }, amount: whole }, ["reference"]) } },
    ({ body }) => levers.openDispute(body.reference, body.amount === undefined ? undefined : BigInt(body.amount)),
  );
  server.post<{ Params: { id: string }; Body: { outcome: "won" | "lost" } }>(
    "/_emulator/disputes/:id/resolve",
    { schema: { body: object({ outcome: { enum: ["won", "lost"] } }, ["outcome"]) } },
    ({ params, body }) => levers.resolveDispute(params.id, body.outcome),
  );
  server.get("/_emulator/movements", () => ({
    movements: books.movements().map((one) => ({ ...one, amount: Number(one.amount) })),
    totals: books.audit().map((one) => ({
      currency: one.currency,
      in: Number(one.in),
      out: Number(one.out),
      held: Object.fromEntries(Object.entries(one.held).map(([account, amount]) => [account, Number(amount)])),
    })),
  }));
  server.get("/_emulator/script", () => ({ rules: faults.script() }));
  server.post<{ Body: { rules: Rule[] } }>(
    "/_emulator/script",
    { schema: { body: object({ rules: { type: "array", items: rule } }, ["rules"]) } },
    ({ body }) => {
      faults.add(body.rules);
      return { rules: faults.script() };
    },
  );
  server.delete("/_emulator/script", () => {
    faults.clear();
    return { rules: [] };
  });
  server.get("/_emulator/webhooks", () => ({ urls: webhooks.targets(), events: webhooks.events(), deliveries: webhooks.deliveries() }));
  server.put<{ Body: { urls: string[] } }>(
    "/_emulator/webhooks",
    { schema: { body: object({ urls: { type: "array", items: { type: "string", pattern: "^https?://" } } }, ["urls"]) } },
    ({ body }) => {
      webhooks.point(body.urls);
      return { urls: webhooks.targets() };
    },
  );
  server.post("/_emulator/reset", () => {
    clock.forget(levers.name);
    books.clear();
    faults.clear();
    webhooks.clear();
    levers.reset();
    return time();
  });
}
