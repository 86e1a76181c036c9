import { refuse } from "../domain/refusals.ts";
import type { Ask, Command } from "./command.ts";
import { command } from "./command.ts";

/** The buyer gave back the code sent to the confirmed phone: from now on that contact may release money by its links. No step. */
export function provePhone(ask: Ask, input: { readonly buyerId: number; readonly phone: string }): Command {
  return command("buyer.prove_phone", ask, { buyers: [input.buyerId] }, (book) => {
    const buyer = book.buyers.get(input.buyerId);
    // The code proves the phone it was sent to, not one that was confirmed since.
    if (buyer === undefined || buyer.confirmedPhone !== input.phone) return refuse("code_wrong");
    return (writer) => {
      book.buyers.change(buyer.id, { phoneProvenAt: writer.now });
      return { buyer: buyer.id };
    };
  });
}
