/** How long what a process works on belongs to it unless it renews that, in milliseconds: when it dies, another takes over after so long. */
export const lease = 15_000;

/** A third of the lease: a renewal that fails is made good by the next one. */
const renewEvery = 5_000;

/** Does the work, and keeps what it is about for this process as long as it lasts. */
export async function renewed<T>(renew: () => Promise<unknown>, work: () => Promise<T>): Promise<T> {
  const renewing = setInterval(() => void renew().catch(() => undefined), renewEvery);
  try {
    return await work();
  } finally {
    clearInterval(renewing);
  }
}
