import { MmhsError } from '@mmhs/core';

/** Tells work that nobody waits for it any more. */
export interface TimeKeeper {
  /** Throws why the work is to stop, if it is. Also sees that time has run out when no timer had a chance to. */
  readonly check: () => void;
  readonly signal: AbortSignal;
}

/** What work is waited for at most. */
export interface TimeLimit {
  /** The picture, for the message. */
  readonly where: string;
  /** Infinity is allowed. */
  readonly maxMilliseconds: number;
  readonly signal: AbortSignal | undefined;
}

/** Longest delay of Node's timers. */
const longestDelay = 2 ** 31 - 1;

/**
 * Waits for work, but no longer than until the signal or the time limit says; work that cannot be interrupted then runs to
 * its end with nobody waiting.
 *
 * @throws The signal's reason; MmhsError `MMHS_IMAGE_TOO_SLOW` when time runs out; whatever the work throws.
 */
export async function inTime<Result>(
  { where, maxMilliseconds, signal }: TimeLimit,
  work: (time: TimeKeeper) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  const start = performance.now();
  const outOfTime = (): void => stop.abort(tooSlow(where, maxMilliseconds));
  const check = (): void => {
    if (performance.now() - start > maxMilliseconds) outOfTime();
    stop.signal.throwIfAborted();
  };
  const onAbort = (): void => stop.abort(signal?.reason);
  const timer = maxMilliseconds <= longestDelay ? setTimeout(outOfTime, maxMilliseconds) : undefined;
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work({ check, signal: stop.signal }), rejection(stop.signal)]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function tooSlow(where: string, maxMilliseconds: number): MmhsError {
  return new MmhsError('MMHS_IMAGE_TOO_SLOW', 'The picture takes too long to decode', {
    where,
    got: `nothing after ${maxMilliseconds} ms`,
    fix: 'leave the post out, or raise limits.maxMilliseconds',
  });
}
