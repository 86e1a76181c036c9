import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const runAxe = `axe.run(document).then((result) => result.violations.map((one) => one.id + ": " + one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")))`;
const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";

/** A shop of another origin: `/cart` posts the form, `/thanks` says what the address brought. */
export async function startShop(payAt: string) {
  let form: Readonly<Record<string, string>> = {};
  const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const server = createServer((request, response) => {
    const fields = Object.entries(form).map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`);
    const cart = `<form method="post" action="${payAt}/">${fields.join("")}<button>Pay with escrow</button></form>`;
    const body = request.url === "/cart" ? cart : `<h1>Thank you</h1><p>${escape(request.url ?? "")}</p>`;
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><html lang="en"><title>Shop</title><main>${body}</main></html>`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    offer: (fields: Readonly<Record<string, string>>) => {
      form = fields;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/**
 * Looks at the pages that people come by: axe and no sideways scrolling at 360 pixels, and pictures, at 1200 too, where a folder is named. The
 * page under test may run without scripts, so its markup is shown to a second one that has them.
 */
export async function startInspector(browser: Browser, pictures: string | undefined) {
  const looks = await Promise.all(
    (pictures === undefined ? [360] : [360, 1200]).map(async (width) => {
      const context = await browser.newContext({ viewport: { width, height: 800 }, bypassCSP: true });
      return { width, context, page: await context.newPage() };
    }),
  );
  if (pictures !== undefined) mkdirSync(pictures, { recursive: true });
  const seen: string[] = [];
  const wrong: string[] = [];
  return {
    seen,
    wrong,
    look: async (page: Page, name: string): Promise<void> => {
      const [address, body] = [page.url().split("#")[0] ?? "", await page.content()];
      seen.push(name);
      for (const { width, page: second } of looks) {
        await second.route(address, (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body }));
        await second.goto(address);
        await second.evaluate(axe);
        for (const said of await second.evaluate<string[]>(runAxe)) wrong.push(`${name} at ${width}: ${said}`);
        const beyond = await second.evaluate<number>(overflow);
        if (beyond > 0) wrong.push(`${name} at ${width}: ${beyond} pixels too wide`);
        if (pictures !== undefined)
          await second.screenshot({ path: join(pictures, `${String(seen.length).padStart(2, "0")}-${name}-${width}.png`), fullPage: true });
        await second.unroute(address);
      }
    },
    close: async () => {
      for (const { context } of looks) await context.close();
    },
  };
}

/** Somebody at a browser without scripts. Notes what the browser complains of. */
export async function startPerson(browser: Browser, options: { readonly scripts?: boolean } = {}) {
  const context = await browser.newContext({ javaScriptEnabled: options.scripts ?? false, viewport: { width: 360, height: 800 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(`${message.text()} ${message.location().url}`));
  page.on("pageerror", (error) => complaints.push(error.message));
  return { page, complaints, close: () => context.close() };
}

/** Presses Tab until the control with that text has the focus, and Enter: nothing but the keyboard. */
export async function byKeyboard(page: Page, text: string): Promise<void> {
  const focused = `(document.activeElement?.textContent || "").replace(/\\s+/g, " ").trim()`;
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate<string>(focused)).startsWith(text)) {
      await Promise.all([page.waitForEvent("framenavigated"), page.keyboard.press("Enter")]);
      await page.waitForLoadState();
      return;
    }
  }
  throw new Error(`nothing called ${text} can be reached by the keyboard on ${page.url()}`);
}

/** The newest link sent to somebody, once one that is not among the known has come. */
export async function newestLink(url: string, to: string, known: Set<string>): Promise<string> {
  for (let look = 0; look < 100; look += 1) {
    const { data } = (await (await fetch(`${url}/sandbox/mailbox?to=${encodeURIComponent(to)}`)).json()) as { data: { body: string }[] };
    const link = data.map((letter) => /http:\/\/\S+\/o\/[\w-]+/.exec(letter.body)?.[0]).find((one) => one !== undefined);
    if (link !== undefined && !known.has(link)) {
      known.add(link);
      return link;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
  throw new Error(`no new link came for ${to}`);
}
