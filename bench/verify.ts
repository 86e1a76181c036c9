import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makePool } from "../server/src/db/connect.ts";
import { startEmbedded } from "../server/src/db/embedded.ts";
import { migrate } from "../server/src/db/migrate.ts";
import type { Ending } from "../server/src/domain/ending.ts";
import { ending, payIn, railFee, sent, succeeded } from "../server/src/domain/movements.ts";
import { payeePayable } from "../server/src/domain/ledger-accounts.ts";
import { verifyBooks } from "../server/src/ledger/verify.ts";
import { SmallBook } from "../server/test/setup/small-book.ts";

/** How fast `verifyBooks` proves a few long books and many short ones. `node bench/verify.ts [long books] [their orders] [short books]`, four entries to an order. */
const [longBooks = 2, longOrders = 2_500, shortBooks = 250] = process.argv.slice(2, 5).map(Number);
const shortOrders = 10;
const at = { rail: "sandbox", currency: "NGN" };
const released: Ending = {
  buyer: 0n,
  seller: 383_250n,
  provider: 0n,
  operator: 0n,
  escrowFeeKept: 50_000n,
  payoutFee: 0n,
  railFeeRecovered: 16_750n,
  lost: 0n,
};

const home = mkdtempSync(join(tmpdir(), "tranche-bench-"));
// The user that PostgreSQL runs as has to get through.
chmodSync(home, 0o711);
const cluster = await startEmbedded({ home, durable: false });
try {
  await migrate(cluster.url);
  const pool = makePool(cluster.url, { max: 4, applicationName: "tranche bench" });
  await makeBooks(pool, 1_001, longBooks, longOrders);
  await measure(pool, `${longBooks} books of ${longOrders * 4} entries`);
  await makeBooks(pool, 10_001, shortBooks, shortOrders);
  await measure(pool, `and ${shortBooks} books of ${shortOrders * 4} entries`);
  await pool.end();
} finally {
  await cluster.stop();
  rmSync(home, { recursive: true, force: true });
}

type Pool = ReturnType<typeof makePool>;

async function makeBooks(pool: Pool, first: number, count: number, orders: number): Promise<void> {
  for (let sellerId = first; sellerId < first + count; sellerId += 1) {
    const book = new SmallBook(sellerId);
    for (let id = sellerId * 100_000; id < sellerId * 100_000 + orders; id += 1) livedThrough(book, sellerId, id);
    await book.save(pool);
  }
  await pool.query("VACUUM ANALYZE");
}

function livedThrough(book: SmallBook, sellerId: number, orderId: number): void {
  const amount = released.seller;
  const paid = payIn({ ...at, paymentId: orderId, received: 450_000n, funds: { orderId, due: 450_000n } });
  book.order(orderId, { action: "open_checkout", to: "awaiting_payment", party: "buyer" }, { action: "fund", to: "funded", party: "rail" });
  book.entry("payment.receive", orderId, [...paid, ...railFee({ ...at, fee: 16_750n })]);
  book.order(orderId, { action: "deliver", to: "delivered", party: "seller" }, { action: "accept", to: "accepted", party: "buyer" });
  book.entry("order.accept", orderId, ending(released, { ...at, orderId, sellerId, buyerId: 1 }));
  book.payout(orderId, orderId, amount, { action: "queue", to: "queued" }, { action: "send", to: "sending" });
  book.entry("disbursement.send", orderId, sent({ ...at, account: payeePayable("seller", sellerId), amount }));
  book.payout(orderId, orderId, amount, { action: "succeed", to: "succeeded", party: "rail" });
  book.entry("attempt.succeeded", orderId, succeeded({ ...at, amount, cost: 1_000n }));
  book.order(orderId, { action: "settle", to: "completed", party: "rail" });
}

/** The processor's time is what counts: the clock also counts whoever else works on this machine. */
async function measure(pool: Pool, what: string): Promise<void> {
  for (const round of [1, 2]) {
    const before = process.cpuUsage();
    const began = performance.now();
    const report = await verifyBooks(pool);
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(before);
    if (!report.ok) throw new Error(`these books are not sound: ${report.findings[0]?.says ?? ""}`);
    const each = Math.round((user + system) / report.entries);
    console.log(`${what}, round ${round}: ${Math.round(report.entries / seconds)} entries/s, ${each} µs of this process for each`);
  }
}
