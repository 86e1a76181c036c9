import { randomBytes, randomUUID } from "node:crypto";
import { accept } from "../../src/actions/accept.ts";
import { addFloat } from "../../src/actions/book-steps.ts";
import type { Answer, Ask, Command, Plan, Result } from "../../src/actions/command.ts";
import { deliver } from "../../src/actions/deliver.ts";
import { openCheckout } from "../../src/actions/open-checkout.ts";
import type { CheckoutInput } from "../../src/actions/open-checkout.ts";
import type { OrderAsk } from "../../src/actions/order-step.ts";
import { openPayment } from "../../src/actions/payment-steps.ts";
import { createProject } from "../../src/actions/projects.ts";
import type { ActSettings } from "../../src/actions/settings.ts";
import { assemble } from "../../src/commands/assemble.ts";
import { seedSecrets } from "../../src/commands/secrets.ts";
import { readConfig } from "../../src/config.ts";
import { openInstallation } from "../../src/db/installation.ts";
import { readOrder } from "../../src/db/orders.ts";
import type { Party } from "../../src/domain/machine.ts";
import { must } from "../../src/domain/fault.ts";
import type { Disbursement, Hold, Payment } from "../../src/domain/facts.ts";
import type { Order, OrderDetails } from "../../src/domain/order.ts";
import type { SellerTerms } from "../../src/domain/seller.ts";
import type { Refusal, RefusalCode } from "../../src/domain/refusals.ts";
import { isRefusal } from "../../src/domain/refusals.ts";
import { runDue } from "../../src/jobs/run-due.ts";
import { setSeller } from "../../src/actions/sellers.ts";
import { disbursements, holds, payments } from "../../src/db/tables.ts";
import { verifyBooks } from "../../src/ledger/verify.ts";
import type { PlayOptions, PlayOutcome } from "../../src/rails/sandbox/payments.ts";
import { prepareSandboxRail } from "../../src/rails/sandbox/store.ts";
import { advanceClock } from "../../src/sandbox/clock.ts";
import type { Seeded } from "../../src/sandbox/seed.ts";
import { seedSandbox } from "../../src/sandbox/seed.ts";
import { testDatabase } from "./database.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface WorldOptions {
  /** Environment-style settings, e.g. `{ TRANCHE_HOLD_RULING_SANDBOX: "PT24H" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The time by which adapters of real rails wait; the machine's unless given. */
  readonly railClock?: () => Date;
}

