import { Fault, must } from "../domain/fault.ts";

interface Kept {
  readonly sellerId: number;
  readonly id: number;
}

/** Rows of one table as a batch sees them: what was read under the lock, plus what commands accepted before have changed. */
export class Rows<Row extends Kept> {
  readonly #rows = new Map<number, Row>();
  readonly #inserted = new Set<number>();
  readonly #changed = new Set<number>();

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
    const row = { ...must(this.#rows.get(id), `row ${id}`), ...patch };
    this.#rows.set(id, row);
    if (!this.#inserted.has(id)) this.#changed.add(id);
    return row;
  }

  get dirty(): boolean {
    return this.#inserted.size > 0 || this.#changed.size > 0;
  }

  inserted(): Row[] {
    return [...this.#inserted].map((id) => must(this.#rows.get(id), `row ${id}`));
  }

  changed(): Row[] {
    return [...this.#changed].map((id) => must(this.#rows.get(id), `row ${id}`));
  }
}
