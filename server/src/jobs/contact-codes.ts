import { storeCode } from "../db/codes.ts";
import type { Order } from "../domain/order.ts";
import { codeHash, newCode } from "../secrets/tokens.ts";
import type { Engine } from "./engine.ts";
import { addressOf } from "./send-messages.ts";

/** What a code is good for: this phone and this seller, nothing else. */
export function codePurpose(sellerId: number, phone: string): string {
  return `phone ${sellerId}:${phone}`;
}

/** Sends a one-time code to the phone the payer confirmed; answers the number, shortened, or null if there is no phone or no way to send. */
export async function sendCode(engine: Engine, order: Order): Promise<string | null> {
  const { phone } = addressOf(order, "buyer", null);
  if (phone === null || engine.sms === undefined) return null;
  const code = newCode();
  const hash = codeHash(code, codePurpose(order.sellerId, phone)).toString("hex");
  const fresh = await storeCode(engine.pool, { sellerId: order.sellerId, phone, hash, at: engine.now() });
  if (fresh)
    await engine.sms.send({
      to: phone,
      text: `${code} is your code for order ${order.id}. It is good for ten minutes. Tell it to nobody.`,
    });
  return `${phone.slice(0, 4)} … ${phone.slice(-2)}`;
}
