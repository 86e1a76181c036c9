import pg from "pg";
import type { QueryConfig, QueryResult } from "pg";

/** As much of the driver's connection as a trip sends through. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(statement: { name: string; text: string; types: readonly number[] }): void;
  describe(what: { type: "S"; name: string }): void;
  bind(values: { portal: string; statement: string; binary: boolean; values: readonly unknown[] }): void;
  execute(portal: { portal: string; rows: number }): void;
  sync(): void;
  on(event: "parseComplete", told: () => void): void;
}

interface Column {
  readonly name: string;
  read(text: string): unknown;
}

type Statement = QueryConfig & { readonly rowMode?: string };

interface Asked {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  readonly cells: boolean;
  readonly rows: unknown[];
  resolve(result: QueryResult): void;
  reject(error: unknown): void;
}

/**
 * A connection for writing in batches, as `tranche_app`. Statements asked for in the same breath travel together, are answered together, and stand
 * or fall together: PostgreSQL skips what stands behind one that failed, up to the end of the trip, so that a COMMIT never follows a failed write.
 * One trip is under way at a time; what is asked for meanwhile makes up the next. The driver's own pipeline ends every statement with a
 * synchronisation and has its columns described anew, which cost as much as the statements themselves.
 */
export class Lane extends pg.Client {
  readonly #prepared = new Map<string, readonly Column[]>();
  #waiting: Asked[] = [];
  #away: Trip | undefined;

  constructor(config: pg.ClientConfig) {
    super(config);
    const ask = (config: string | Statement, values?: readonly unknown[]) =>
      this.#ask(typeof config === "string" ? { text: config } : config, values);
    Object.assign(this, { query: ask });
    const { connection } = this as unknown as { connection: Wire };
    connection.on("parseComplete", () => this.#away?.parsed());
  }

  #ask(config: Statement, values: readonly unknown[] | undefined = config.values): Promise<QueryResult> {
    return new Promise((resolve, reject) => {
      const cells = config.rowMode === "array";
      this.#waiting.push({ name: config.name ?? "", text: config.text, values: values ?? [], cells, rows: [], resolve, reject });
      if (this.#waiting.length === 1 && this.#away === undefined) queueMicrotask(() => this.#leave());
    });
  }

  #leave(): void {
    const asked = this.#waiting;
    if (asked.length === 0 || this.#away !== undefined) return;
    this.#waiting = [];
    const trip = new Trip(asked, this.#prepared, () => {
      this.#away = undefined;
      this.#leave();
    });
    this.#away = trip;
    super.query(trip as unknown as pg.Submittable);
  }
}

/** Several statements and one synchronisation, in the shape in which the driver takes queries that are not its own. */
class Trip {
  /** The driver calls it where it gives up on a query before it was sent. */
  readonly callback = (): void => undefined;
  readonly #asked: readonly Asked[];
  readonly #prepared: Map<string, readonly Column[]>;
  readonly #back: () => void;
  #at = 0;
  #columns: readonly Column[] = [];
  #returned = false;

  constructor(asked: readonly Asked[], prepared: Map<string, readonly Column[]>, back: () => void) {
    this.#asked = asked;
    this.#prepared = prepared;
    this.#back = back;
  }

  submit(wire: Wire): Error | null {
    let parameters: (Buffer | string | null)[][];
    try {
      // Before anything is sent: half a trip would leave its answers to the next.
      parameters = this.#asked.map(({ values }) => values.map(asParameter));
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
    wire.stream.cork();
    try {
      const sent = new Set<string>();
      for (const [i, { name, text }] of this.#asked.entries()) {
        if (name === "" || !(this.#prepared.has(name) || sent.has(name))) {
          wire.parse({ name, text, types: [] });
          wire.describe({ type: "S", name });
          sent.add(name);
        }
        wire.bind({ portal: "", statement: name, binary: false, values: parameters[i] ?? [] });
        wire.execute({ portal: "", rows: 0 });
      }
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
    return null;
  }

  parsed(): void {
    this.#columns = [];
    const { name = "" } = this.#asked[this.#at] ?? {};
    if (name !== "") this.#prepared.set(name, []);
  }

  handleRowDescription(message: { fields: { name: string; dataTypeID: number }[] }): void {
    this.#columns = message.fields.map(({ name, dataTypeID }) => ({ name, read: pg.types.getTypeParser(dataTypeID, "text") }));
    const { name = "" } = this.#asked[this.#at] ?? {};
    if (name !== "") this.#prepared.set(name, this.#columns);
  }

  handleDataRow(message: { fields: (string | null)[] }): void {
    const asked = this.#asked[this.#at];
    if (asked === undefined) return;
    const columns = asked.name === "" ? this.#columns : (this.#prepared.get(asked.name) ?? []);
    const cells = message.fields.map((text, i) => (text === null ? null : columns[i]?.read(text)));
    asked.rows.push(asked.cells ? cells : Object.fromEntries(cells.map((cell, i) => [columns[i]?.name, cell])));
  }

  handleCommandComplete(message: { text: string }): void {
    const asked = this.#asked[this.#at];
    this.#at += 1;
    const [command = "", ...counts] = message.text.split(" ");
    asked?.resolve({ rows: asked.rows, command, rowCount: Number(counts.at(-1) ?? 0), oid: 0, fields: [] });
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: "" });
  }

  /** The statement that failed, and those behind it, which were skipped. Also called when the connection is lost. */
  handleError(error: unknown): void {
    for (const asked of this.#asked.slice(this.#at)) asked.reject(error);
    this.#at = this.#asked.length;
    // What came back is heard of by `handleReadyForQuery` no more: the driver lets go of a query that failed.
    this.#return();
  }

  handleReadyForQuery(): void {
    // An error takes down where it was made, and costs more than a short trip's answers: none is made for a trip that went well.
    if (this.#at < this.#asked.length) this.handleError(new Error("Connection terminated: fewer answers than statements"));
    else this.#return();
  }

  #return(): void {
    if (this.#returned) return;
    this.#returned = true;
    this.#back();
  }
}

/** Bytes go in PostgreSQL's binary form, everything else as text. */
function asParameter(value: unknown): Buffer | string | null {
  if (value === null || value === undefined) return null;
  if (Buffer.isBuffer(value) || typeof value === "string") return value;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `{${value.map(asElement).join(",")}}`;
  throw new TypeError(`not a parameter: ${typeof value}`);
}

function asElement(value: unknown): string {
  const text = asParameter(value);
  if (text === null) return "NULL";
  return `"${String(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
