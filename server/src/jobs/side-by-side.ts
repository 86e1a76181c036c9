/**
 * Works on things side by side, at most `atOnce` at a time, except that those of one group go one after the other, in their order. Answers
 * come in the order of the things. What `work` throws is thrown, once everything that was begun has ended.
 */
export async function sideBySide<Thing, Done>(
  things: readonly Thing[],
  groupOf: (thing: Thing) => string,
  atOnce: number,
  work: (thing: Thing) => Promise<Done>,
): Promise<Done[]> {
  const groups = [...Map.groupBy(things.entries(), ([, thing]) => groupOf(thing)).values()];
  const done: Done[] = [];
  const worker = async (): Promise<void> => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift())
      for (const [nth, thing] of group) done[nth] = await work(thing);
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(atOnce, groups.length) }, worker));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
  return done;
}
