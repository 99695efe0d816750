import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterOf, metricsOf, recordProgress, testArguments, trainWith, writeTestCheckpoint, writeTestPosts } from './test-run.ts';

let folder: string;
let whole: { readonly adapter: Buffer; readonly metrics: Record<string, unknown>[]; readonly results: Record<string, unknown> };

const out = (name: string): string => join(folder, name);

/** What must not depend on interruptions. */
async function resultsOf(run: string): Promise<Record<string, unknown>> {
  const read = async (name: string) => JSON.parse(await readFile(join(out(run), name), 'utf8')) as Record<string, unknown>;
  const strip = (record: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !/runtime|per_second|log_history/.test(name)));
  return {
    val: strip(await read('val_metrics.json')), test: strip(await read('test_metrics.json')), state: strip(await read('trainer_state.json')),
  };
}

/** Starts a run and aborts it at the given place. */
async function interruptAt(run: string, phase: string, done: number, more: Record<string, boolean> = {}): Promise<string[]> {
  const controller = new AbortController();
  const progress = recordProgress((current, count) => {
    if (current === phase && count === done) controller.abort(new Error('stopped by the test'));
  });
  const training = trainWith({ argv: testArguments(folder, out(run), more), progress, signal: controller.signal });
  await expect(training).rejects.toThrow('stopped by the test');
  return progress.notes;
}

async function expectSameAsWhole(run: string): Promise<void> {
  expect(Buffer.compare(await adapterOf(out(run)), whole.adapter)).toBe(0);
  expect(await metricsOf(out(run))).toEqual(whole.metrics);
  expect(await resultsOf(run)).toEqual(whole.results);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-resume-'));
  await writeTestCheckpoint(out('checkpoint'));
  await writeTestPosts(out('posts'));
  await trainWith({ argv: testArguments(folder, out('whole')) });
  whole = { adapter: await adapterOf(out('whole')), metrics: await metricsOf(out('whole')), results: await resultsOf('whole') };
});
afterAll(() => rm(folder, { recursive: true }));

describe('a resumed run, with dropout and gradient accumulation', () => {
  it('equals the uninterrupted one after stops within an epoch, at its end and during evaluations', async () => {
    expect(await interruptAt('stopped', 'train', 2)).toContain('Interrupted: saved checkpoint-2; continue with --resume');
    await interruptAt('stopped', 'evaluate val', 3, { resume: true });
    await interruptAt('stopped', 'train', 5, { resume: true });
    await interruptAt('stopped', 'evaluate test', 2, { resume: true });
    await trainWith({ argv: testArguments(folder, out('stopped'), { resume: true }) });
    await expectSameAsWhole('stopped');
  });

  it('repeats the final evaluation when the training is done, and changes nothing', async () => {
    await trainWith({ argv: testArguments(folder, out('stopped'), { resume: true }) });
    await expectSameAsWhole('stopped');
  });

  it('is refused under other settings, naming them', async () => {
    const argv = testArguments(folder, out('stopped'), { resume: true, learning_rate: 0.02 });
    await expect(trainWith({ argv })).rejects.toThrow(/learning_rate 0\.02.*learning_rate 0\.01/);
  });
});

describe('a fresh run', () => {
  it('never overwrites another one unless it is told to', async () => {
    await expect(trainWith({ argv: testArguments(folder, out('stopped')) })).rejects.toThrow(/checkpoint-.*--resume.*--out_dir/s);
    await trainWith({ argv: testArguments(folder, out('stopped'), { overwrite_out_dir: true }) });
    await expectSameAsWhole('stopped');
  });
});
