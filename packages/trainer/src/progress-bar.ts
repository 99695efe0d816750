import { MultiBar, type Options, type Params, type SingleBar } from 'cli-progress';
import { createTimeLeft, describeCount, describeUpdate, type TimeLeft } from './progress-line.ts';
import type { ProgressReporter, ProgressStream } from './progress.ts';

const barWidth = 24;
const cyan = (text: string): string => `\u001B[36m${text}\u001B[39m`;

/** Progress as a live bar on a terminal. */
export function createProgressBar(options: {
  readonly stream: ProgressStream;
  readonly now: () => number;
  readonly color: boolean;
}): ProgressReporter {
  const { stream, now, color } = options;
  let active: { bars: MultiBar; bar: SingleBar; timeLeft: TimeLeft } | undefined;
  const stop = (): void => {
    // The last values and notes are drawn before the bar is left behind.
    active?.bars.update();
    active?.bars.stop();
    active = undefined;
  };
  return {
    start({ name, total, done = 0 }) {
      stop();
      const bars = new MultiBar({
        stream,
        format: (_options: Options, params: Params, payload: { details?: string }) => {
          const filled = Math.round(params.progress * barWidth);
          const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
          return `${name}  ${color ? cyan(bar) : bar}  ${describeCount(params.value, params.total)}  ${payload.details ?? ''}`.trimEnd();
        },
        fps: 8,
        hideCursor: true,
        // Signals are the caller's: a checkpoint is saved before the process ends.
        gracefulExit: false,
        emptyOnZero: true,
      });
      active = { bars, bar: bars.create(total, done, {}), timeLeft: createTimeLeft({ total, done, now }) };
    },
    update(update) {
      active?.bar.update(update.done, { details: describeUpdate({ secondsLeft: active.timeLeft.after(update.done), ...update }) });
    },
    note(text) {
      if (active === undefined) stream.write(`${text}\n`);
      else active.bars.log(`${text}\n`);
    },
    stop,
  };
}
