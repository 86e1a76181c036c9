import { describe, expect, test } from "vitest";
import type { Queryable } from "../db/connect.ts";
import { balancesFit } from "./prove-balances.ts";
import { historyFits } from "./prove-history.ts";
import { chainFits } from "./prove-journal.ts";
import { moneyFits } from "./prove-money.ts";
import { escrowFits, longOrdersFit, ordersFit } from "./prove-orders.ts";
import { prove, proveQueries } from "./prove.ts";
import type { BookSize } from "./prove.ts";

interface Asked {
  readonly text: string;
  readonly values: readonly unknown[];
}

type Answer = (query: Asked) => readonly object[] | Promise<readonly object[]>;

const end = 2n ** 63n - 1n;
const nothing: Answer = () => [];

/** A connection that keeps what it is asked. */
function recorder(answer: Answer = nothing): { readonly asked: Asked[]; readonly client: Queryable } {
  const asked: Asked[] = [];
  const client = {
    query: async (query: Asked) => {
      asked.push(query);
      return { rows: await answer(query) };
    },
  };
  return { asked, client: client as unknown as Queryable };
}

const books = (...postings: readonly number[]): BookSize[] => postings.map((count, place) => ({ sellerId: 101 + place, postings: count }));

async function asked(
  of: readonly BookSize[],
  pieceSize: number,
  answer: Answer = nothing,
): Promise<(text: string) => (readonly unknown[])[]> {
  const made = recorder(answer);
  await prove([made.client], of, pieceSize, () => undefined);
  return (text) => made.asked.filter((query) => query.text === text).map(({ values }) => values);
}

describe("how books are cut", () => {
  test("short ones go together until a piece is full, and none is left out", async () => {
    const valuesOf = await asked(books(4, 6, 1, 10, 10), 10);
    expect(valuesOf(balancesFit.text)).toEqual([
      [101, 102],
      [103, 103],
      [104, 104],
      [105, 105],
    ]);
  });

  test("a book of as many postings as a piece is one stretch, of one more two, without a gap and beyond its end", async () => {
    expect((await asked(books(10), 10))(chainFits.text)).toEqual([[101, 101, 1n, end, 0n, end]]);
    expect((await asked(books(11), 10))(chainFits.text)).toEqual([
      [101, 101, 1n, 10n, 0n, end],
      [101, 101, 11n, end, 0n, end],
    ]);
    expect((await asked(books(30), 10))(chainFits.text).map(([, , ...stretch]) => stretch.slice(0, 2))).toEqual([
      [1n, 10n],
      [11n, 20n],
      [21n, end],
    ]);
  });

  test("a book without postings is looked at too", async () => {
    const valuesOf = await asked(books(0, 5, 5), 10);
    expect(valuesOf(chainFits.text)).toEqual([[101, 103, 1n, end, 0n, end]]);
  });

  test("a stretch's entries are those of the postings at its borders; where one of these is gone, all beyond it", async () => {
    const borders: Answer = ({ text }) => (text === proveQueries.entryBorders.text ? [{ seq: 10n, entry_seq: 4n }] : []);
    const valuesOf = await asked(books(30), 10, borders);
    expect(valuesOf(proveQueries.entryBorders.text)).toEqual([[101, [10n, 20n, end]]]);
    expect(valuesOf(chainFits.text)).toEqual([
      [101, 101, 1n, 10n, 0n, 4n],
      [101, 101, 11n, 20n, 4n, end],
      [101, 101, 21n, end, 0n, end],
    ]);
    expect((await asked(books(10), 10, borders))(proveQueries.entryBorders.text)).toEqual([]);
  });

  test("a long book's orders are cut at the borders asked for, without a gap; those of short books not at all", async () => {
    const borders: Answer = ({ text }) => (text === proveQueries.orderBorders.text ? [{ id: 3002n }, { id: 3007n }] : []);
    const long = await asked(books(25), 20, borders);
    expect(long(proveQueries.orderBorders.text)).toEqual([[101, 4]]);
    const stretches = [
      [101, 101, -end, 3002n],
      [101, 101, 3003n, 3007n],
      [101, 101, 3008n, end],
    ];
    expect(long(ordersFit.text)).toEqual(stretches);
    expect(long(longOrdersFit.text)).toEqual(stretches);
    const short = await asked(books(20), 20, borders);
    expect(short(proveQueries.orderBorders.text)).toEqual([]);
    expect(short(ordersFit.text)).toEqual([[101, 101, -end, end]]);
  });

  test("every other check is made of every group", async () => {
    const valuesOf = await asked(books(10, 10), 10);
    for (const { text } of [...historyFits, ...moneyFits, escrowFits, proveQueries.ends]) {
      expect(valuesOf(text)).toEqual([
        [101, 101],
        [102, 102],
      ]);
    }
  });

  test("progress tells each book's postings, a long one's stretch by stretch", async () => {
    const told: string[] = [];
    await prove([recorder().client], books(3, 4, 25), 10, (sellerId, postings) => told.push(`${sellerId} ${postings}`));
    expect(told).toEqual(["101 3", "102 4", "103 10", "103 10", "103 5"]);
  });
});

