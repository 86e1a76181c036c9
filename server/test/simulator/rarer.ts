import { amend } from "../../src/actions/agree.ts";
import { assignProvider, setOperatorShare } from "../../src/actions/assign-provider.ts";
import { closeCheckout } from "../../src/actions/expire.ts";
import { objectToCancellation, placeHold } from "../../src/actions/holds.ts";
import { closeProject } from "../../src/actions/projects.ts";
import { rule } from "../../src/actions/settle-dispute.ts";
import type { Order } from "../../src/domain/order.ts";
import { isRefusal } from "../../src/domain/refusals.ts";
import type { Hands, Life } from "./life.ts";
import { ask, on, told } from "./life.ts";

/** A new version of the terms, by whoever: the other side has to agree to it again. */
export async function amendTerms(life: Life, order: Order, hands: Hands): Promise<void> {
  const productCost = BigInt(life.random.whole(1, 400)) * 10_000n;
  const answer = await told(life, order, hands, amend(on(life, life.random.pick(["buyer", "seller"] as const)), { productCost }));
  if (!isRefusal(answer)) hands.met("terms amended");
}

/** Two operators rule, at times not the same; above the installation's limit nothing happens until they agree. */
export async function ruleOn(life: Life, order: Order, hands: Hands): Promise<void> {
  const { random, ruling } = life;
  const by = ruling === null || random.chance(0.2) ? 1 : random.pick([1, 2, 2, 2] as const);
  const fresh = (order.amount * BigInt(random.whole(0, 100))) / 100n;
  const buyerGets = ruling !== null && random.chance(0.8) ? ruling.buyerGets : fresh;
  const asked = { ...on(life, "operator"), actor: { party: "operator", name: `operator:${by}` } } as const;
  const answer = await told(life, order, hands, rule(asked, { buyerGets }));
  if (isRefusal(answer)) return;
  const waits = answer.done["proposal"] !== undefined;
  if (waits) hands.met("ruling waits for a second operator");
  else if (ruling !== null) {
    hands.met("ruling after another's proposal");
    const alone = ruling.by === by || ruling.buyerGets !== buyerGets;
    if (alone && order.amount > hands.secondOperatorAbove) hands.broken(`order ${order.id} was ruled by operator ${by} alone`);
  }
  life.ruling = waits ? { buyerGets, by } : null;
}

/** What people ask for beside the order's own steps. */
export async function askMore(life: Life, order: Order, hands: Hands): Promise<void> {
  const { random } = life;
  switch (random.pick(["hold", "share", "provider", "close", "project"] as const)) {
    case "hold": {
      const answer = await told(
        life,
        order,
        hands,
        placeHold(ask(life.sellerId, "operator", false), { orderId: order.id, note: "looking" }),
      );
      if (!isRefusal(answer)) hands.met("hold placed by the operator");
      return;
    }
    case "share":
      if (life.operatorId !== null)
        await told(
          life,
          order,
          hands,
          setOperatorShare(on(life, "seller"), { operatorId: life.operatorId, share: random.whole(0, 10_000) }),
        );
      return;
    case "provider":
      if (life.provider !== null)
        await told(
          life,
          order,
          hands,
          assignProvider(on(life, "seller"), { providerId: life.provider.id, share: random.whole(0, 10_000) }),
        );
      return;
    case "close":
      await told(life, order, hands, closeCheckout(on(life, random.pick(["buyer", "seller"] as const))));
      return;
    case "project":
      if (life.projectId !== null && random.chance(0.1))
        await told(life, order, hands, closeProject(ask(life.sellerId, "seller", false), { projectId: life.projectId }));
      return;
  }
}

/** "I did not cancel": the fee then waits for the operator. */
export async function sayNotMe(life: Life, order: Order, hands: Hands): Promise<void> {
  if (order.state !== "cancelled") return;
  await told(life, order, hands, objectToCancellation(on(life, "buyer")));
}
