import type { Fired } from "./engine.ts";

/**
 * Acts on what is due, one lot after the other, until something was done: a lot that was only put off (a hold stands, a rail is silent) must not
 * keep what is due behind it waiting for the next look. What is still due after it was acted on is left.
 */
export async function untilSomethingFires<Row extends { readonly id: number | bigint; readonly sellerId?: number }>(
  read: () => Promise<readonly Row[]>,
  act: (rows: readonly Row[]) => Promise<Fired[]>,
): Promise<Fired[]> {
  const seen = new Set<string>();
  const name = ({ sellerId, id }: Row) => `${sellerId}/${id}`;
  for (;;) {
    const rows = (await read()).filter((row) => !seen.has(name(row)));
    if (rows.length === 0) return [];
    for (const row of rows) seen.add(name(row));
    const fired = await act(rows);
    if (fired.length > 0) return fired;
  }
}
