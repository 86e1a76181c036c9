import { describe, expect, test } from "vitest";
import { Replay } from "./replay.ts";

const cash = "rail:sandbox:cash";
const incoming = "rail:sandbox:incoming";
const outgoing = "rail:sandbox:outgoing";
const escrow = "order:3021:escrow";
const receivable = "seller:7:receivable";
const fees = "platform:escrow_fees";
const post = (debit: string, credit: string, amount: bigint, currency = "NGN") => ({ debit, credit, amount, currency });

function replayed(...postings: ReturnType<typeof post>[]): { replay: Replay; wrong: string[] } {
  const replay = new Replay();
  return { replay, wrong: postings.flatMap((posting) => replay.add(posting)) };
}

describe("balances from postings", () => {
  test("are credit positive, each currency for itself, and 0 where nothing was posted", () => {
    const { replay, wrong } = replayed(post(incoming, escrow, 450n), post(escrow, fees, 50n), post(incoming, escrow, 7n, "USD"));
    expect(wrong).toEqual([]);
    expect([replay.balance(escrow, "NGN"), replay.balance(escrow, "USD"), replay.balance(incoming, "NGN")]).toEqual([400n, 7n, -450n]);
    expect(replay.balance("order:1:escrow", "NGN")).toBe(0n);
  });

  test("every account that is not at zero is named once, and one that came back to zero is not", () => {
    const { replay } = replayed(post(incoming, escrow, 450n), post(escrow, fees, 450n));
    expect([...replay.all()]).toEqual([
      { account: incoming, currency: "NGN", balance: -450n },
      { account: fees, currency: "NGN", balance: 450n },
    ]);
  });

  test("what is kept is what is owed to others, or by the seller; nothing for the rest and for strangers", () => {
    const { replay } = replayed(post(receivable, escrow, 450n), post(cash, fees, 3n), post(cash, "my:pocket", 1n));
    expect([escrow, receivable, cash, fees, "my:pocket"].map((account) => replay.kept(account, "NGN"))).toEqual([
      450n,
      450n,
      null,
      null,
      null,
    ]);
    expect(replay.kept("order:1:escrow", "NGN")).toBe(0n);
  });
});

describe("what is wrong with a posting", () => {
  test("an account outside the chart, on either side, and it is counted all the same", () => {
    expect(replayed(post("my:pocket", escrow, 1n)).wrong).toEqual(["my:pocket is no account of the chart"]);
    const { replay, wrong } = replayed(post(cash, "my:pocket", 1n));
    expect(wrong).toEqual(["my:pocket is no account of the chart"]);
    expect(replay.balance("my:pocket", "NGN")).toBe(1n);
    expect([replay.named("my:pocket"), replay.named(escrow)]).toEqual([undefined, escrow]);
  });

  test("a fall below the floor is said when it happens, once, and again after a rise", () => {
    const below = "order:3021:escrow falls to -1 NGN, below its floor";
    expect(replayed(post(escrow, fees, 1n)).wrong).toEqual([below]);
    expect(replayed(post(incoming, escrow, 2n), post(escrow, fees, 3n)).wrong).toEqual([below]);
    expect(replayed(post(incoming, escrow, 2n), post(escrow, fees, 5n)).wrong).toEqual([
      "order:3021:escrow falls to -3 NGN, below its floor",
    ]);
    expect(replayed(post(escrow, fees, 1n), post(escrow, fees, 1n)).wrong).toEqual([below]);
    expect(replayed(post(escrow, fees, 1n), post(incoming, escrow, 1n), post(escrow, fees, 1n)).wrong).toEqual([below, below]);
    expect(replayed(post(incoming, escrow, 2n), post(escrow, fees, 2n)).wrong).toEqual([]);
  });

  test("the receivable falls the other way round: nobody repays more than is owed", () => {
    expect(replayed(post(receivable, escrow, 5n), post(incoming, receivable, 5n)).wrong).toEqual([]);
    expect(replayed(post(receivable, escrow, 5n), post(incoming, receivable, 6n)).wrong).toEqual([
      "seller:7:receivable falls to -1 NGN, below its floor",
    ]);
  });

  test("accounts without a floor go either way", () => {
    expect(replayed(post(cash, fees, 5n), post(fees, cash, 9n)).wrong).toEqual([]);
  });
});

test("solvency: what the rails hold less what is on its way, against what is owed, added to what other books have", () => {
  const { replay } = replayed(
    post(incoming, escrow, 450n),
    post(cash, incoming, 450n),
    post("rail:sandbox:fees", cash, 17n),
    post(escrow, outgoing, 100n),
    post(cash, escrow, 7n, "USD"),
    post(cash, "my:pocket", 1_000n, "EUR"),
  );
  const sums = new Map([["NGN", { held: 1n, owed: 2n }]]);
  replay.addSolvency(sums);
  expect([...sums]).toEqual([
    ["NGN", { held: 1n + 433n - 100n, owed: 2n + 350n }],
    ["USD", { held: 7n, owed: 7n }],
    ["EUR", { held: 1_000n, owed: 0n }],
  ]);
});

test("names are read anew after very many others, and still known", () => {
  const replay = new Replay();
  for (let id = 1; id <= 50_002; id += 1) replay.add(post(incoming, `order:${id}:escrow`, 1n));
  expect(replay.named("order:1:escrow")).toBe("order:1:escrow");
  expect(replay.kept("order:50002:escrow", "NGN")).toBe(1n);
  expect(replay.balance(incoming, "NGN")).toBe(-50_002n);
});
