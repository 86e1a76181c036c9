import { randomBytes, randomUUID } from "node:crypto";
import type { Command } from "../server/src/actions/command.ts";
import type { OrderAsk } from "../server/src/actions/order-step.ts";
import { joinSeller } from "../server/src/actions/join-seller.ts";
import { openCheckout } from "../server/src/actions/open-checkout.ts";
import { openPayment } from "../server/src/actions/payment-steps.ts";
import { receivePayment } from "../server/src/actions/receive-payment.ts";
import { keyContext } from "../server/src/http/keys.ts";
import { isRefusal } from "../server/src/domain/refusals.ts";
import { defaultSellerTerms } from "../server/src/domain/seller.ts";
import type { Engine } from "../server/src/jobs/engine.ts";
import { seal } from "../server/src/secrets/box.ts";
import { newPrivateKey, newPublicKey } from "../server/src/secrets/tokens.ts";
import { newCommandId } from "../server/src/db/command-id.ts";

export interface Shop {
  readonly sellerId: number;
  readonly authtoken: string;
  readonly email: string;
  readonly phone: string;
}

/** An order whose buyer stands on the rail's page. */
export interface OpenOrder {
  readonly sellerId: number;
  readonly orderId: number;
  readonly paymentId: number;
  readonly reference: string;
}

export async function makeShops(engine: Engine, secretKey: Buffer, count: number): Promise<Shop[]> {
  const shops: Shop[] = [];
  for (let i = 0; i < count; i += 1) {
    const publicKey = newPublicKey();
    const privateKey = newPrivateKey();
    const now = new Date();
    // The ending decides what the sandbox's bank does; this one pays.
    const account = `${String(i).padStart(8, "0")}99`;
    const seller = await joinSeller(
      engine.pool,
      {
        role: "business",
        email: `shop${i}@bench.test`,
        phone: `+23480${String(30_000_000 + i)}`,
        firstName: "Shop",
        lastName: String(i),
        businessName: `Shop ${i}`,
        passwordHash: null,
        callbackUrl: null,
        callbackFormat: "auto",
        callbackToken: "documented",
        unsignedCheckout: "allow",
        providerShareLimit: 10_000,
        origins: [],
        terms: defaultSellerTerms,
        bank: { bankCode: "058", nipBankCode: "000013", bankName: "Bench Bank", accountNumber: account, accountName: `Shop ${i}` },
        bankChangedAt: now,
        identityVerifiedAt: now,
        publicKey,
        sealedKey: seal(secretKey, privateKey, keyContext(publicKey)),
      },
      now,
    );
    if (isRefusal(seller)) throw new Error(seller.detail);
    const buyer = { email: `buyer${i}@bench.test`, phone: `+23481${String(30_000_000 + i)}` };
    shops.push({ sellerId: seller.id, authtoken: Buffer.from(`${publicKey}:${privateKey}`).toString("base64"), ...buyer });
  }
  return shops;
}

/** Runs commands of all shops side by side, in large batches; answers what they did. */
export async function bulk(engine: Engine, commands: readonly Command[]): Promise<Record<string, unknown>[]> {
  const done: Record<string, unknown>[] = [];
  for (let from = 0; from < commands.length; from += 2_000) {
    for (const answer of await engine.lanes.act(commands.slice(from, from + 2_000))) {
      if (isRefusal(answer)) throw new Error(`${answer.refused}: ${answer.detail}`);
      done.push(answer.done);
    }
  }
  return done;
}

/** Makes orders, in turn for each shop, as far as the rail's page. */
export async function openOrders(engine: Engine, shops: readonly Shop[], count: number): Promise<OpenOrder[]> {
  const buyers = Array.from({ length: count }, (_, i) => shops[i % shops.length] as Shop);
  const opened = await bulk(
    engine,
    buyers.map(({ sellerId, email, phone }) =>
      openCheckout(
        { id: newCommandId(), sellerId, actor: { party: "buyer", name: "checkout" } },
        {
          contact: { email, phone, firstName: "Bench", lastName: "Buyer" },
          productCost: 400_000n,
          currency: "NGN",
          amountFx: null,
          shopOrderId: randomUUID(),
          projectId: null,
          providerId: null,
          share: null,
          operatorId: null,
          details: {
            productName: "A chair",
            productDesc: "",
            deliveryLocation: "Lagos, NG",
            deliveryDate: "2030-01-01 00:00:00",
            recipient: "",
            callbackUrl: null,
            platform: null,
            buyerFirstName: "Bench",
            buyerLastName: "Buyer",
            raw: {},
          },
          source: "browser",
          payAgain: false,
          tokenHash: randomBytes(32).toString("hex"),
        },
      ),
    ),
  );
  const asked = opened.map((done, i) => ({
    shop: buyers[i] as Shop,
    orderId: Number(done["order"]),
    amount: BigInt(Number(done["amount"])),
    reference: `pay-${randomUUID()}`,
  }));
  const paying = await bulk(
    engine,
    asked.map(({ shop, orderId, amount, reference }) =>
      openPayment(
        { id: newCommandId(), sellerId: shop.sellerId, actor: { party: "buyer", name: "checkout" } },
        { orderId, reference, amount, email: shop.email, phone: shop.phone },
      ),
    ),
  );
  return asked.map(({ shop, orderId, reference }, i) => ({
    sellerId: shop.sellerId,
    orderId,
    paymentId: Number(paying[i]?.["payment"]),
    reference,
  }));
}

/** Who asks for a step of this order, and under which fresh id. */
export function ask(order: OpenOrder, party: "buyer" | "seller"): OrderAsk {
  return { id: newCommandId(), sellerId: order.sellerId, orderId: order.orderId, actor: { party, name: "bench" } };
}

/** The rail's word that an order is paid. */
export function funding({ sellerId, orderId, paymentId, reference }: OpenOrder): Command {
  return receivePayment(
    { id: newCommandId(), sellerId, actor: { party: "rail", name: "rail:sandbox" } },
    { paymentId, orderId, rail: "sandbox", reference, railReference: `rail-${reference}`, amount: 450_000n, currency: "NGN", fee: 16_750n },
  );
}
