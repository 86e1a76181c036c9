import type pg from "pg";
import type { Answer, Command } from "../../src/actions/command.ts";
import { saveProvider } from "../../src/actions/providers.ts";
import { ask } from "./life.ts";
import type { Registered, Shop } from "./people.ts";
import { account, moveAccount, providerOf } from "./people.ts";

export interface Mending {
  readonly pool: pg.Pool;
  readonly shops: readonly Shop[];
  readonly act: (command: Command) => Promise<Answer>;
  readonly registered: Registered;
  readonly now: number;
  met(what: string): void;
}

/** Whose money came back is told so, and names another account within some days; all but those who mend nothing. */
export async function mendAccounts({ pool, shops, act, registered, now, met }: Mending): Promise<void> {
  const { rows } = await pool.query<{ seller_id: bigint; payee_kind: string; payee_id: bigint }>(
    `SELECT DISTINCT seller_id, payee_kind, payee_id FROM disbursements
     WHERE state = 'parked' AND kind = 'payout' AND fault = 'payee' ORDER BY seller_id, payee_kind, payee_id`,
  );
  const parked = new Set(
    rows.map((row) => (row.payee_kind === "service_provider" ? `provider ${row.payee_id}` : `seller ${row.payee_id}`)),
  );
  for (const shop of shops) {
    if (shop.mendsNothing) continue;
    if (parked.has(`seller ${shop.sellerId}`) && shop.random.chance(0.3)) {
      await moveAccount(shop, act, registered, now);
      met("seller's account mended");
    }
    if (parked.has(`provider ${shop.provider}`) && shop.random.chance(0.3)) {
      await moveProvider(shop, act, registered, now);
      met("provider's account mended");
    }
  }
}

async function moveProvider(shop: Shop, act: Mending["act"], registered: Mending["registered"], now: number): Promise<void> {
  const bank = account(shop.random, registered, now);
  const details = shop.dollars ? { wiseAccountId: `of-${shop.name}-${bank["accountNumber"]}`, accountName: "A Payee" } : bank;
  await act(
    saveProvider(ask(shop.sellerId, "seller", false), { ...providerOf(shop.name, shop.dollars), providerId: shop.provider, details }),
  );
}
