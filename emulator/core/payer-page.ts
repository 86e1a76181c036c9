import type { Answer } from "./rail-server.ts";

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (one) => escapes[one] ?? one);

/** What a payer does on the rail's page. */
export const payerActs = ["pay", "fail", "abandon"] as const;
export type PayerAct = (typeof payerActs)[number];

export const payerQuery = {
  type: "object",
  additionalProperties: false,
  properties: { act: { enum: payerActs }, fault: { type: "string" } },
} as const;

export interface Bill {
  readonly rail: string;
  readonly amount: string;
  readonly reference: string;
  /** Shown instead of the buttons. */
  readonly done?: string;
}

/** The page on which a person pays, fails or turns away. A test takes the same step with `?act=pay`. */
export function payerPage({ rail, amount, reference, done }: Bill): Answer {
  const buttons = payerActs.map((act) => `<button name="act" value="${act}">${act[0]?.toUpperCase()}${act.slice(1)}</button>`).join(" ");
  const body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(rail)} emulator</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:28rem;margin:12vh auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}</style></head>
<body><h1>${escape(amount)}</h1><p>${escape(reference)}</p>
<p>This is the ${escape(rail)} emulator. No money moves.</p>
${done === undefined ? `<form method="get">${buttons}</form>` : `<p>${escape(done)}</p>`}</body></html>`;
  return { status: 200, body, headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" } };
}

export function sendTo(url: string): Answer {
  return { status: 302, body: "", headers: { location: url } };
}
