import fc from "fast-check";
import { accept } from "../../src/actions/accept.ts";
import type { Book } from "../../src/actions/book.ts";
import { cancel } from "../../src/actions/cancel.ts";
import type { Answer, Command } from "../../src/actions/command.ts";
import { command } from "../../src/actions/command.ts";
import { confirmReturn } from "../../src/actions/confirm-return.ts";
import { contestReturn, contestSilence, escalate } from "../../src/actions/contest.ts";
import { deliver } from "../../src/actions/deliver.ts";
import { expire } from "../../src/actions/expire.ts";
import { lapse } from "../../src/actions/lapse.ts";
import { loadBooks } from "../../src/actions/load.ts";
import { makeOffer } from "../../src/actions/offer.ts";
import { openCheckout } from "../../src/actions/open-checkout.ts";
import { openPayment } from "../../src/actions/payment-steps.ts";
import { receivePayment } from "../../src/actions/receive-payment.ts";
import { redeliver, replace } from "../../src/actions/redeliver.ts";
import { reject } from "../../src/actions/reject.ts";
import { agreeSplit, reopen, rule, withdrawDispute } from "../../src/actions/settle-dispute.ts";
import { openLane, run } from "../../src/db/connect.ts";
import { must } from "../../src/domain/fault.ts";
import { isRefusal } from "../../src/domain/refusals.ts";
import { attempt, paidOrder, partOf, verbs } from "./model.ts";
import type { ModelOrder, Try } from "./model.ts";
import { checkoutInput } from "./ready-commands.ts";
import type { World } from "./world.ts";

export interface Player {
  readonly id: number;
  model: ModelOrder;
  /** The engine's number of the open offer; what a stale one is called is any other. */
  offerId: number;
}

export interface Played {
  readonly command: Command;
  readonly answer: Answer;
  readonly tried: Try;
  readonly player: Player;
  readonly after: ModelOrder;
  /** The model thinks that it was done. */
  readonly expected: boolean;
}

/** Steps that somebody would take, mostly; now and then one that nobody should. */
const sensible: readonly Pick<Try, "verb" | "party">[] = [
  { verb: "deliver", party: "seller" },
  { verb: "deliver", party: "seller" },
  { verb: "accept", party: "buyer" },
  { verb: "reject", party: "buyer" },
  { verb: "reject", party: "buyer" },
  { verb: "cancel", party: "seller" },
  { verb: "cancel", party: "buyer" },
  { verb: "contest_return", party: "seller" },
  { verb: "contest_return", party: "seller" },
  { verb: "confirm_return", party: "seller" },
  { verb: "escalate", party: "buyer" },
  { verb: "escalate", party: "seller" },
  { verb: "offer_split", party: "buyer" },
  { verb: "offer_split", party: "seller" },
  { verb: "offer_redelivery", party: "seller" },
  { verb: "redeliver", party: "buyer" },
  { verb: "agree_split", party: "buyer" },
  { verb: "agree_split", party: "seller" },
  { verb: "withdraw_dispute", party: "buyer" },
  { verb: "withdraw_dispute", party: "seller" },
  { verb: "rule", party: "operator" },
  { verb: "rule", party: "operator" },
  { verb: "reopen", party: "operator" },
];
const parties = ["buyer", "seller", "operator", "clock"] as const;
const who = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...sensible) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constantFrom(...verbs), party: fc.constantFrom(...parties) }) },
);
const oneTry: fc.Arbitrary<Try> = fc
  .tuple(who, fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 9 }))
  .map(([{ verb, party }, part, luck]) => ({ verb, party, part, stale: luck === 0 }));

/** A play: what each order's product costs, and what is tried on each of them, round after round. */
export interface Script {
  readonly costs: readonly bigint[];
  readonly rounds: readonly (readonly Try[])[];
}

export function scripts(orders: number, rounds: number): fc.Arbitrary<Script> {
  const exactly = (length: number) => ({ minLength: length, maxLength: length });
  return fc.record({
    costs: fc.array(fc.bigInt(100_000n, 30_000_000n), exactly(orders)),
    rounds: fc.array(fc.array(oneTry, exactly(orders)), exactly(rounds)),
  });
}

