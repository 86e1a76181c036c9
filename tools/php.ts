import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const runs = (): boolean => spawnSync("php", ["--version"]).status === 0;

/**
 * Sees to a PHP for the tests that run PHP (a shop as AtaraPay's plugin makes one, the documents' code): the one in PATH, or Debian's where we
 * are root on a system with apt-get. Those tests are skipped, and say so, where there is none afterwards.
 */
export function ensurePhp(say: (sentence: string) => void = console.log): void {
  if (runs()) return;
  if (!existsSync("/usr/bin/apt-get") || process.getuid?.() !== 0) {
    say("php: tests that run PHP are skipped, because there is none and only root on a system with apt-get can install it (php-cli).");
    return;
  }
  say("php: none found; installing Debian's (apt-get install php-cli).");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]) => spawnSync("apt-get", ["-qq", ...args], { env, encoding: "utf8", timeout: 120_000 });
  const install = () => apt("install", "-y", "--no-install-recommends", "php-cli");
  let done = install();
  if (done.status !== 0) {
    apt("update");
    done = install();
  }
  if (!runs())
    say(`php: tests that run PHP are skipped, because apt-get could not install it (${done.stderr?.trim().split("\n").at(-1) ?? ""}).`);
}
