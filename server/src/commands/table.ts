/** Lines up columns of text; those named in `right` are set to the right, as figures are. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): string {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => pad(row[column] ?? "", width, right.has(column)))
      .join("  ")
      .trimEnd();
  return [line(heads), widths.map((width) => "─".repeat(width)).join("  "), ...rows.map(line)].map((text) => `  ${text}`).join("\n");
}

function pad(text: string, width: number, right: boolean): string {
  return right ? text.padStart(width) : text.padEnd(width);
}

/** Kobo with the thousands set apart, e.g. 383,250. */
export function kobo(amount: number | bigint): string {
  return String(amount).replace(/\B(?=(\d{3})+$)/g, ",");
}
