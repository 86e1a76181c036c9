import type { Query, Queryable } from "../db/connect.ts";
import { run } from "../db/connect.ts";
import { Fault } from "../domain/fault.ts";

const draw: Query = { name: "draw_ids", text: "SELECT nextval($1::regclass)::bigint AS id FROM generate_series(1, $2::int)" };

export type IdKind = "order" | "project" | "seller" | "thing";
const kinds: readonly IdKind[] = ["order", "project", "seller", "thing"];

/** Where a batch takes the numbers of its new rows from. */
export interface IdSource {
  take(kind: IdKind): number;
}

/** A batch made more rows than was thought possible. Nothing was written; run again it finds more. */
export class OutOfIds extends Fault {}

/** Most batches need fewer things than this; more are kept ready after one that did not. */
const fewThings = 64;
const mostThings = 50_000;

/** Numbers for new rows, drawn before the transaction, because a sequence must not be waited for under a lock. Gaps are harmless. */
export class Ids {
  readonly #stock: Record<IdKind, number[]> = { order: [], project: [], seller: [], thing: [] };
  #things = fewThings;
  #filling: Promise<void> | undefined;

  /** Sets numbers aside for a batch of `commands`: what one batch was promised no other takes. `giveBack` returns what it did not use. */
  async prepare(source: Queryable, commands: number): Promise<IdSource & { giveBack(): void }> {
    while (kinds.some((kind) => this.#stock[kind].length < this.#needed(kind, commands))) {
      this.#filling ??= this.#fill(source, commands).finally(() => {
        this.#filling = undefined;
      });
      await this.#filling;
    }
    const own = Object.fromEntries(kinds.map((kind) => [kind, this.#stock[kind].splice(0, this.#needed(kind, commands))])) as Record<
      IdKind,
      number[]
    >;
    const used: Record<IdKind, number> = { order: 0, project: 0, seller: 0, thing: 0 };
    return {
      take: (kind) => {
        const id = own[kind][used[kind]] ?? this.#stock[kind].shift();
        used[kind] += 1;
        if (id !== undefined) return id;
        this.#things = Math.min(this.#things * 8, mostThings);
        throw new OutOfIds(`no ${kind} ids left in this batch`);
      },
      giveBack: () => {
        for (const kind of kinds) this.#stock[kind].unshift(...own[kind].splice(0).slice(used[kind]));
      },
    };
  }

  #needed(kind: IdKind, commands: number): number {
    if (kind === "seller") return 0;
    return kind === "thing" ? Math.max(this.#things, commands * 12) : commands;
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
