import { afterAll, beforeAll, expect, test } from "vitest";
import { saveProvider } from "../src/actions/providers.ts";
import { setSeller } from "../src/actions/sellers.ts";
import { readMailbox } from "../src/sandbox/mailbox.ts";
import type { World } from "./setup/world.ts";
import { day, testWorld } from "./setup/world.ts";

let world: World;
beforeAll(async () => {
  world = await testWorld();
  world.settings.coolingOff = day;
});
afterAll(() => world.close());

const told = async (to: string) => {
  await world.due();
  const letters = (await readMailbox(world.engine.pool, to)) as { subject: string; body: string }[];
  return letters.filter(({ subject }) => subject === "Your payout details were changed").map(({ body }) => body);
};
const account = (accountNumber: string) => ({ bankCode: "058", accountNumber, accountName: "C" });
const provider = (providerId: number | null, email: string, accountNumber: string) =>
  saveProvider(world.as("seller"), {
    providerId,
    type: 1,
    firstName: "Musa",
    lastName: "Bello",
    email,
    phone: "+2348039876543",
    details: account(accountNumber),
  });

test("a seller whose payout account is changed is told, with the time to object; one who names its first is not", async () => {
  const { rows } = await world.database.ownerPool.query<{ email: string }>("SELECT email FROM sellers WHERE id = $1", [world.seller]);
  const email = rows[0]?.email ?? "";
  await world.database.ownerPool.query("UPDATE sellers SET bank = NULL WHERE id = $1", [world.seller]);
  await world.done(setSeller(world.as("seller", "console"), { bank: account("0123450041") }));
  expect(await told(email)).toEqual([]);
  await world.done(setSeller(world.as("seller", "console"), { bank: account("0123450042") }));
  const [letter = ""] = await told(email);
  expect(letter).toContain("Money waits 24 hours");
  // Nothing in it leads anywhere: somebody else may read the mailbox.
  expect(letter).not.toMatch(/https?:|0123450042/);
  await world.done(setSeller(world.as("seller", "console"), { terms: {} }));
  expect(await told(email)).toHaveLength(1);
});

test("of a service provider the address before the change is told too, since that may have been changed with it", async () => {
  const { provider: id } = await world.done(provider(null, "musa@old.example", "0123450043"));
  expect(await told("musa@old.example")).toEqual([]);
  await world.done(provider(Number(id), "thief@new.example", "0123450044"));
  expect(await told("musa@old.example")).toHaveLength(1);
  expect(await told("thief@new.example")).toHaveLength(1);
});
