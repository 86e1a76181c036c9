import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../tools/chromium.ts";
import { gallery, serveGallery, startChromium } from "../../tools/page-gallery.ts";

const chromium = findChromium();
const skipped = chromium === undefined ? " (skipped: there is no Chromium)" : "";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// Three pages can be open at once on a small machine, so each look at all pages gets its time.
const patience = 180_000;

/** What axe says of the page that is open: one line per violation. Runs inside the page. */
const runAxe = `axe.run(document).then((result) => result.violations.map((one) => one.id + ": " + one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")))`;
const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";

describe.skipIf(chromium === undefined)(`pages in a browser${skipped}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium(chromium ?? "");
  });
  afterAll(() => browser.close());

  for (const scheme of ["light", "dark"] as const) {
    test(
      `axe finds nothing wrong with any page in the ${scheme} scheme`,
      async () => {
        const { page, open, close } = await serveGallery(browser, { width: 1200, scheme });
        for (const { name } of gallery()) {
          await open(name);
          await page.evaluate(axe);
          expect([name, await page.evaluate<string[]>(runAxe)]).toEqual([name, []]);
        }
        await close();
      },
      patience,
    );
  }

  test(
    "no page is wider than a screen of 320 pixels, and axe finds nothing wrong there",
    async () => {
      const { page, open, close } = await serveGallery(browser, { width: 320, scheme: "light" });
      for (const { name } of gallery()) {
        await open(name);
        expect([name, await page.evaluate<number>(overflow)]).toEqual([name, 0]);
        await page.evaluate(axe);
        expect([name, await page.evaluate<string[]>(runAxe)]).toEqual([name, []]);
      }
      await close();
    },
    patience,
  );

  test("the strict content policy stops nothing that a page needs", async () => {
    const { page, open, close } = await serveGallery(browser, { width: 1200, scheme: "light" });
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(error.message));
    for (const { name } of gallery()) await open(name);
    expect(said).toEqual([]);
    await close();
  });

  test("every control can be reached by keyboard and shows that it has the focus", async () => {
    const { page, open, close } = await serveGallery(browser, { width: 1200, scheme: "light" });
    for (const name of ["checkout", "seller-rejected", "seller-settings", "sandbox-pay"]) {
      await open(name);
      const controls = await page.locator("a[href], button, input:not([type=hidden]):not([type=radio]), select, textarea, summary").count();
      const seen = new Set<string>();
      for (let presses = 0; presses < controls + 40; presses += 1) {
        await page.keyboard.press("Tab");
        const [what, outline] = await page.evaluate<[string, string]>(
          `(() => { const one = document.activeElement; return [one.outerHTML, one === document.body ? "body" : getComputedStyle(one).outlineStyle]; })()`,
        );
        if (outline === "body") break;
        expect([name, what, outline]).toEqual([name, what, "solid"]);
        seen.add(what);
      }
      const visible = await page.locator("a[href]:visible, button:visible, select:visible, textarea:visible").count();
      expect(seen.size).toBeGreaterThanOrEqual(Math.floor(visible * 0.8));
    }
    await close();
  }, 60_000);
});