describe("what the statements say", () => {
  test("a seller whom any check names looks wrong, and nobody else", async () => {
    for (const { text } of [chainFits, ordersFit, longOrdersFit, escrowFits, ...historyFits, ...moneyFits]) {
      const { client } = recorder((query) => (query.text === text ? [{ seller_id: 102n }] : []));
      const { suspects } = await prove([client], books(1, 1, 1), 10, () => undefined);
      expect([...suspects], text).toEqual([102]);
    }
  });

  test("sums count or not, and are wrong or not, each by itself", async () => {
    const sum = (seller_id: bigint, wrong: boolean, counts: boolean) => ({
      seller_id,
      currency: "NGN",
      wrong,
      counts,
      held: "5",
      owed: "3",
    });
    const { client } = recorder(({ text }) => (text === balancesFit.text ? [sum(101n, true, false), sum(102n, false, true)] : []));
    const { suspects, solvency } = await prove([client], books(1, 1), 10, () => undefined);
    expect([...suspects]).toEqual([101]);
    expect(solvency).toEqual([{ sellerId: 102, currency: "NGN", held: 5n, owed: 3n }]);
  });
});

describe("the ends of books", () => {
  test("say whose head is wrong, and how much there is of all groups", async () => {
    const groups = [
      { entries: 2n, postings: 5n, wrong: null },
      { entries: 3n, postings: 7n, wrong: [102n] },
    ];
    const { client } = recorder(({ text, values }) => (text === proveQueries.ends.text ? [groups[Number(values[0]) - 101] ?? {}] : []));
    const proof = await prove([client], books(10, 10), 10, () => undefined);
    expect([...proof.suspects]).toEqual([102]);
    expect(proof).toMatchObject({ entries: 5, postings: 12 });
  });
});

describe("several connections", () => {
  test("what else is to be looked at comes after the books, and is shared out like them", async () => {
    const { asked: before, client } = recorder();
    let told = 0;
    const job = async (one: Queryable) => {
      expect(one).toBe(client);
      told = before.length;
    };
    await prove([client], books(10), 10, () => undefined, [job]);
    expect(told).toBe(before.length);
  });

  test("share the pieces, and each is looked at once", async () => {
    const slow: Answer = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return [];
    };
    const [one, two] = [recorder(slow), recorder(slow)];
    await prove([one.client, two.client], books(10, 10, 10), 10, () => undefined);
    const alone = recorder();
    await prove([alone.client], books(10, 10, 10), 10, () => undefined);
    expect(one.asked.length).toBeGreaterThan(0);
    expect(two.asked.length).toBeGreaterThan(0);
    const named = (all: readonly Asked[]) => all.map(({ text, values }) => `${values.join(" ")} ${text}`).toSorted();
    expect(named([...one.asked, ...two.asked])).toEqual(named(alone.asked));
  });

  test("one that fails fails the whole: the other begins nothing more, and is waited for", async () => {
    let finish: (() => void) | undefined;
    const busy = recorder(async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      return [];
    });
    const broken = recorder(() => {
      throw new Error("the connection is gone");
    });
    let over = false;
    const proving = prove([busy.client, broken.client], books(10, 10), 10, () => undefined).finally(() => (over = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(over).toBe(false);
    finish?.();
    await expect(proving).rejects.toThrow("the connection is gone");
    expect(busy.asked).toHaveLength(1);
    expect(broken.asked).toHaveLength(1);
  });
});
