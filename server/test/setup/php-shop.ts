import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../src/db/embedded-process.ts";

/** An order as the shop in PHP keeps it. */
export interface ShopOrder {
  readonly status: string;
  readonly shown: string;
  readonly escrow: string;
  readonly heard: readonly string[];
  readonly title?: string;
  readonly note: string;
}

/** Starts the shop of clients/shop.php. Its hosts and its keys are all it is told. */
export async function startPhpShop(settings: {
  readonly API_HOST: string;
  readonly PLUGINS_HOST: string;
  readonly PUBLIC_KEY: string;
  readonly PRIVATE_KEY: string;
}) {
  const folder = mkdtempSync(join(tmpdir(), "tranche-php-shop-"));
  const port = await freePort(0);
  const child = spawn("php", ["-S", `127.0.0.1:${port}`, join(import.meta.dirname, "../clients/shop.php")], {
    // More than one at a time: a notification may come while the shop waits for an answer.
    env: { PATH: process.env["PATH"], ...settings, SHOP_FILE: join(folder, "orders.json"), PHP_CLI_SERVER_WORKERS: "4" },
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  let said = "";
  child.stderr.on("data", (piece: Buffer) => (said += piece.toString()));
  const url = `http://127.0.0.1:${port}`;
  const get = async (path: string): Promise<string> => (await fetch(url + path)).text();
  for (let looks = 0; ; looks += 1) {
    const up = await get("/orders").catch(() => undefined);
    if (up !== undefined) break;
    if (looks > 500) throw new Error(`the shop in PHP did not start: ${said}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  return {
    url,
    get,
    order: async (id: string): Promise<ShopOrder | undefined> => (JSON.parse(await get("/orders")) as Record<string, ShopOrder>)[id],
    /** What PHP complained of. */
    complaints: () => said.split("\n").filter((line) => /PHP (Warning|Notice|Fatal|Deprecated|Parse)/.test(line)),
    close: () => {
      if (child.pid !== undefined) process.kill(-child.pid);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