/** A whole engine on a database of its own: seeded sellers, the sandbox rail, the jobs run by hand, and the clock in the test's hand. */
export async function testWorld(options: WorldOptions = {}) {
  const database = await testDatabase();
  await prepareSandboxRail(database.ownerPool);
  const config = readConfig({ ...options.settings });
  const now = () => new Date();
  await openInstallation(database.ownerPool, "sandbox", now());
  const secretKey = randomBytes(32);
  const assembled = assemble({
    config,
    ownerUrl: database.ownerUrl,
    baseUrl: "http://127.0.0.1:4000",
    secretKey,
    log: silent,
    railClock: options.railClock ?? now,
  });
  const { engine } = assembled;
  const rail = must(assembled.sandboxRail, "the sandbox rail");
  const seeded: Seeded = must(await seedSandbox(engine.pool, seedSecrets(secretKey, { fast: true }), now()), "a fresh sandbox");
  const { rows } = await engine.pool.query<{ id: bigint; role: string }>("SELECT id, role FROM sellers WHERE role <> 'house'");
  const sellerOf = (role: string) =>
    Number(
      must(
        rows.find((row) => row.role === role),
        role,
      ).id,
    );
  const seller = sellerOf("business");

  const as = (party: Party, name: string = party, sellerId = seller): Ask => ({ id: randomUUID(), sellerId, actor: { party, name } });
  const on = (party: Party, orderId: number, sellerId = seller): OrderAsk => ({ ...as(party, party, sellerId), orderId });
  const act = (command: Command): Promise<Answer> => engine.lanes.one(command);
  const done = async (command: Command): Promise<Result> => {
    const answer = await act(command);
    if (isRefusal(answer)) throw new Error(`${command.action} was refused: ${answer.refused}: ${answer.detail}`);
    return answer.done;
  };
  const refused = async (command: Command): Promise<RefusalCode> => {
    const answer = await act(command);
    if (!isRefusal(answer)) throw new Error(`${command.action} was not refused: ${JSON.stringify(answer.done)}`);
    return answer.refused;
  };
  const order = async (id: number, sellerId = seller): Promise<Order> => must(await readOrder(engine.pool, sellerId, id), `order ${id}`);
  const due = (sellerId: number | null = null) => runDue(engine, sellerId);
  const contact = { email: "buyer@demo.tranche.test", phone: "+2348031112222", firstName: "Ngozi", lastName: "Bello" };

  const checkout = async (input: Partial<CheckoutInput> = {}, sellerId = seller): Promise<number> => {
    const result = await done(
      openCheckout(as("buyer", "checkout", sellerId), {
        contact,
        productCost: 400_000n,
        currency: "NGN",
        amountFx: null,
        shopOrderId: randomUUID(),
        projectId: null,
        providerId: null,
        share: null,
        operatorId: null,
        details,
        source: "browser",
        payAgain: false,
        tokenHash: randomBytes(32).toString("hex"),
        ...input,
      }),
    );
    return Number(result["order"]);
  };
  /** Opens a payment for what the order asks and lets the payer act on the rail's page; answers our reference. */
  const pay = async (
    orderId: number,
    outcome: PlayOutcome = "success",
    play: PlayOptions = {},
    sellerId = seller,
    due2?: bigint,
  ): Promise<string> => {
    const one = await order(orderId, sellerId);
    const reference = `pay-${randomUUID()}`;
    const amount = due2 ?? one.amount;
    await done(openPayment(as("buyer", "checkout", sellerId), { orderId, reference, amount, email: contact.email, phone: contact.phone }));
    await rail.openPayment({
      sellerId,
      reference,
      amount,
      currency: one.bookCurrency,
      description: "test",
      returnUrl: "http://127.0.0.1:4000/",
      payerEmail: "buyer@shop.example",
    });
    const played = await rail.play(reference, outcome, play);
    if (isRefusal(played)) throw new Error(played.detail);
    await due();
    return reference;
  };
  const project = async (sellerId = seller): Promise<number> =>
    Number(
      (
        await done(
          createProject(as("seller", "key", sellerId), { name: "A house", description: "Three milestones", contact, startedBy: "seller" }),
        )
      )["project"],
    );
  const advance = (by: number, sellerId = seller) => advanceClock(engine, sellerId, by, (at) => rail.settle(at));
  const funded = async (input: Partial<CheckoutInput> = {}): Promise<number> => {
    const id = await checkout(input);
    await pay(id);
    return id;
  };
  const delivered = async (input: Partial<CheckoutInput> = {}): Promise<number> => {
    const id = await funded(input);
    await done(deliver(on("seller", id)));
    return id;
  };
  const accepted = async (input: Partial<CheckoutInput> = {}): Promise<number> => {
    const id = await delivered(input);
    await done(accept(on("buyer", id)));
    return id;
  };
  /** Kept balances and sums of postings, by account. */
  const balances = async (sellerId = seller): Promise<Record<string, bigint>> => {
    const sums = await engine.pool.query<{ account: string; balance: bigint }>(
      `SELECT account, sum(amount)::bigint AS balance FROM (
         SELECT credit AS account, amount FROM postings WHERE seller_id = $1 UNION ALL
         SELECT debit, -amount FROM postings WHERE seller_id = $1) p GROUP BY account HAVING sum(amount) <> 0`,
      [sellerId],
    );
    return Object.fromEntries(sums.rows.map((row) => [row.account, row.balance]));
  };
  /** Runs a command as if it were decided at exactly that instant, by the book's own time. */
  const at = (instant: Date, one: Command): Promise<Answer> =>
    act({
      ...one,
      decide: (book): Refusal | Plan => {
        Object.assign(book, { now: instant });
        return one.decide(book);
      },
    });
  const rowsOf = async <Row extends object>(
    table: { select(alias: string): string; read(row: Record<string, unknown>): Row; name: string },
    orderId: number,
    sellerId: number,
  ) => {
    const found = await engine.pool.query(
      `SELECT ${table.select("t")} FROM ${table.name} t WHERE seller_id = $1 AND order_id = $2 ORDER BY id`,
      [sellerId, orderId],
    );
    return found.rows.map((row) => table.read(row));
  };
  const sends = (orderId: number, sellerId = seller): Promise<Disbursement[]> => rowsOf(disbursements, orderId, sellerId);
  const paymentsOf = (orderId: number, sellerId = seller): Promise<Payment[]> => rowsOf(payments, orderId, sellerId);
  const holdsOf = async (orderId: number, sellerId = seller): Promise<Hold[]> =>
    (await rowsOf(holds, orderId, sellerId)).filter((one) => one.state === "standing");
  /** The seller's terms for orders opened from now on. */
  const terms = (change: Partial<SellerTerms>, sellerId = seller) => done(setSeller(as("seller", "console", sellerId), { terms: change }));
  /** What the books say is at the rail, all books together, as the rail's own record names it. */
  const atRail = async (currency = "NGN"): Promise<{ cash: bigint; incoming: bigint }> => {
    const { rows: sums } = await engine.pool.query<{ account: string; held: bigint }>(
      `SELECT account, sum(amount)::bigint AS held FROM (
         SELECT debit AS account, amount FROM postings WHERE currency = $1 UNION ALL
         SELECT credit, -amount FROM postings WHERE currency = $1) p GROUP BY account`,
      [currency],
    );
    const held = (account: string) => sums.find((row) => row.account === account)?.held ?? 0n;
    return { cash: held("rail:sandbox:cash"), incoming: held("rail:sandbox:incoming") };
  };
  /** What the operator put into the rail's balance, less what it took out or changed: the sandbox rail knows nothing of it. By currency. */
  const floated = async (): Promise<ReadonlyMap<string, bigint>> => {
    const { rows: sums } = await engine.pool.query<{ currency: string; sum: bigint }>(
      `SELECT p.currency, sum(CASE WHEN p.debit = 'rail:sandbox:cash' THEN p.amount WHEN p.credit = 'rail:sandbox:cash' THEN -p.amount ELSE 0 END)::bigint AS sum
       FROM entries e JOIN postings p ON p.seller_id = e.seller_id AND p.entry_seq = e.seq
       WHERE e.cause IN ('book.float_added', 'book.fees_taken', 'book.money_changed') GROUP BY p.currency`,
    );
    return new Map(sums.map(({ currency, sum }) => [currency, sum]));
  };
  /** Own money of the operator's, from which refunds in full bear the rail's fees. */
  const float = (amount = 100_000_000n, currency = "NGN") => done(addFloat(as("operator", "operator:1", 0), { amount, currency }));
  /**
   * What must hold at every moment: the books prove themselves, the installation is solvent, and the rail's own record says the same of
   * cash and of money on its way in, but for what the operator put in and took out.
   */
  const sound = async (): Promise<void> => {
    const outside = await floated();
    const report = await verifyBooks(database.ownerPool);
    if (!report.ok) throw new Error(`the books are not sound: ${report.findings.map((finding) => finding.says).join("; ")}`);
    for (const { currency, cash, incoming } of await rail.books()) {
      const ours = await atRail(currency);
      const off = outside.get(currency) ?? 0n;
      if (ours.cash - off !== cash || ours.incoming !== incoming) {
        throw new Error(
          `the rail holds ${cash} and expects ${incoming} ${currency}; the books say ${ours.cash - off} and ${ours.incoming}`,
        );
      }
    }
  };
  const settings = engine.settings as { -readonly [K in keyof ActSettings]: ActSettings[K] };

  return {
    database,
    engine,
    rail,
    seeded,
    seller,
    sellerOf,
    as,
    on,
    act,
    done,
    refused,
    order,
    due,
    contact,
    checkout,
    pay,
    project,
    advance,
    funded,
    delivered,
    accepted,
    balances,
    settings,
    config,
    secretKey,
    assembled,
    float,
    at,
    sends,
    paymentsOf,
    holdsOf,
    terms,
    atRail,
    sound,
    close: async () => {
      await assembled.close();
      await database.drop();
    },
  };
}

export type World = Awaited<ReturnType<typeof testWorld>>;

export const details: OrderDetails = {
  productName: "A chair",
  productDesc: "",
  deliveryLocation: "Lagos, NG",
  deliveryDate: "2026-12-01 00:00:00",
  recipient: "+2348031112222",
  callbackUrl: null,
  platform: null,
  buyerFirstName: "Ngozi",
  buyerLastName: "Bello",
  raw: {},
};

export const day = 86_400_000;
