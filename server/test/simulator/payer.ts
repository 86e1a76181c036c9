import { openPayment } from "../../src/actions/payment-steps.ts";
import type { Order } from "../../src/domain/order.ts";
import { isRefusal } from "../../src/domain/refusals.ts";
import type { Clock } from "./clock.ts";
import type { Hands, Life } from "./life.ts";
import { ask, day, hour } from "./life.ts";
import type { Counts } from "./outside.ts";
import { count } from "./outside.ts";
import type { AtTheRail } from "./rail-side.ts";

/** Something the outside world does by itself, at its time. */
export interface Happening {
  readonly at: number;
  readonly does: () => Promise<unknown>;
}

/** The payer, and the payer's bank. */
export class Payer {
  readonly #rail: AtTheRail;
  readonly #never: readonly string[];
  readonly #clock: Clock;
  readonly #counts: Counts;
  #happenings: Happening[] = [];

  /** `never`: what payers cannot do at that rail. */
  constructor(rail: AtTheRail, never: readonly string[], clock: Clock, counts: Counts) {
    this.#rail = rail;
    this.#never = never;
    this.#clock = clock;
    this.#counts = counts;
  }

  #later(wait: number, does: () => Promise<unknown>): void {
    this.#happenings.push({ at: this.#clock.now().getTime() + wait, does });
  }

  /** Does what the outside world had put off until now; `all`: whatever it had put off. */
  async happen(all = false): Promise<void> {
    const now = this.#clock.now().getTime();
    const due = this.#happenings.filter((one) => all || one.at <= now);
    this.#happenings = this.#happenings.filter((one) => !due.includes(one));
    for (const one of due) await one.does();
  }

  /** The buyer goes to the rail's page and does there what the seed says. */
  async pay(life: Life, order: Order, act: Hands["act"]): Promise<void> {
    const { random, contact, sellerId } = life;
    const reference = `${life.name}-${life.deeds}`;
    // The form's e-mail is not always the payer's: then the payer says so on our page.
    const falseMail = random.chance(0.15);
    if (falseMail) count(this.#counts, "form with a false e-mail");
    const email = falseMail ? `true-${contact.email}` : contact.email;
    // Some pay without our page, by a transfer that names nothing we know; the operator finds out whose it is, or never.
    if (random.chance(0.04)) return this.#unasked(life, order);
    const answer = await act(
      openPayment(ask(sellerId, "buyer", false), { orderId: order.id, reference, amount: order.amount, email, phone: contact.phone }),
    );
    // Something short came before, or the rail is still deciding: the shop's page would say so.
    if (isRefusal(answer)) return;
    const rail = this.#rail;
    await rail.openPayment({
      sellerId,
      reference,
      amount: order.amount,
      currency: "NGN",
      description: "simulated",
      returnUrl: "http://127.0.0.1:4000/",
      payerEmail: "buyer@shop.example",
    });
    const drawn = random.weighted({
      success: 66,
      decline: 7,
      pending: 6,
      both: 4,
      abandon: 4,
      short: 4,
      excess: 3,
      twice: 3,
      late: 3,
      wrong: 3,
    });
    const how = this.#never.includes(drawn) ? "success" : drawn;
    if (how !== "success") count(this.#counts, `payment ${how}`);
    const card = random.chance(0.08) ? ({ card: "refund_dead" } as const) : {};
    const part = (order.amount * BigInt(random.whole(1, 99))) / 100n;
    switch (how) {
      case "success":
        await rail.play(reference, "success", card);
        break;
      case "decline":
      case "abandon":
        await rail.play(reference, how);
        break;
      case "both":
        await rail.play(reference, "pending_then_success");
        break;
      case "pending":
        await rail.play(reference, "pending");
        this.#later(random.whole(1, 120) * hour, () => rail.play(reference, random.chance(0.6) ? "success" : "decline"));
        break;
      case "short":
        await rail.play(reference, "success", { amount: part > 0n ? part : 1n });
        break;
      case "excess":
        await rail.play(reference, "success", { amount: order.amount + part });
        break;
      case "wrong":
        await rail.play(reference, "success", { currency: "USD", amount: order.amount / 400n + 1n });
        break;
      case "twice":
        await rail.play(reference, "success");
        this.#later(random.whole(0, 20) * hour, () => rail.payAgain(reference));
        break;
      case "late":
        this.#later(random.whole(2, 40) * day, () => rail.play(reference, "success"));
        break;
    }
    if (random.chance(0.12)) this.#later(random.whole(1, 60) * day, () => this.#dispute(life, reference));
  }

  async #dispute(life: Life, reference: string): Promise<void> {
    const { random } = life;
    const amount = random.chance(0.4) ? BigInt(random.whole(1, 20_000)) : undefined;
    const opened = await this.#rail.openDispute(reference, amount, random.chance(0.6));
    if (isRefusal(opened)) return;
    count(this.#counts, "chargeback opened");
    this.#later(random.whole(1, 45) * day, async () => {
      if (random.chance(0.4)) return this.#rail.winDispute(reference);
      count(this.#counts, "chargeback lost");
      return this.#rail.loseDispute(reference, amount, random.chance(0.3) ? 150_000n : 0n);
    });
  }

  /** Whose order unknown money is for, by its reference: the operator learns it from the payer's receipt. */
  readonly meant = new Map<string, { readonly sellerId: number; readonly orderId: number }>();

  async #unasked(life: Life, order: Order): Promise<void> {
    const reference = `transfer-${life.name}-${life.deeds}`;
    this.meant.set(reference, { sellerId: life.sellerId, orderId: order.id });
    count(this.#counts, "transfer for an order, without its reference");
    await this.#rail.emitUnknown(reference, order.amount, "NGN");
  }

  /** Money on a reference that nobody knows. */
  unknown(name: string, amount: bigint, currency: string): Promise<unknown> {
    count(this.#counts, "unknown money");
    return this.#rail.emitUnknown(name, amount, currency);
  }

  /** A payout that succeeded comes back, days later. */
  reverse(reference: string, wait: number): void {
    this.#later(wait, async () => {
      if (!isRefusal(await this.#rail.concludeSend(reference, "reverse"))) count(this.#counts, "payout came back");
    });
  }
}
