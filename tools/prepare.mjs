// Runs before start, test, demo and bench under whatever Node the machine has (18 or newer) and brings node_modules in line with package-lock.json.
// Plain JavaScript without packages, because nothing is installed yet when it runs first.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const record = join(modules, ".tranche-lock");
const lockText = readFileSync(join(root, "package-lock.json"), "utf8");
const hash = createHash("sha256").update(lockText).digest("hex");

if (!existsSync(record) || readFileSync(record, "utf8") !== hash) {
  if (!installedAsLocked()) install();
  writeFileSync(record, hash);
}
refuseOldNode();

/** Somebody may have run `npm ci` by hand: npm's own list of what it installed says so. */
function installedAsLocked() {
  const list = join(modules, ".package-lock.json");
  if (!existsSync(list)) return false;
  const locked = JSON.parse(lockText).packages;
  const installed = JSON.parse(readFileSync(list, "utf8")).packages;
  const same = (a, b) => a !== undefined && a.version === b.version && a.integrity === b.integrity;
  return (
    Object.entries(installed).every(([name, found]) => same(locked[name], found)) &&
    Object.entries(locked).every(
      ([name, wanted]) => name === "" || name in installed || wanted.optional === true || wanted.devOptional === true,
    )
  );
}

function install() {
  console.log("Installing what package-lock.json names (npm ci); this takes a moment.");
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = npmProgram();
  const done = npm
    ? spawnSync(process.env.npm_node_execpath ?? process.execPath, [npm, ...args], { cwd: root, stdio: "inherit" })
    : spawnSync("npm", args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
  if (done.status !== 0) {
    console.error("npm ci did not succeed: see above.");
    process.exit(1);
  }
}

/** The npm that runs us, which need not be the one in PATH. Other package managers set the same variable. */
function npmProgram() {
  const path = process.env.npm_execpath;
  if (path === undefined) return undefined;
  const npm = basename(path) === "npx-cli.js" ? join(dirname(path), "npm-cli.js") : path;
  return basename(npm) === "npm-cli.js" ? npm : undefined;
}

/** Everything after this runs TypeScript as it is, which Node does from 24.12 on. The lock file brings such a Node where it can. */
function refuseOldNode() {
  const brought = ["node", "node.exe", "node.cmd"].some((name) => existsSync(join(modules, ".bin", name)));
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (brought || major > 24 || (major === 24 && minor >= 12)) return;
  console.error(
    `Tranche needs Node 24.12 or newer; this is ${process.version}, and no package brings a newer one for ${process.platform} on ${process.arch}.`,
  );
  process.exit(1);
}
