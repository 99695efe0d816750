import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { multilabelReport } from '@mmhs/metrics';
import { completeConfig, resolveTrainingConfig, runTraining, type ProgressReporter } from '@mmhs/trainer';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { evaluate } from './evaluate.ts';
import { families } from './families.ts';
import { readPredictions } from './predictions-file.ts';

const demo = join(import.meta.dirname, '../../../data/demo');
const silent: ProgressReporter = { start: () => {}, update: () => {}, note: () => {}, stop: () => {} };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-evaluate-'));
  const settings = {
    model_id: join(demo, 'checkpoint'), train_csv: join(demo, 'val.csv'), image_root: demo, class_names: join(demo, 'class_names.txt'),
    out_dir: join(folder, 'run'), max_steps: 1, per_device_train_batch_size: 2, lora_r: 2, threads: 1, logging_steps: 1,
  };
  const argv = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  const { config } = await resolveTrainingConfig({ argv, env: {}, cwd: folder });
  const [family] = families;
  if (family === undefined) throw new Error('There is no family');
  await runTraining({ config: completeConfig({ config, family, cwd: folder }), family, progress: silent });
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

describe('the command', () => {
  it('leaves metrics, predictions and a report, and compares them with an earlier evaluation', async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const silence = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const run = (...flags: string[]): Promise<void> => evaluate({
      argv: [
        '--adapter', 'run/lora_adapter', '--val_csv', join(demo, 'val.csv'), '--image_root', demo, '--rule', 'marginals',
        '--threads', '1', '--per_device_eval_batch_size', '40', '--progress', 'off', '--resamples', '20', '--json', ...flags,
      ],
      env: {}, cwd: folder, signal: new AbortController().signal,
    });
    try {
      await run('--no-report');
      await run('--out_dir', 'again', '--compare', 'run', '--weights', 'int4', '--agreement');
    } finally {
      silence.mockRestore();
    }
    const [printed, again] = write.mock.calls.map(([text]) => text as string) as [string, string];
    write.mockRestore();

    const posts = (await readPredictions({ path: join(folder, 'run/evaluation/predictions.jsonl') })).get('val') ?? [];
    expect(posts).toHaveLength(120);
    const metrics = JSON.parse(await readFile(join(folder, 'run/evaluation/val_metrics.json'), 'utf8')) as Record<string, number>;
    const labels = Object.keys(posts[0]?.scores ?? {});
    const report = multilabelReport({ gold: posts.map(({ gold }) => gold), predicted: posts.map((post) => post.labels), labels });
    expect(metrics['eval_f1_micro']).toBe(report.f1Micro);
    expect((JSON.parse(printed) as { val: { f1Micro: number } }).val.f1Micro).toBe(report.f1Micro);
    expect(posts.every(({ labels: given, scores = {} }) => labels.every((label) => given.includes(label) === ((scores[label] ?? 0) >= 0.5)))).toBe(true);

    const agreement = JSON.parse(await readFile(join(folder, 'again/agreement.json'), 'utf8')) as Record<'val', Record<string, number>>;
    expect(agreement.val).toMatchObject({ samples: 120, f1MicroFloat32: report.f1Micro });
    expect(agreement.val['meanScoreDifference']).toBeGreaterThan(0);
    expect(agreement.val['largestScoreDifference']).toBeLessThan(0.5);
    expect((JSON.parse(again) as { val: { agreement: unknown } }).val.agreement).toEqual(agreement.val);

    const page = await readFile(join(folder, 'again/report.html'), 'utf8');
    expect(page).toContain('<h2>Comparison</h2>');
    expect(page).toContain('<h2>Training</h2>');
    expect(page).toMatch(/src="data:image\/png;base64,/u);
    await expect(readFile(join(folder, 'run/evaluation/report.html'))).rejects.toMatchObject({ code: 'ENOENT' });
  }, 60_000);
});
