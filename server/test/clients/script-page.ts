import { createContext, runInContext } from "node:vm";
import { must } from "../../src/domain/fault.ts";

/** As much of an element as a dialog needs. */
class Element {
  textContent = "";
  hidden = false;
  className = "";
  id = "";
  type = "";
  readonly inside: Element[] = [];
  readonly #listeners: [string, () => void][] = [];
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  append(one: Element): void {
    this.inside.push(one);
  }
  addEventListener(event: string, act: () => void): void {
    this.#listeners.push([event, act]);
  }
  fire(event: string): void {
    for (const [name, act] of this.#listeners) if (name === event) act();
  }
  setAttribute(): void {}
  showModal(): void {}
  focus(): void {}
  remove(): void {}
  close(): void {
    this.fire("close");
  }
  all(): Element[] {
    return [this, ...this.inside.flatMap((one) => one.all())];
  }
}

/**
 * Loads a page and runs its scripts in order, as a browser would: those it names and those that stand in it. No real browser is started
 * (inline-browser.test.ts does that); elements are as small as can be.
 */
export async function scriptPage(address: string) {
  const html = await (await fetch(address)).text();
  const body = new Element("body");
  let at = address;
  const location = {
    get href() {
      return at;
    },
    set href(to: string) {
      at = new URL(to, at).href;
    },
  };
  const { origin } = new URL(address);
  const document = { body, currentScript: { src: "" }, createElement: (name: string) => new Element(name) };
  const asked = (url: string, options: RequestInit = {}) =>
    fetch(url, { ...options, headers: { ...(options.headers as Record<string, string>), origin } });
  const page: Record<string, unknown> = { document, fetch: asked, location, JSON, Object };
  page["window"] = page;
  page["top"] = page;
  createContext(page);
  for (const [, given = "", own = ""] of html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/g)) {
    const src = /src="([^"]*)"/.exec(given)?.[1];
    document.currentScript.src = src ?? "";
    runInContext(src === undefined ? own : await (await fetch(src)).text(), page);
  }
  const words = () =>
    body
      .all()
      .map((one) => (one.hidden ? "" : one.textContent))
      .join("\n");
  return {
    words,
    /** Where the window is: the shop's page, until a script leads on. */
    at: () => at,
    /** Waits for a button with these words and presses it. */
    press: async (text: string): Promise<void> => {
      const button = () => body.all().find((one) => one.name === "button" && !one.hidden && one.textContent === text);
      for (let looks = 0; button() === undefined && looks < 500; looks += 1)
        await new Promise((resolve) => {
          setTimeout(resolve, 10);
        });
      must(button(), `a button ${text}; the page says: ${words()}`).fire("click");
    },
  };
}