/** The real command of a try. */
export function commandOf(world: World, player: Player, { verb, party, part, stale }: Try): Command {
  const ask = world.on(party, player.id);
  const offerId = stale ? player.offerId + 1_000_000 : player.offerId;
  const buyerGets = partOf(player.model.paid, part);
  switch (verb) {
    case "deliver":
      return deliver(ask);
    case "cancel":
      return cancel(ask);
    case "accept":
      return accept(ask);
    case "reject":
      return reject(ask, { reason: "damaged" });
    case "contest_return":
      return contestReturn(ask);
    case "contest_silence":
      return contestSilence(ask);
    case "confirm_return":
      return confirmReturn(ask);
    case "escalate":
      return escalate(ask);
    case "withdraw_dispute":
      return withdrawDispute(ask);
    case "offer_split":
      return makeOffer(ask, { kind: "split", buyerGets });
    case "offer_redelivery":
      return makeOffer(ask, { kind: "redelivery" });
    case "redeliver":
      return redeliver(ask, { offerId });
    case "replace":
      return replace(ask);
    case "agree_split":
      return agreeSplit(ask, { offerId });
    case "rule":
      return rule(ask, { buyerGets });
    case "reopen":
      return reopen(ask);
    case "lapse":
      return lapse(ask);
    case "expire":
      return expire(ask);
  }
}

/** Paid orders, made in three batches. */
export async function begin(world: World, costs: readonly bigint[]): Promise<Player[]> {
  const all = async (commands: readonly Command[]) =>
    (await world.engine.lanes.act(commands)).map((answer) => {
      if (isRefusal(answer)) throw new Error(answer.detail);
      return answer.done;
    });
  const buyer = () => world.as("buyer", "checkout");
  const opened = await all(costs.map((productCost) => openCheckout(buyer(), { ...checkoutInput(world), productCost })));
  const { email, phone } = world.contact;
  const players = opened.map((done, i) => ({ id: Number(done["order"]), model: paidOrder(must(costs[i], "a cost")), offerId: 0 }));
  const reference = (player: Player) => `play-${player.id}`;
  const payments = await all(
    players.map((one) => openPayment(buyer(), { orderId: one.id, reference: reference(one), amount: one.model.paid, email, phone })),
  );
  await all(
    players.map((one, i) =>
      receivePayment(world.as("rail"), {
        paymentId: Number(payments[i]?.["payment"]),
        orderId: one.id,
        rail: "sandbox",
        reference: reference(one),
        railReference: `R-${reference(one)}`,
        amount: one.model.paid,
        currency: "NGN",
        fee: one.model.railFee,
      }),
    ),
  );
  return players;
}

/** How many commands were played in all; counted, so that a test can say that it was enough. */
export const counted = { commands: 0 };

/** Plays a script on the engine, a round at a time as one batch, and on the model. */
export async function play(
  world: World,
  script: Script,
  also: (one: Command, place: number) => Command = (one) => one,
): Promise<{ players: Player[]; log: Played[] }> {
  const players = await begin(world, script.costs);
  const log: Played[] = [];
  for (const round of script.rounds) {
    const commands = players.map((player, i) => also(commandOf(world, player, must(round[i], "a try")), log.length + i));
    const answers = await world.engine.lanes.act(commands);
    counted.commands += commands.length;
    players.forEach((player, i) => {
      const tried = must(round[i], "a try");
      const answer = must(answers[i], "an answer");
      const becomes = attempt(player.model, tried);
      if (becomes !== undefined) player.model = becomes;
      if (!isRefusal(answer) && answer.done["offer"] !== undefined) player.offerId = Number(answer.done["offer"]);
      log.push({ command: must(commands[i], "a command"), answer, tried, player, after: player.model, expected: becomes !== undefined });
    });
  }
  return { players, log };
}

/** The book as a command would see it now, with the given orders; nothing is kept. */
export async function bookOf(world: World, orders: readonly number[]): Promise<Book> {
  const lane = await openLane(world.database.ownerUrl, { applicationName: "looking", onLost: () => undefined });
  try {
    const look = command("test.look", world.as("seller"), { orders }, () => () => ({}));
    const [, { books }] = await Promise.all([run(lane, { name: "begin", text: "BEGIN" }), loadBooks(lane, [look], world.settings)]);
    return must(books.get(world.seller), "the book");
  } finally {
    await lane.end();
  }
}
