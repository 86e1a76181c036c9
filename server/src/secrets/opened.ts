import { hash, timingSafeEqual } from "node:crypto";
import { open } from "./box.ts";

const most = 10_000;

/**
 * Compares secrets with sealed ones without opening the same seal again and again: what is kept, in memory only, is the digest of what a sealed
 * text held. The sealed text itself comes from its row every time, so a secret that was changed or taken away is not found here.
 */
export class Opened {
  readonly #key: Buffer;
  readonly #digests = new Map<string, Buffer>();

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** Whether `given` is what is sealed. Takes the same time wherever they differ. Throws `SealBroken` as `open` does. */
  holds(sealed: string, aad: string, given: string): boolean {
    const name = `${aad} ${sealed}`;
    let digest = this.#digests.get(name);
    if (digest === undefined) {
      digest = sha256(open(this.#key, sealed, aad));
      if (this.#digests.size >= most) this.#digests.clear();
      this.#digests.set(name, digest);
    }
    return timingSafeEqual(digest, sha256(given));
  }
}

function sha256(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
