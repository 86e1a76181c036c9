import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { hmacToken } from "../src/atarapay/tokens.ts";
import { notificationTable, wireStatus } from "../src/atarapay/status.ts";
import { must } from "../src/domain/fault.ts";
import { retryDelays } from "../src/domain/retries.ts";

// docs/notifications.md gives receivers code to copy: it is run here as it stands.

const text = readFileSync(join(import.meta.dirname, "../../docs/notifications.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "tranche-doc-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const block = (language: string) => must(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1], `a block of ${language}`);
const vector = (what: string) =>
  must(
    text.split("\n").find((line) => line.startsWith(`| ${what}`)),
    what,
  )
    .split("`")
    .filter((_, i) => i % 2 === 1);

const [publicKey = "", privateKey = ""] = [/public key `(\w+)`/, /private key `(\w+)`/].map((name) => name.exec(text)?.[1]);
const [id = "", timestamp = ""] = vector("id, timestamp");
const [body = ""] = vector("body");
const [signature = ""] = vector("signature");
const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,bm8= ${signature}` };
const notifications = [
  { token: vector("token of order 3021")[0], data: { id: 3021, amount_payed: 6_051_900 } },
  { token: vector("token of order 3029")[0], data: { id: 3029, amount_payed: 450_000 } },
];

interface Verifier {
  signatureFits(privateKey: string, headers: Record<string, string>, raw: string, now?: number): boolean;
  tokenFits(publicKey: string, privateKey: string, notification: unknown): boolean;
}

test("the Node code of the document takes its vectors and refuses what differs", async () => {
  const file = join(folder, "verify.mjs");
  writeFileSync(file, block("js"));
  const { signatureFits, tokenFits } = (await import(file)) as Verifier;
  const at = Number(timestamp) * 1000;
  expect(signatureFits(privateKey, headers, body, at)).toBe(true);
  expect(signatureFits(privateKey, headers, `${body} `, at)).toBe(false);
  expect(signatureFits(`${privateKey}x`, headers, body, at)).toBe(false);
  expect(signatureFits(privateKey, headers, body, at + 301_000)).toBe(false);
  expect(signatureFits(privateKey, { ...headers, "webhook-timestamp": "soon" }, body, at)).toBe(false);
  expect(signatureFits(privateKey, {}, body, at)).toBe(false);
  for (const one of notifications) {
    expect(tokenFits(publicKey, privateKey, one)).toBe(true);
    expect(tokenFits(publicKey, privateKey, { ...one, data: { ...one.data, amount_payed: 1 } })).toBe(false);
  }
});

const php = spawnSync("php", ["--version"]).status === 0;

test.skipIf(!php)("the PHP code of the document takes its vectors and refuses what differs", () => {
  const file = join(folder, "verify.php");
  const given = JSON.stringify({ publicKey, privateKey, headers, body, at: Number(timestamp), notifications });
  writeFileSync(
    file,
    `${block("php")}
$g = json_decode(stream_get_contents(STDIN), true);
$out = [signature_fits($g['privateKey'], $g['headers'], $g['body'], $g['at']), signature_fits($g['privateKey'], $g['headers'], $g['body'] . ' ', $g['at']),
  signature_fits($g['privateKey'], $g['headers'], $g['body'], $g['at'] + 301), signature_fits($g['privateKey'], [], $g['body'], $g['at'])];
foreach ($g['notifications'] as $n) { $out[] = token_fits($g['publicKey'], $g['privateKey'], $n); $n['data']['id'] = 1; $out[] = token_fits($g['publicKey'], $g['privateKey'], $n); }
echo json_encode($out);`,
  );
  expect(JSON.parse(execFileSync("php", [file], { input: given, encoding: "utf8" }))).toEqual([
    true,
    false,
    false,
    false,
    true,
    false,
    true,
    false,
  ]);
});

test("the HMAC token's vector is what is sent", () => {
  expect(hmacToken(privateKey, 3021, 6_051_900n, "Delivered")).toBe(vector("HMAC token").at(-1));
});

test("the document lists every envelope with its titles, and the waits that are kept", () => {
  const rows = text.split("\n").filter((line) => /^\| `[A-Z]/.test(line));
  const listed = new Set(rows.map((line) => `${/`([^`]+)`/.exec(line)?.[1]}: ${line.split("|").at(-2)?.trim()}`));
  expect(new Set([...listed].map((one) => one.split(":")[0]))).toEqual(new Set(notificationTable.map((row) => row.envelope)));
  expect(listed).toContain(`Refunded: ${wireStatus("lapsed")?.title}`);
  expect(listed).toContain(`Canceled: ${wireStatus("lapsed", true)?.title}`);
  const said = must(/comes again: after ([^.]*?), three days/.exec(text.replaceAll("\n", " "))?.[1], "the waits");
  const hours = retryDelays.filter((wait) => wait >= 3_600_000).map((wait) => wait / 3_600_000);
  expect(said).toBe(`5 seconds, 5 minutes, 30 minutes, ${hours.slice(0, -1).join(", ")} and ${hours.at(-1)} hours`);
});
