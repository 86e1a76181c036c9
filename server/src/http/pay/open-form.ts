import type { Answer } from "../../actions/command.ts";
import { openCheckout } from "../../actions/open-checkout.ts";
import type { Refusal } from "../../domain/refusals.ts";
import { isRefusal } from "../../domain/refusals.ts";
import { randomToken, tokenHash } from "../../secrets/tokens.ts";
import type { App } from "../app-context.ts";
import type { CheckoutForm } from "../atarapay/checkout-form.ts";
import { newCommandId } from "../../db/command-id.ts";

/** A checkout that is open: its order, and the token in the payer's address. */
export interface OpenedCheckout {
  readonly orderId: number;
  readonly token: string;
}

/** Opens the checkout that a form asks for, however it came. */
export async function openForm(app: App, form: CheckoutForm, payAgain: boolean): Promise<OpenedCheckout | Refusal> {
  // Without a rail the quote would promise a fee that nobody knows yet.
  const token = randomToken();
  const command = () =>
    openCheckout(
      { id: newCommandId(), sellerId: form.seller.id, actor: { party: "buyer", name: "checkout" } },
      { ...form.input, payAgain, tokenHash: tokenHash(token).toString("hex") },
    );
  const first = await app.lanes.one(command());
  const answer = await makeWay(app, form.seller.id, first, () => app.lanes.one(command()));
  return isRefusal(answer) ? answer : { orderId: Number(answer.done["order"]), token };
}

/** A milestone that only waits for an undecided payment may make way once the rail was asked about it. */
async function makeWay(app: App, sellerId: number, answer: Answer, again: () => Promise<Answer>): Promise<Answer> {
  if (!isRefusal(answer) || answer.refused !== "milestone_in_the_way" || answer.facts?.["state"] !== "awaiting_payment") return answer;
  await app.work.askAboutPayments(sellerId, Number(answer.facts["order"]), true);
  return again();
}
