import type { Refusal } from "../../domain/refusals.ts";
import { refusalCatalogue } from "../../domain/refusals.ts";
import type { Link, PageView } from "./html.ts";
import { document, html, safeAddress } from "./html.ts";

/** Any error, for people: what happened, why, what to do next. */
export interface ErrorView extends PageView {
  readonly title: string;
  /** What happened, one sentence. */
  readonly happened: string;
  readonly why: string | null;
  readonly next: string | null;
  /** Finds the request in the server's log. */
  readonly requestId: string | null;
  /** Where to go from here. */
  readonly way: Link | null;
}

/** The page of every error in HTML. */
export function errorPage(view: ErrorView): string {
  const part = (heading: string, text: string | null) => text !== null && text !== "" && html`<h2>${heading}</h2><p>${text}</p>`;
  const body = html`<div class="head"><h1>${view.title}</h1></div>
<section class="block"><p class="lead">${view.happened}</p>${part("Why", view.why)}${part("What you can do", view.next)}${
    view.way !== null && html`<div class="actions"><a class="button" href="${safeAddress(view.way.href)}">${view.way.text}</a></div>`
  }</section>${view.requestId !== null && html`<p class="muted small-text">If you write to us about this, name the request <code>${view.requestId}</code>.</p>`}`;
  return document({ title: view.title, body, sandbox: view.sandbox });
}

/** A refusal as an error's view: its kind says what happened, its detail why, the catalogue what to do next. */
export function refusalView(
  refusal: Refusal,
  more: { sandbox: boolean; requestId: string | null; way?: Link | null; title?: string },
): ErrorView {
  const kind = refusalCatalogue[refusal.refused];
  const plain = `${kind.says} ${kind.next}`;
  return {
    sandbox: more.sandbox,
    title: more.title ?? titles[kind.status] ?? "This did not work",
    happened: kind.says,
    why: refusal.detail === plain || refusal.detail === kind.says ? null : refusal.detail,
    next: kind.next,
    requestId: more.requestId,
    way: more.way ?? null,
  };
}

const titles: Readonly<Record<number, string>> = {
  401: "Please sign in",
  403: "This is not open to you",
  404: "There is nothing here",
  409: "This does not go now",
  410: "This link has ended",
  422: "Something in what was sent does not fit",
  429: "Too many requests",
  503: "Too busy just now",
};
