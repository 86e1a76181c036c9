import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const usualPlaces: readonly string[] = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/** A Chromium that browser tests can drive: CHROMIUM_PATH, else one in a usual place or in PATH. Undefined where there is none. */
export function findChromium(): string | undefined {
  const named = process.env["CHROMIUM_PATH"];
  if (named !== undefined && named !== "") return existsSync(named) ? named : undefined;
  const inPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((folder) => ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)));
  return [...usualPlaces, ...inPath].find((path) => existsSync(path));
}

/**
 * Finds a Chromium, or installs Debian's where we are root on a system with apt-get. Says in one sentence what it does, and why browser tests are
 * skipped where there is none afterwards.
 */
export function ensureChromium(say: (sentence: string) => void = console.log): string | undefined {
  const found = findChromium();
  if (found !== undefined) return found;
  const why = reasonNotToInstall();
  if (why === undefined) {
    say("browser: no Chromium found; installing Debian's (apt-get install chromium).");
    const failure = install();
    const installed = findChromium();
    if (installed !== undefined) return installed;
    say(`browser: tests in a browser are skipped, because apt-get could not install Chromium${failure}.`);
  } else {
    say(`browser: tests in a browser are skipped, because there is no Chromium and ${why}.`);
  }
  return undefined;
}

function reasonNotToInstall(): string | undefined {
  const named = process.env["CHROMIUM_PATH"];
  if (named !== undefined && named !== "") return `CHROMIUM_PATH names ${named}, which does not exist`;
  if (!existsSync("/usr/bin/apt-get")) return "this system has no apt-get to install it with";
  if (process.getuid?.() !== 0) return "only root can install it (apt-get install chromium)";
  return undefined;
}

function install(): string {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]) => spawnSync("apt-get", ["-qq", ...args], { env, encoding: "utf8", timeout: 300_000 });
  const args = ["install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"];
  let done = apt(...args);
  if (done.status !== 0) {
    apt("update");
    done = apt(...args);
  }
  const said = done.stderr?.trim().split("\n").at(-1) ?? "";
  return done.status === 0 || said === "" ? "" : ` (${said})`;
}
