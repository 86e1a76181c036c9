import { must } from "../../src/domain/fault.ts";

interface Form {
  readonly action: string;
  readonly method: string;
  readonly values: readonly [string, string][];
  readonly buttons: readonly { readonly text: string; readonly name: string | undefined; readonly value: string }[];
}

/** What a person looks at, and how they came there. */
export interface Seen {
  readonly url: string;
  readonly status: number;
  readonly text: string;
  /** Every address that was asked for on the way, redirects included. */
  readonly way: readonly string[];
}

/** Somebody at a browser that runs no scripts: it reads pages, types into forms and presses buttons. It knows HTML and HTTP, nobody's addresses. */
export function plainBrowser() {
  const cookies = new Map<string, string>();
  let seen: Seen = { url: "about:blank", status: 0, text: "", way: [] };

  const ask = async (address: string, body: URLSearchParams | undefined): Promise<Seen> => {
    const way: string[] = [];
    let url = address;
    let form = body;
    for (let hops = 0; hops < 20; hops += 1) {
      way.push(url);
      const { origin } = new URL(url);
      const cookie = [...cookies]
        .filter(([name]) => name.startsWith(`${origin} `))
        .map(([name, value]) => `${name.slice(origin.length + 1)}=${value}`);
      const answer = await fetch(url, {
        redirect: "manual",
        headers: { accept: "text/html", ...(cookie.length === 0 ? {} : { cookie: cookie.join("; ") }) },
        ...(form === undefined ? {} : { method: "POST", body: form }),
      });
      for (const set of answer.headers.getSetCookie()) {
        const [name = "", value = ""] = (set.split(";")[0] ?? "").split("=");
        cookies.set(`${origin} ${name}`, value);
      }
      const to = answer.headers.get("location");
      const text = await answer.text();
      if (to === null || answer.status < 300 || answer.status > 399) {
        seen = { url, status: answer.status, text, way };
        return seen;
      }
      url = new URL(to, url).href;
      form = undefined;
    }
    throw new Error(`round and round: ${way.join(" ")}`);
  };

  return {
    seen: () => seen,
    open: (url: string) => ask(url, undefined),
    /** Whether the page has a button whose words begin so. */
    has: (words: string) => formsOf(seen.text).some((form) => form.buttons.some((button) => button.text.startsWith(words))),
    /** Types into fields by name, and presses the first button whose words begin so. */
    press: async (words: string, typed: Readonly<Record<string, string>> = {}): Promise<Seen> => {
      const all = formsOf(seen.text).flatMap((form) => form.buttons.map((button) => ({ form, button })));
      const { form, button } = must(
        all.find(
          (one) =>
            one.button.text.startsWith(words) && Object.keys(typed).every((name) => one.form.values.some(([known]) => known === name)),
        ),
        `a button ${words} on ${seen.url}: ${seen.status} ${seen.text.slice(0, 2000)}`,
      );
      const values = new URLSearchParams(form.values.map(([name, value]): [string, string] => [name, typed[name] ?? value]));
      if (button.name !== undefined) values.set(button.name, button.value);
      const to = new URL(form.action, seen.url).href;
      return form.method === "post" ? ask(to, values) : ask(`${to}?${values.toString()}`, undefined);
    },
  };
}

export type PlainBrowser = ReturnType<typeof plainBrowser>;

function formsOf(html: string): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, own = "", inner = ""]) => ({
    action: attribute(own, "action") ?? "",
    method: (attribute(own, "method") ?? "get").toLowerCase(),
    values: [
      ...inner.matchAll(/<input\b([^>]*)>|<textarea\b([^>]*)>([\s\S]*?)<\/textarea>|<select\b([^>]*)>([\s\S]*?)<\/select>/g),
    ].flatMap(valuesOf),
    buttons: [...inner.matchAll(/<button\b([^>]*)>([\s\S]*?)<\/button>/g)].map(([, given = "", text = ""]) => ({
      text: plain(text.replace(/<[^>]*>/g, "")).trim(),
      name: attribute(given, "name"),
      value: attribute(given, "value") ?? "",
    })),
  }));
}

function valuesOf([, input, area, text, select, options]: RegExpMatchArray): [string, string][] {
  if (input !== undefined) {
    const off = /^(radio|checkbox)$/.test(attribute(input, "type") ?? "") && !/\bchecked\b/.test(input);
    const name = attribute(input, "name");
    return off || name === undefined ? [] : [[name, attribute(input, "value") ?? "on"]];
  }
  const name = attribute(area ?? select ?? "", "name");
  if (name === undefined) return [];
  if (area !== undefined) return [[name, plain(text ?? "").replace(/^\n/, "")]];
  const all = [...(options ?? "").matchAll(/<option\b([^>]*)>/g)].map(([, given = ""]) => given);
  return [[name, attribute(all.find((one) => /\bselected\b/.test(one)) ?? all[0] ?? "", "value") ?? ""]];
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? undefined : plain(value);
}

function plain(text: string): string {
  const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', amp: "&" };
  return text.replace(/&(?:#(\d+)|(lt|gt|quot|amp));/g, (_all, code: string | undefined, name: string | undefined) =>
    code === undefined ? (named[name ?? ""] ?? "") : String.fromCodePoint(Number(code)),
  );
}
