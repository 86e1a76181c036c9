/**
 * Reads things by key for many who ask at the same time: whoever finds nothing under way is served with all who asked in the same turn of the event
 * loop, and those who come meanwhile go together in the next statement, each key once. Nothing is kept: an answer was read after it was asked for.
 */
export class Gather<Key extends string | number, Value> {
  readonly #load: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>;
  readonly #most: number;
  #waiting = new Map<Key, PromiseWithResolvers<Value | undefined>>();
  #away = 0;

  /** `load` answers what it found; a key that is not in it does not exist. At most `most` statements are under way. */
  constructor(load: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>, most = 1) {
    this.#load = load;
    this.#most = most;
  }

  get(key: Key): Promise<Value | undefined> {
    const asked = this.#waiting.get(key) ?? Promise.withResolvers<Value | undefined>();
    if (this.#waiting.size === 0 && this.#away < this.#most) setImmediate(() => void this.#leave());
    this.#waiting.set(key, asked);
    return asked.promise;
  }

  async #leave(): Promise<void> {
    if (this.#waiting.size === 0 || this.#away >= this.#most) return;
    const asked = this.#waiting;
    this.#waiting = new Map();
    this.#away += 1;
    try {
      const found = await this.#load([...asked.keys()]);
      for (const [key, { resolve }] of asked) resolve(found.get(key));
    } catch (error) {
      for (const { reject } of asked.values()) reject(error);
    } finally {
      this.#away -= 1;
      void this.#leave();
    }
  }
}
