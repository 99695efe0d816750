import { setTimeout as wait } from 'node:timers/promises';
import { isTransient } from './hub-errors.ts';

/** How patient to be with a network that fails. */
export interface Patience {
  /** Tries in a row that may fail. */
  readonly tries: number;
  /** Milliseconds before the second try; each further pause is twice as long. */
  readonly firstPause: number;
  /** Milliseconds for the Hub to say what a model consists of. */
  readonly answer: number;
  /** Milliseconds without a byte after which a connection counts as broken. */
  readonly silence: number;
}

/** Four tries with seven seconds of pauses, and half a minute for each answer. */
export const usualPatience: Patience = { tries: 4, firstPause: 1000, answer: 30_000, silence: 30_000 };

/** Waits before the next try. */
export async function pauseAfter(failures: number, patience: Patience, signal: AbortSignal | undefined): Promise<void> {
  await wait(patience.firstPause * 2 ** (failures - 1), undefined, { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}

/** Repeats work that fails because the Hub cannot be reached. */
export async function withRetries<Result>(options: {
  readonly work: () => Promise<Result>;
  readonly patience: Patience;
  readonly signal?: AbortSignal | undefined;
}): Promise<Result> {
  const { work, patience, signal } = options;
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) || failures >= patience.tries) throw error;
      await pauseAfter(failures, patience, signal);
    }
  }
}
