import { randomBytes } from "node:crypto";
import { link, lstat, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

/** The installation's key cannot be used as it is; the sentence says what to do. */
export class KeyUnusable extends Error {
  override readonly name = "KeyUnusable";
}

/** Reads a 32-byte key from base64, as a setting gives it. */
export function keyFromBase64(text: string): Buffer {
  const trimmed = text.trim();
  const key = Buffer.from(trimmed, "base64");
  if (!/^[A-Za-z0-9+/_-]+=*$/.test(trimmed) || key.length !== 32) {
    throw new KeyUnusable("The key must be 32 bytes in base64. Make one with: openssl rand -base64 32");
  }
  return key;
}

/**
 * The key kept in `folder` (file `key`, base64, mode 0600), made on the first start. Several processes may start at once: one key wins.
 * Refuses a file that others may read or write, and anything that is not a plain file.
 */
export async function keyFromFile(folder: string): Promise<Buffer> {
  const path = join(folder, "key");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(path).catch(notThere);
  if (found === undefined) await makeKeyFile(path);
  const stat = await lstat(path);
  if (!stat.isFile()) throw new KeyUnusable(`${path} is not a plain file.`);
  if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) {
    throw new KeyUnusable(`${path} can be read by others. If nobody has read it, run: chmod 600 ${path}`);
  }
  return keyFromBase64(await readFile(path, "utf8"));
}

// Written and synced under another name first, then linked: the key is there whole or not at all, and a second process's link fails.
async function makeKeyFile(path: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  const file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(`${randomBytes(32).toString("base64")}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function notThere(error: unknown): undefined {
  if (codeOf(error) === "ENOENT") return undefined;
  throw error;
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
