import fc from "fast-check";
import { expect, test } from "vitest";
import { document, escape, html, safeAddress, shortened } from "./html.ts";

const text = (value: { toString(): string }): string => value.toString();

test("text between tags cannot open a tag", () => {
  expect(text(html`<p>${"<script>alert('1') & \"2\"</script>"}</p>`)).toBe(
    "<p>&lt;script&gt;alert(&#39;1&#39;) &amp; &quot;2&quot;&lt;/script&gt;</p>",
  );
});

test("an attribute's value cannot end the attribute", () => {
  expect(text(html`<a title="${'" onclick="alert(1)'}">x</a>`)).toBe('<a title="&quot; onclick=&quot;alert(1)">x</a>');
});

test("no text at all gets a sign with a meaning through", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (any) => !/[<>"']/.test(escape(any)) && !/&(?!(amp|lt|gt|quot|#39);)/.test(escape(any))),
  );
});

test("a piece of HTML stays as it is, also in nested lists", () => {
  const items = ["a<b", html`<i>c</i>`, [1, [2n, html`<b>3</b>`]]];
  expect(text(html`<p>${items}</p>`)).toBe("<p>a&lt;b<i>c</i>12<b>3</b></p>");
});

test("nothing is shown for null, undefined and booleans, but 0 is", () => {
  expect(text(html`[${null}${undefined}${false}${true}${0}${0n}${""}]`)).toBe("[00]");
});

test("an object that looks like HTML is escaped as text", () => {
  const forged = { toString: () => "<script>" };
  expect(text(html`${forged as unknown as string}`)).toBe("&lt;script&gt;");
});

test("an address with a script or another host by two slashes leads nowhere", () => {
  for (const bad of [
    "javascript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,x",
    "//evil.example",
    "/\\evil.example",
    "ftp://x",
    "shop.example",
  ]) {
    expect(safeAddress(bad)).toBe("#");
  }
  for (const good of ["https://shop.example/a?b=c", "http://localhost:3000/", "/seller/orders/1", "/", "?page=2", "#field"]) {
    expect(safeAddress(good)).toBe(good);
  }
});

test("a shortened text never ends inside a sign", () => {
  expect(shortened("😀😀😀😀", 3)).toBe("😀😀…");
  expect(shortened("four", 4)).toBe("four");
});

test("a document has one language, one stylesheet, no indexing, and its title escaped", () => {
  const page = document({ title: "</title><script>", body: html`<h1>x</h1>`, sandbox: true, description: '"x"' });
  expect(page).toContain("<title>&lt;/title&gt;&lt;script&gt; – Tranche</title>");
  expect(page).toContain('<html lang="en">');
  expect(page).toContain('<meta name="robots" content="noindex">');
  expect(page.match(/<link rel="stylesheet" href="\/assets\/tranche.css">/g)).toHaveLength(1);
  expect(page).toContain("no real money");
  expect(document({ title: "x", body: html``, sandbox: false })).not.toContain("no real money");
});
