import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test, vi } from "vitest";
import { emptyDatabase } from "./setup/database.ts";
import { newHome, ready, start, startServer, stop } from "./setup/program.ts";

// Real processes: slow where the machine is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const figures = ["0   75,650   302,600", "450,000        0", "200,000   41,583   166,333"];

function shows(out: string): void {
  const even = out.replaceAll(/ +/g, " ");
  for (const line of figures) expect(even).toContain(line.replaceAll(/ +/g, " "));
  expect(out).toMatch(/409: Milestone 1 \(order \d+\) is delivered: it ends when/);
  expect(out).toContain("0 findings; they prove themselves");
}

test("the demo plays three milestones in a sandbox of its own and leaves nothing behind", async () => {
  const home = newHome();
  const mine = () => readdirSync(tmpdir()).filter((name) => name.startsWith("tranche-demo-"));
  const before = new Set(mine());
  const { code, out, err } = await start(process.execPath, ["server/src/commands/demo.ts"], { TRANCHE_HOME: home }).ended;
  expect(err).toBe("");
  shows(out);
  expect(code).toBe(0);
  expect(mine().filter((name) => !before.has(name))).toEqual([]);
  rmSync(home, { recursive: true, force: true });
});

test("the demo plays twice in a running sandbox, which goes on", async () => {
  const home = newHome();
  const database = await emptyDatabase();
  const settings = { TRANCHE_HOME: home, DATABASE_URL: database.ownerUrl, PORT: "0" };
  const server = startServer(settings);
  await ready(server);
  for (let turn = 0; turn < 2; turn += 1) {
    const { code, out, err } = await start(process.execPath, ["server/src/commands/demo.ts"], settings).ended;
    expect(err).toBe("");
    expect(out).toContain("the running sandbox at http://127.0.0.1:");
    shows(out);
    expect(code).toBe(0);
  }
  expect((await stop(server)).code).toBe(0);
  await database.drop();
  rmSync(home, { recursive: true, force: true });
});

test("an unknown option or a sandbox that is not there is one sentence", async () => {
  const home = newHome();
  const demo = (args: string[]) => start(process.execPath, ["server/src/commands/demo.ts", ...args], { TRANCHE_HOME: home }).ended;
  const [option, nobody] = await Promise.all([demo(["--fast"]), demo(["--url", "http://127.0.0.1:9"])]);
  expect(option.code).toBe(2);
  expect(option.err).toContain("--fast");
  expect(nobody.code).toBe(1);
  expect(nobody.err).toContain("sandbox.json");
  expect(nobody.err).not.toContain("    at ");
  rmSync(home, { recursive: true, force: true });
});
