import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { chromium } from "playwright-core";
import { stylesheet } from "../server/src/http/pages/assets.ts";
import { findChromium } from "./chromium.ts";
import { orderSamples } from "./page-samples-order.ts";
import { signedInSamples } from "./page-samples-signed-in.ts";
import type { Sample } from "./page-samples.ts";
import { paymentSamples } from "./page-samples.ts";

/** Every page and variant with made-up data. */
export function gallery(): readonly Sample[] {
  return [...paymentSamples(), ...orderSamples(), ...signedInSamples()];
}

/** Starts the Chromium at `path` without a window, and without anything that calls home. */
export async function startChromium(path: string): Promise<Browser> {
  const quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath: path, headless: true, args: ["--no-sandbox", "--disable-gpu", ...quiet] });
}

const host = "http://gallery.test";

/** Shows the gallery to a browser as the server would: each page at `/<name>` with a policy that forbids scripts and styles of its own. */
export async function serveGallery(browser: Browser, look: { width: number; scheme: "light" | "dark" }) {
  const context = await browser.newContext({ viewport: { width: look.width, height: 900 }, colorScheme: look.scheme });
  const page = await context.newPage();
  const pages = new Map(gallery().map((sample) => [`/${sample.name}`, sample.html]));
  const headers = { "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'" };
  await page.route("**/*", async (route) => {
    const path = new URL(route.request().url()).pathname;
    const html = pages.get(path);
    if (html !== undefined) return route.fulfill({ contentType: "text/html; charset=utf-8", headers, body: html });
    if (path === stylesheet.path) return route.fulfill({ contentType: stylesheet.type, body: stylesheet.text });
    return route.fulfill({ status: path === "/favicon.ico" ? 204 : 404, body: "" });
  });
  return { page, open: (name: string) => page.goto(`${host}/${name}`), close: () => context.close() };
}

async function photograph(folder: string, path: string): Promise<void> {
  const browser = await startChromium(path);
  const looks = [
    { width: 360, scheme: "light" },
    { width: 1200, scheme: "light" },
    { width: 1200, scheme: "dark" },
  ] as const;
  try {
    for (const look of looks) {
      const { page, open, close } = await serveGallery(browser, look);
      for (const { name } of gallery()) {
        await open(name);
        await page.screenshot({ path: join(folder, `${name}-${look.width}-${look.scheme}.png`), fullPage: true });
      }
      await close();
    }
  } finally {
    await browser.close();
  }
}

/** `node tools/page-gallery.ts [folder] [--pictures]`: writes every page as a file to look at, and pictures of them at two widths. */
async function main(args: readonly string[]): Promise<void> {
  const named = args.find((arg) => !arg.startsWith("--"));
  const folder = named ?? mkdtempSync(join(tmpdir(), "tranche-pages-"));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "tranche.css"), stylesheet.text);
  const list = gallery();
  for (const { name, html } of list) writeFileSync(join(folder, `${name}.html`), html.replace(stylesheet.path, "tranche.css"));
  console.log(`${list.length} pages are in ${folder}`);
  if (!args.includes("--pictures")) return;
  const path = findChromium();
  if (path === undefined) console.log("No pictures: there is no Chromium.");
  else await photograph(folder, path);
}

if (import.meta.main) await main(process.argv.slice(2));
