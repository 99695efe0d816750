import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createTimeLeft, formatDuration } from './progress-line.ts';
import { createProgress, type ProgressOptions, type ProgressStream } from './progress.ts';

function createRecorder(terminal: { readonly columns: number } | undefined): { stream: ProgressStream; text: () => string } {
  const stream = new PassThrough();
  const chunks: string[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  return { stream: Object.assign(stream, terminal && { isTTY: true, ...terminal, rows: 24 }), text: () => chunks.join('') };
}

function run(options: Omit<ProgressOptions, 'stream' | 'now'> & { terminal?: boolean }): string {
  const { stream, text } = createRecorder(options.terminal === true ? { columns: 120 } : undefined);
  let time = 0;
  const progress = createProgress({ ...options, stream, now: () => time });
  progress.start({ name: 'train', total: 10 });
  for (let done = 1; done <= 10; done += 1) {
    time += 2000;
    progress.update({ done, loss: 1 / done, learningRate: 2e-4, samplesPerSecond: 2 });
    if (done === 4) progress.note('val: f1_micro 0.50');
  }
  progress.stop();
  return text();
}

describe('without a terminal', () => {
  it('progress is plain lines: the first, the last, and one every few seconds', () => {
    expect(run({})).toMatchInlineSnapshot(`
      "train   1/10  10%  loss 1.0000  lr 2.00e-4  2.00 samples/s  0:18 left
      train   4/10  40%  loss 0.2500  lr 2.00e-4  2.00 samples/s  0:12 left
      val: f1_micro 0.50
      train   7/10  70%  loss 0.1429  lr 2.00e-4  2.00 samples/s  0:06 left
      train  10/10 100%  loss 0.1000  lr 2.00e-4  2.00 samples/s  0:00 left
      "
    `);
  });

  it('a phase that ends early still shows how far it came', () => {
    const { stream, text } = createRecorder(undefined);
    const progress = createProgress({ stream, now: () => 0 });
    progress.start({ name: 'evaluate val', total: 4 });
    progress.update({ done: 1 });
    progress.update({ done: 2 });
    progress.stop();
    expect(text()).toBe('evaluate val  1/4  25%\nevaluate val  2/4  50%\n');
  });

  it('a dumb terminal gets plain lines too', () => {
    expect(run({ terminal: true, env: { TERM: 'dumb' } })).toBe(run({}));
  });

  it('switched off, only notes are left', () => {
    expect(run({ mode: 'off' })).toBe('val: f1_micro 0.50\n');
  });
});

describe('on a terminal', () => {
  const last = 'train  ████████████████████████  10/10 100%  loss 0.1000  lr 2.00e-4  2.00 samples/s  0:00 left';

  it('progress is a bar in colour with all figures, and notes stand above it', () => {
    const text = run({ terminal: true });
    expect(text).toContain('\u001B[36m████████████████████████\u001B[39m');
    expect(text).toContain('loss 0.1000  lr 2.00e-4  2.00 samples/s  0:00 left');
    expect(text).toContain('val: f1_micro 0.50\n');
  });

  it('NO_COLOR leaves the colour out', () => {
    const text = run({ terminal: true, env: { NO_COLOR: '1' } });
    expect(text).toContain(last);
    expect(text).not.toContain('\u001B[36m');
  });

  it('the cursor is shown again at the end', () => {
    const text = run({ terminal: true });
    expect(text.lastIndexOf('\u001B[?25h')).toBeGreaterThan(text.lastIndexOf('\u001B[?25l'));
  });
});

describe('the time left', () => {
  it('follows the latest pace and leaves out what was done before', () => {
    let time = 0;
    const timeLeft = createTimeLeft({ total: 200, done: 100, now: () => time });
    time += 60_000; // a slow first step
    expect(timeLeft.after(101)).toBeCloseTo(60 * 99);
    for (let done = 102; done <= 150; done += 1) {
      time += 1000;
      timeLeft.after(done);
    }
    time += 1000;
    expect(timeLeft.after(151)).toBeCloseTo(49);
  });

  it('is unknown before there is a pace', () => {
    expect(createTimeLeft({ total: 5, done: 0, now: () => 0 }).after(0)).toBeUndefined();
  });

  it.each([[0, '0:00'], [7.4, '0:07'], [754, '12:34'], [3723, '1:02:03']])('of %d s is written %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});
