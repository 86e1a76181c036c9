import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { requeue } from "../src/actions/unpark.ts";
import { must } from "../src/domain/fault.ts";
import type { NameEnquiry, Rail } from "../src/rails/rail.ts";
import { NoAnswer } from "../src/rails/rail.ts";
import { account, bank, payouts } from "./setup/states.ts";
import type { World } from "./setup/world.ts";
import { testWorld } from "./setup/world.ts";

let world: World;
/** What the bank says of an account number. */
const says = new Map<string, NameEnquiry | "silent">();
const asked: string[] = [];

beforeAll(async () => {
  world = await testWorld();
  world.settings.accountNameNeeded = true;
  world.settings.minimumPayout = 0n;
  await world.float();
  const rails = world.engine.rails as Map<string, Rail>;
  rails.set("sandbox", {
    ...world.rail,
    enquireName: (account) => {
      const number = "accountNumber" in account ? account.accountNumber : "";
      asked.push(number);
      const answer = must(says.get(number), `what the bank says of ${number}`);
      return answer === "silent" ? Promise.reject(new NoAnswer("the bank is closed")) : Promise.resolve(answer);
    },
  });
});
afterAll(() => world.close());

const payout = async (id: number) => must((await payouts(world, id))[0], "a payout");
/** An accepted order of a seller whose new account the bank says that of. */
const acceptedWith = async (ending: string, answer: NameEnquiry | "silent") => {
  says.set(account(ending).accountNumber, answer);
  await bank(world, ending);
  const id = await world.accepted();
  await world.due();
  return { id, account: account(ending) };
};
const timesAsked = (number: string) => asked.filter((one) => one === number).length;

test("an account whose name fits is paid, and its bank is asked once for all payouts", async () => {
  const first = await acceptedWith("0051", { found: true, accountName: "OKAFOR ADA NGOZI" });
  expect((await payout(first.id)).state).toBe("succeeded");
  const second = await world.accepted();
  await world.due();
  expect((await payout(second)).state).toBe("succeeded");
  expect(timesAsked(first.account.accountNumber)).toBe(1);
});

test("an account that the bank does not know gets nothing, and says so", async () => {
  const { id } = await acceptedWith("0052", { found: false, reason: "no such account" });
  expect(await payout(id)).toMatchObject({
    state: "parked",
    fault: "payee",
    reason: "The bank knows no such account; the payee must give another.",
  });
});

test("somebody else's account waits for the operator, whose word counts without asking the bank again", async () => {
  const { id, account: theirs } = await acceptedWith("0053", { found: true, accountName: "MUSA BELLO" });
  const one = await payout(id);
  expect(one).toMatchObject({ state: "parked", fault: "payee" });
  expect(one.reason).toContain("The bank says that the account is MUSA BELLO's");
  const before = timesAsked(theirs.accountNumber);
  const ask = {
    id: randomUUID(),
    sellerId: world.seller,
    disbursementId: one.id,
    orderId: id,
    payeeKind: one.payeeKind,
    payeeId: one.payeeId,
  };
  // The seller cannot vouch for itself.
  expect(await world.refused(requeue({ ...ask, actor: { party: "seller", name: "seller" } }))).toBe("hold_standing");
  await world.done(requeue({ ...ask, actor: { party: "operator", name: "operator:1" } }));
  await world.due();
  expect((await payout(id)).state).toBe("succeeded");
  expect(timesAsked(theirs.accountNumber)).toBe(before);
});

test("while the bank is silent nothing leaves, and afterwards it does", async () => {
  const { id, account: theirs } = await acceptedWith("0054", "silent");
  expect((await payout(id)).state).toBe("queued");
  says.set(theirs.accountNumber, { found: true, accountName: theirs.accountName });
  await world.advance(11 * 60_000);
  expect((await payout(id)).state).toBe("succeeded");
});

test("an operator's word holds when the rail fails and the payout is tried again", async () => {
  // The rail fails once at this account.
  const { id } = await acceptedWith("0004", { found: true, accountName: "MUSA BELLO" });
  const one = await payout(id);
  const ask = {
    id: randomUUID(),
    sellerId: world.seller,
    disbursementId: one.id,
    orderId: id,
    payeeKind: one.payeeKind,
    payeeId: one.payeeId,
  };
  await world.done(requeue({ ...ask, actor: { party: "operator", name: "operator:1" } }));
  await world.due();
  expect(await payout(id)).toMatchObject({ state: "queued", attempts: 1 });
  await world.advance(5 * 60_000);
  expect(await payout(id)).toMatchObject({ state: "succeeded", attempts: 2 });
});
