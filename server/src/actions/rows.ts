import { Fault, must } from "../domain/fault.ts";

interface Kept {
  readonly sellerId: number;
  readonly id: number;
}

/** Rows of one table as a batch sees them: what was read under the lock, plus what commands accepted before have changed. */
export class Rows<Row extends Kept> {
  readonly #rows = new Map<number, Row>();
  readonly #inserted = new Set<number>();
  /** Those changed, as they were read. */
  readonly #changed = new Map<number, Row>();

  /** A row that was read from the database. */
  load(row: Row): void {
    if (!this.#rows.has(row.id)) this.#rows.set(row.id, row);
  }

  get(id: number | null | undefined): Row | undefined {
    return id === null || id === undefined ? undefined : this.#rows.get(id);
  }

  all(): Row[] {
    return [...this.#rows.values()];
  }

  where(test: (row: Row) => boolean): Row[] {
    return this.all().filter(test);
  }

  insert(row: Row): Row {
    if (this.#rows.has(row.id)) throw new Fault(`a second row ${row.id}`);
    this.#rows.set(row.id, row);
    this.#inserted.add(row.id);
    return row;
  }

  change(id: number, patch: Partial<Row>): Row {
    const before = must(this.#rows.get(id), `row ${id}`);
    const row = { ...before, ...patch };
    this.#rows.set(id, row);
    if (!this.#inserted.has(id) && !this.#changed.has(id)) this.#changed.set(id, before);
    return row;
  }

  get dirty(): boolean {
    return this.#inserted.size > 0 || this.#changed.size > 0;
  }

  inserted(): Row[] {
    return [...this.#inserted].map((id) => must(this.#rows.get(id), `row ${id}`));
  }

  changed(): { readonly before: Row; readonly after: Row }[] {
    return [...this.#changed].map(([id, before]) => ({ before, after: must(this.#rows.get(id), `row ${id}`) }));
  }
}
