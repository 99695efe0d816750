import type { ProgressUpdate } from './progress.ts';

/** Estimates the time left of a phase from its latest updates. */
export interface TimeLeft {
  /** Seconds left, or undefined before there is a pace to go by. */
  after(done: number): number | undefined;
}

/** Updates that the pace is averaged over: the first few of a run are slow, and must soon be forgotten. */
const paceWindow = 30;

/** Starts an estimate; `done` units are behind already. */
export function createTimeLeft(options: { readonly total: number; readonly done: number; readonly now: () => number }): TimeLeft {
  const { total, now } = options;
  const marks = [{ done: options.done, time: now() }];
  return {
    after(done) {
      marks.push({ done, time: now() });
      if (marks.length > paceWindow) marks.shift();
      const [first, last] = [marks[0], marks.at(-1)];
      if (first === undefined || last === undefined || last.done === first.done || last.time === first.time) return undefined;
      return ((last.time - first.time) / 1000 / (last.done - first.done)) * (total - done);
    },
  };
}

/** `loss 0.4123  lr 1.80e-4  12.3 samples/s  1:23 left`, as far as known. */
export function describeUpdate(
  update: Omit<ProgressUpdate, 'done' | 'secondsLeft'> & { readonly secondsLeft: number | undefined },
): string {
  const { loss, learningRate, samplesPerSecond, secondsLeft } = update;
  return [
    loss === undefined ? '' : `loss ${loss.toFixed(4)}`,
    learningRate === undefined ? '' : `lr ${learningRate.toExponential(2)}`,
    samplesPerSecond === undefined ? '' : `${samplesPerSecond.toFixed(samplesPerSecond < 10 ? 2 : 1)} samples/s`,
    secondsLeft === undefined ? '' : `${formatDuration(secondsLeft)} left`,
  ].filter((part) => part !== '').join('  ');
}

/** `0:07`, `12:34`, `1:02:03`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** `120/600  20%`. */
export function describeCount(done: number, total: number): string {
  const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
  return `${String(done).padStart(String(total).length)}/${total} ${String(percent).padStart(3)}%`;
}
