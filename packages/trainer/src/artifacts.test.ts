import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { multilabelReport } from '@mmhs/metrics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { evaluationMetrics, invalidJsonRate, writeLabelMap, writeMetricsFile, writeResolvedConfig, type Evaluation } from './artifacts.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-artifacts-'));
});
afterEach(() => rm(folder, { recursive: true }));

const labels = ['red', 'say "hi", round/oval'];
const evaluation: Evaluation = {
  report: multilabelReport({ labels, gold: [['red'], ['red', labels[1] ?? ''], []], predicted: [['red'], ['red'], []] }),
  invalidJsonRate: 0.25,
  loss: 0.5,
  seconds: 2,
  samples: 3,
  batches: 2,
};

const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8')) as Record<string, unknown>;

describe('writeMetricsFile', () => {
  it("writes the original's keys of val_metrics.json, and ours", async () => {
    await writeMetricsFile({ folder, split: 'val', evaluation, epoch: 1.5 });
    expect(await read('val_metrics.json')).toMatchObject({
      eval_loss: 0.5,
      eval_f1_micro: 0.8,
      eval_f1_macro: 0.5,
      eval_subset_accuracy: 2 / 3,
      eval_hamming_loss: 1 / 6,
      eval_runtime: 2,
      eval_samples_per_second: 1.5,
      eval_steps_per_second: 1,
      epoch: 1.5,
      eval_invalid_json_rate: 0.25,
      zero_division: 0,
      undefined_labels: [],
      per_label: { red: { precision: 1, recall: 1, f1: 1, support: 2 }, [labels[1] ?? '']: { precision: 0, recall: 0, f1: 0, support: 1 } },
    });
  });

  it('writes bare keys into test_metrics.json, and no loss that was not computed', async () => {
    await writeMetricsFile({ folder, split: 'test', evaluation: { ...evaluation, loss: undefined } });
    const metrics = await read('test_metrics.json');
    expect(metrics).toMatchObject({ f1_micro: 0.8, f1_macro: 0.5, subset_accuracy: 2 / 3 });
    expect(Object.keys(metrics).filter((key) => key.startsWith('eval_') || key === 'loss' || key === 'epoch')).toEqual([]);
  });

  it('says which zero division the numbers have, NaN included', async () => {
    const report = multilabelReport({ labels: ['a'], gold: [[]], predicted: [[]], zeroDivision: NaN });
    await writeMetricsFile({ folder, split: 'test', evaluation: { ...evaluation, report } });
    expect(await read('test_metrics.json')).toMatchObject({ zero_division: 'nan', f1_macro: null, undefined_labels: ['a'] });
  });
});

describe('evaluationMetrics', () => {
  it('gives numbers by name, per label too', () => {
    expect(evaluationMetrics(evaluation)).toMatchObject({ f1_macro: 0.5, loss: 0.5, f1_red: 1, [`recall_${labels[1]}`]: 0 });
  });
});

describe('invalidJsonRate', () => {
  it('is the share of answers that are not well-formed', () => {
    expect(invalidJsonRate([{ valid: true }, { valid: false }, { valid: true }, { valid: true }])).toBe(0.25);
    expect(invalidJsonRate([])).toBe(0);
  });
});

describe('writeLabelMap and writeResolvedConfig', () => {
  it('write readable JSON', async () => {
    await writeLabelMap({ folder, labelSet: labels });
    await writeResolvedConfig({ folder: join(folder, 'new'), config: { lora_r: 8 }, versions: { node: '20' } });
    expect(await read('label_map.json')).toEqual({ class_names: labels });
    expect(await read('new/config.resolved.json')).toEqual({ config: { lora_r: 8 }, versions: { node: '20' } });
  });
});
