import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import type { EmulatedRail, RailName } from "../../emulator/start.ts";
import { startEmulator } from "../../emulator/start.ts";
import { kobo } from "../src/commands/table.ts";
import { must } from "../src/domain/fault.ts";
import { emptyDatabase } from "./setup/database.ts";
import { railsThatTake, settingsOver } from "./setup/over-rail.ts";
import { wise as overWise } from "./setup/over-wise.ts";
import { newHome, ready, sandboxOf, start, startServer, stop } from "./setup/program.ts";

/** What the seller and the provider get of the first and of the third milestone, at each rail's price; the documented figures are Paystack's. */
const shares: Readonly<Record<string, readonly [bigint, bigint, bigint, bigint]>> = {
  paystack: [75_650n, 302_600n, 41_583n, 166_333n],
  flutterwave: [77_740n, 310_960n, 42_744n, 170_978n],
  stripe: [76_390n, 305_560n, 41_994n, 167_978n],
};

/** Which rail pays out, where the one that takes the payments pays no bank accounts. */
const paidOutBy: Readonly<Record<string, RailName>> = { stripe: "paystack" };
/** What a sandbox begins with of the operator's own. */
const dollars = 1_000_000n;

test.each<RailName>([...railsThatTake, "stripe"])(
  "the whole demo over %s, with payouts and refunds that really leave",
  { timeout: 120_000 },
  async (name) => {
    const home = newHome();
    const database = await emptyDatabase();
    const emulator = await startEmulator({ seed: 4 });
    const rail = emulator[name];
    rail.levers.topUp("NGN", 10_000_000n);
    const other = paidOutBy[name];
    const payer: EmulatedRail = other === undefined ? rail : emulator[other];
    payer.levers.topUp("NGN", 10_000_000n);
    const settings = {
      TRANCHE_HOME: home,
      DATABASE_URL: database.ownerUrl,
      PORT: "0",
      TRANCHE_RAILS_NGN: name,
      ...settingsOver(name, rail),
      ...(other === undefined ? {} : { TRANCHE_PAYOUT_RAILS_NGN: other, ...settingsOver(other, payer) }),
    };
    const server = startServer(settings);
    await ready(server);
    rail.tell(`${sandboxOf(home).url}/rails/${name}/events`);
    if (other !== undefined) payer.tell(`${sandboxOf(home).url}/rails/${other}/events`);
    const { code, out, err } = await start(process.execPath, ["server/src/commands/demo.ts"], settings).ended;
    expect(err).toBe("");
    const even = out.replaceAll(/ +/g, " ");
    const share = must(shares[name], `the figures at ${name}'s price`);
    const [seller1, provider1, seller3, provider3] = share.map((amount) => kobo(Number(amount)));
    for (const line of [`0 ${seller1} ${provider1}`, "450,000 0", `200,000 ${seller3} ${provider3}`]) expect(even).toContain(line);
    expect(out).not.toContain("NOT as documented");
    expect(out.includes("At this rail's price")).toBe(name !== "paystack");
    expect(out).toContain("the emulated rail's page");
    expect(out).toContain("0 findings; they prove themselves");
    expect(code).toBe(0);
    const reached = (from: EmulatedRail, account: string) =>
      from
        .movements()
        .filter((one) => one.to === account)
        .reduce((sum, one) => sum + one.amount, 0n);
    expect(reached(payer, "outside:banks")).toBe(share.reduce((sum, amount) => sum + amount, 0n));
    expect(reached(rail, "outside:payers")).toBe(450_000n + 200_000n);
    expect((await stop(server)).code).toBe(0);
    await emulator.stop();
    await database.drop();
    rmSync(home, { recursive: true, force: true });
  },
);

test("the whole demo over Wise: priced in dollars, paid at Paystack, the provider's share sent by Wise", { timeout: 120_000 }, async () => {
  const home = newHome();
  const database = await emptyDatabase();
  const { paystack, wise, stop: stopEmulator } = await startEmulator({ seed: 5 });
  paystack.levers.topUp("NGN", 10_000_000n);
  wise.levers.topUp("USD", dollars);
  const settings = {
    TRANCHE_HOME: home,
    DATABASE_URL: database.ownerUrl,
    PORT: "0",
    TRANCHE_RAILS_NGN: "paystack",
    ...settingsOver("paystack", paystack),
    ...overWise.settings(wise),
  };
  const server = startServer(settings);
  try {
    await ready(server);
    for (const [name, rail] of Object.entries({ paystack, wise })) rail.tell(`${sandboxOf(home).url}/rails/${name}/events`);
    const { code, out, err } = await start(process.execPath, ["server/src/commands/demo.ts", "--dollars"], settings).ended;
    expect(err).toBe("");
    const even = out.replaceAll(/ +/g, " ");
    for (const line of ["0 75,650 302,600", "450,000 0", "200,000 41,583 166,333"]) expect(even).toContain(line);
    expect(out).toContain("0 findings; they prove themselves");
    expect(code).toBe(0);
    const sum = (rail: EmulatedRail, what: string, to: string) =>
      rail
        .movements()
        .filter((one) => one.what === what && one.to === to)
        .reduce((all, one) => all + one.amount, 0n);
    // The provider's 302,600 and 166,333 kobo at 410 naira the dollar, of which Wise keeps its fee.
    expect(sum(wise, "transfer paid", "outside:banks") + sum(wise, "fee", "fees")).toBe(738n + 406n);
    expect(sum(paystack, "transfer paid", "outside:banks")).toBe(75_650n + 41_583n);
    expect(sum(paystack, "refund paid", "outside:payers")).toBe(450_000n + 200_000n);
  } finally {
    expect((await stop(server)).code).toBe(0);
    await stopEmulator();
    await database.drop();
    rmSync(home, { recursive: true, force: true });
  }
});
