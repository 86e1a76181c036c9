import type { Query, Queryable } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { Fault } from "../domain/fault.ts";

const draw: Query = { name: "draw_ids", text: "SELECT nextval($1::regclass)::bigint AS id FROM generate_series(1, $2::int)" };

export type IdKind = "order" | "project" | "seller" | "thing";
const kinds: readonly IdKind[] = ["order", "project", "seller", "thing"];

/** How many of each kind a batch may need at the most; drawn before its transaction, because a sequence must not be waited for under a lock. */
const reserve: Record<IdKind, number> = { order: 256, project: 128, seller: 2, thing: 2_000 };

/** Numbers for new rows. Gaps are harmless: nothing counts on ids being dense. */
export class Ids {
  readonly #stock: Record<IdKind, number[]> = { order: [], project: [], seller: [], thing: [] };
  #filling: Promise<void> | undefined;

  /** Makes sure that a batch of `commands` will not run out. */
  async prepare(source: Queryable, commands: number): Promise<void> {
    while (kinds.some((kind) => this.#stock[kind].length < this.#needed(kind, commands))) {
      this.#filling ??= this.#fill(source, commands).finally(() => {
        this.#filling = undefined;
      });
      await this.#filling;
    }
  }

  take(kind: IdKind): number {
    const id = this.#stock[kind].shift();
    if (id === undefined) throw new Fault(`no ${kind} ids left in this batch`);
    return id;
  }

  #needed(kind: IdKind, commands: number): number {
    return Math.min(reserve[kind], commands * (kind === "thing" ? 12 : 1));
  }

  async #fill(source: Queryable, commands: number): Promise<void> {
    for (const kind of kinds) {
      const missing = this.#needed(kind, commands) - this.#stock[kind].length;
      if (missing <= 0) continue;
      const { rows } = await run<{ id: bigint }>(source, draw, [`${kind}_ids`, Math.max(missing, kind === "thing" ? 200 : 20)]);
      this.#stock[kind].push(...rows.map((row) => Number(row.id)));
    }
  }
}
