import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatRules } from './decision-comparison.ts';
import { describeThresholds, forgetRunDecision } from './decision-run.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-decision-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('forgetRunDecision leaves no thresholds of earlier weights, and everything else', async () => {
  for (const name of ['decision.json', 'test_decisions.json', 'adapter_model.safetensors']) await writeFile(join(folder, name), '{}');
  await forgetRunDecision({ folder, adapterFolder: folder });
  await forgetRunDecision({ folder, adapterFolder: folder });
  expect(await readdir(folder)).toEqual(['adapter_model.safetensors']);
});

describe('describeThresholds', () => {
  it('names the labels whose threshold is not 0.5', () => {
    expect(describeThresholds(['rude', 'spam', 'other'], [0.3125, Infinity, 0.5])).toBe('threshold of "rude" 0.313, of "spam" never reached, of others 0.5');
    expect(describeThresholds(['rude'], [0.25])).toBe('threshold of "rude" 0.250');
  });

  it('names some of many labels, long ones cut', () => {
    const many = Array.from({ length: 22 }, (_, index) => `${String(index)}${'x'.repeat(300)}\n`);
    const text = describeThresholds(many, many.map(() => 0.25));
    expect(text).toContain(', of 14 more its own');
    expect(text.length).toBeLessThan(600);
    expect(describeThresholds(['a\nb'], [0.25])).toBe('threshold of "a\\nb" 0.250');
  });

  it('says so where none was changed', () => {
    expect(describeThresholds(['rude', 'spam'], [0.5, 0.5])).toMatch(/^thresholds stay at 0\.5/);
  });
});

it('formatRules writes a table whose columns are apart', () => {
  const metrics = { f1_micro: 0.5, f1_macro: 0.25, subset_accuracy: 0.75, invalid_json_rate: 0.125 };
  const [head, ...lines] = formatRules({ generate: metrics, constrained: metrics, array: metrics, marginals: metrics, thresholds: metrics });
  expect(head?.trim().split(/ {2,}/)).toEqual(['rule', 'f1_micro', 'f1_macro', 'subset_accuracy', 'invalid_json']);
  expect(lines[0]?.trim().split(/ {2,}/)).toEqual(['generate', '0.5000', '0.2500', '0.7500', '0.1250', 'written freely']);
  expect(lines).toHaveLength(5);
});
