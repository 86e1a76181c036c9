/** A piece of HTML that is safe to stand in a page: made by {@link html} alone, so that every other text in it was escaped. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in a template. `null`, `undefined` and booleans show nothing, so that `condition && part` works. */
export type Value = Html | string | number | bigint | boolean | null | undefined | readonly Value[];

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as it may stand between tags and inside a quoted attribute. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => entities[sign] ?? "");
}

/** The template of every page: escapes everything it is given, except what another {@link html} made. Attributes must be quoted. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  const text = parts.map((part, index) => (index < values.length ? part + show(values[index]) : part)).join("");
  return new Html(text);
}

function show(value: Value): string {
  if (value instanceof Html) return value.toString();
  if (Array.isArray(value)) return value.map(show).join("");
  if (value === null || value === undefined || typeof value === "boolean") return "";
  return escape(String(value));
}

/**
 * An address that may stand in `href` or `action`: https, http, or a path of this server. Anything else (`javascript:`, `data:`, another
 * host by `//`) becomes `#`. Escaping alone would let a script address through.
 */
export function safeAddress(address: string): string {
  if (/^\/(?![/\\])/.test(address) || address.startsWith("#") || address.startsWith("?")) return address;
  return /^https?:\/\/[^\s]+$/i.test(address) ? address : "#";
}

/** Text from outside in its own direction, so that a name in another script (or with direction signs in it) does not turn the sentence round. */
export function foreign(text: string): Html {
  return html`<bdi>${text}</bdi>`;
}

/** The first part of a long text, at most `most` signs. */
export function shortened(text: string, most: number): string {
  const signs = Array.from(text);
  const kept = signs.slice(0, most - 1).join("");
  return signs.length <= most ? text : `${kept.trimEnd()}…`;
}

/** What every page's view carries. */
export interface PageView {
  /** Shows that no real money moves here. */
  readonly sandbox: boolean;
}

export interface Link {
  readonly href: string;
  readonly text: string;
  /** The page that is open. */
  readonly current?: boolean;
}

/** The frame around a page. */
export interface DocumentView {
  readonly title: string;
  readonly body: Html;
  readonly lang?: "en";
  readonly description?: string;
  readonly sandbox?: boolean;
  /** Links beside the name; only for those signed in. */
  readonly nav?: readonly Link[];
  /** Where signing out posts to, and the fields it sends. */
  readonly signOut?: { readonly url: string; readonly hidden: Hidden };
  /** More room than a column of text, for tables. */
  readonly wide?: boolean;
  /** Without name and foot: it stands in a frame inside something that has them. */
  readonly bare?: boolean;
}

/** Fields that a form sends along unseen: a token against forged forms, the order's version, an idempotency key. */
export type Hidden = Readonly<Record<string, string>>;

export function hiddenFields(hidden: Hidden): Html {
  return html`${Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`;
}

/** The whole page as text. It holds no script and no style of its own: one stylesheet, and forms. */
export function document(view: DocumentView): string {
  const page = html`<!doctype html>
<html lang="${view.lang ?? "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
${view.description !== undefined && html`<meta name="description" content="${view.description}">`}
<title>${view.title} – Tranche</title>
<link rel="stylesheet" href="/assets/tranche.css">
</head>
<body>
${view.bare !== true && html`<a class="skip" href="#main">Skip to the content</a>`}
<header class="top">
${view.sandbox === true && html`<p class="sandbox"><strong>Sandbox:</strong> no real money moves here.</p>`}
${view.bare !== true && html`<div class="bar${view.wide === true ? " wide" : ""}"><p class="brand">Tranche</p>${menu(view)}</div>`}
</header>
<main id="main" class="${view.wide === true ? "wide" : "column"}">
${view.body}
</main>
${view.bare !== true && html`<footer class="bottom"><p>Tranche: escrow and milestone payments.</p></footer>`}
</body>
</html>
`;
  return page.toString();
}

function menu(view: DocumentView): Html {
  const links = view.nav ?? [];
  if (links.length === 0 && view.signOut === undefined) return html``;
  return html`<nav aria-label="Main"><ul>${links.map(
    (link) => html`<li><a href="${safeAddress(link.href)}"${link.current === true && html` aria-current="page"`}>${link.text}</a></li>`,
  )}</ul></nav>${
    view.signOut !== undefined &&
    html`<form method="post" action="${safeAddress(view.signOut.url)}">${hiddenFields(view.signOut.hidden)}<button class="quiet small">Sign out</button></form>`
  }`;
}
