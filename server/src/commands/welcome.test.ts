import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { must } from "../domain/fault.ts";
import { welcome } from "./welcome.ts";

test("what a start prints holds no private key; its first line reads the authtoken from the file", () => {
  const folder = mkdtempSync(join(tmpdir(), 'o\'neil $HOME `x` "y" -'));
  try {
    const file = join(folder, "sandbox.json");
    const seller = { email: "seller@demo.tranche.test", public_key: "pk_one", private_key: "sk_two" };
    writeFileSync(file, JSON.stringify({ sellers: [seller] }));
    const authtoken = Buffer.from("pk_one:sk_two").toString("base64");
    const text = welcome({ url: "http://127.0.0.1:4000", file, seller });
    expect(text).toContain("pk_one");
    expect(text).not.toContain("sk_two");
    expect(text).not.toContain(authtoken);
    const line = must(/^ *AUTHTOKEN=.*$/m.exec(text)?.[0], "the line");
    expect(execFileSync("sh", ["-c", `${line}\nprintf %s "$AUTHTOKEN"`], { encoding: "utf8" })).toBe(authtoken);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
