import { createTimeLeft, describeCount, describeUpdate, type TimeLeft } from './progress-line.ts';
import type { ProgressPhase, ProgressReporter, ProgressStream, ProgressUpdate } from './progress.ts';

/** Progress as lines, for logs: the first update, the last, and one every `interval` seconds between. */
export function createPlainProgress(options: {
  readonly stream: ProgressStream;
  readonly now: () => number;
  /** Seconds; infinite for notes only. */
  readonly interval: number;
}): ProgressReporter {
  const { stream, now, interval } = options;
  let phase: ProgressPhase | undefined;
  let timeLeft: TimeLeft | undefined;
  let lastWritten = -Infinity;
  let pending: string | undefined;
  const write = (line: string): void => {
    stream.write(`${line}\n`);
    lastWritten = now();
    pending = undefined;
  };
  const stop = (): void => {
    if (pending !== undefined) write(pending);
    phase = undefined;
  };
  return {
    start(next) {
      stop();
      phase = next;
      timeLeft = createTimeLeft({ total: next.total, done: next.done ?? 0, now });
      lastWritten = -Infinity;
    },
    update(update: ProgressUpdate) {
      if (phase === undefined || interval === Infinity) return;
      const details = describeUpdate({ secondsLeft: timeLeft?.after(update.done), ...update });
      pending = `${phase.name}  ${describeCount(update.done, phase.total)}  ${details}`.trimEnd();
      if (update.done >= phase.total || now() - lastWritten >= interval * 1000) write(pending);
    },
    note: (text) => void stream.write(`${text}\n`),
    stop,
  };
}
