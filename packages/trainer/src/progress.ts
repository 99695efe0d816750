import { createProgressBar } from './progress-bar.ts';
import { createPlainProgress } from './progress-plain.ts';

/** What is being counted. */
export interface ProgressPhase {
  /** Such as `train` or `evaluate val`. */
  readonly name: string;
  /** Number of units in all. */
  readonly total: number;
  /** Units done before, by an interrupted run; they do not count for the time left. @default 0 */
  readonly done?: number;
}

/** How far a phase is. */
export interface ProgressUpdate {
  /** Units done. */
  readonly done: number;
  readonly loss?: number;
  readonly learningRate?: number;
  /** Posts per second. */
  readonly samplesPerSecond?: number;
  /** Seconds left. @default estimated from the latest updates */
  readonly secondsLeft?: number;
}

/** Shows a person how far a run is. One phase at a time; `note` may be called at any time. */
export interface ProgressReporter {
  /** Begins a phase; ends the one before. */
  start(phase: ProgressPhase): void;
  update(update: ProgressUpdate): void;
  /** Writes a line of its own, above the bar where there is one. */
  note(text: string): void;
  /** Ends the phase and leaves the terminal as it was. */
  stop(): void;
}

/** Where progress is written: `process.stderr`, or anything like it. */
export interface ProgressStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Options of {@link createProgress}. */
export interface ProgressOptions {
  readonly stream: ProgressStream;
  /** `auto`: a bar on a terminal, plain lines elsewhere. `off`: notes only. @default 'auto' */
  readonly mode?: 'auto' | 'bar' | 'plain' | 'off';
  /** Environment, for `NO_COLOR` and `TERM`. @default {} */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Clock in milliseconds. @default performance.now */
  readonly now?: () => number;
  /** Seconds between plain lines at least. @default 5 */
  readonly plainInterval?: number;
}

/** Chooses how to show progress: a live bar with loss, learning rate, samples/s and time left, or plain lines. */
export function createProgress(options: ProgressOptions): ProgressReporter {
  const { stream, mode = 'auto', env = {}, now = () => performance.now(), plainInterval = 5 } = options;
  const isTerminal = stream.isTTY === true && env['TERM'] !== 'dumb';
  if (mode === 'bar' || (mode === 'auto' && isTerminal)) {
    const color = isTerminal && (env['NO_COLOR'] ?? '') === '';
    return createProgressBar({ stream, now, color });
  }
  return createPlainProgress({ stream, now, interval: mode === 'off' ? Infinity : plainInterval });
}
