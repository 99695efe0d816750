/** A limited number of places. */
export interface Places {
  /** Places that are waited for. */
  readonly waiting: number;
  /**
   * Takes places, after everybody who asked before; an abort stops the waiting with the signal's reason.
   *
   * @returns gives them back.
   */
  take(options: { readonly count: number; readonly signal?: AbortSignal | undefined }): Promise<() => void>;
}

interface Waiter {
  readonly count: number;
  readonly start: () => void;
}

/** Creates places; nobody may ask for more than there are. */
export function createPlaces(total: number): Places {
  let free = total;
  let waiters: Waiter[] = [];
  const startNext = (): void => {
    for (let [next] = waiters; next !== undefined && next.count <= free; [next] = waiters) {
      waiters = waiters.slice(1);
      free -= next.count;
      next.start();
    }
  };
  const leave = (waiter: Waiter): void => {
    waiters = waiters.filter((other) => other !== waiter);
    startNext();
  };
  return {
    get waiting() {
      return waiters.reduce((sum, { count }) => sum + count, 0);
    },
    take({ count, signal }) {
      const giveBack = (): void => {
        free += count;
        startNext();
      };
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const onAbort = (): void => {
          leave(waiter);
          reject(signal?.reason);
        };
        const waiter: Waiter = {
          count,
          start: () => {
            signal?.removeEventListener('abort', onAbort);
            resolve(giveBack);
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        waiters = [...waiters, waiter];
        startNext();
      });
    },
  };
}
