import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createReporter, summarise, type CheckLine } from './reporter.ts';
import { runChecks } from './run-checks.ts';

const fixtures = join(import.meta.dirname, '__fixtures__');

async function linesOf(folder: string, family?: string): Promise<readonly CheckLine[]> {
  const reporter = createReporter({ write: () => undefined });
  await runChecks({ folder, family, reporter });
  return reporter.lines;
}

let lines: readonly CheckLine[] = [];
beforeAll(async () => {
  lines = await linesOf(fixtures);
}, 600_000);

// Numbers of checks, so that a check that silently stops being made is noticed.
const parts = [
  ['tokens', 100],
  ['sample', 18],
  ['targets', 30],
  ['forward batch', 8],
  ['forward alone', 24],
  ['lora/base', 16],
  ['lora/patterns', 16],
  ['lora/modules_to_save', 16],
  ['lora/vision', 16],
  ['nf4', 21],
  ['train linear, shared prefix', 7],
  ['train linear, no shared prefix', 7],
  ['train cosine, shared prefix', 7],
  ['train cosine, no shared prefix', 7],
  ['generate no_adapter', 13],
  ['generate base', 13],
  ['generate fitted', 13],
  ['label scores no_adapter', 18],
  ['label scores halfway', 18],
  ['label scores fitted', 18],
] as const;

// Its posts share no beginning, so that there is one variant of each part.
const paligemmaParts = [
  ['tokens', 100],
  ['sample', 18],
  ['targets', 30],
  ['forward batch', 6],
  ['forward alone', 15],
  ['forward_caps', 9],
  ['preprocess', 24],
  ['lora/base', 12],
  ['lora/patterns', 10],
  ['lora/modules_to_save', 10],
  ['lora/vision', 15],
  ['lora/old_names', 6],
  ['lora/names_452_vision', 2],
  ['nf4', 12],
  ['train linear, no shared prefix', 7],
  ['train cosine, no shared prefix', 7],
  ['generate no_adapter', 13],
  ['generate base', 13],
  ['generate fitted', 13],
  ['label scores no_adapter', 18],
  ['label scores halfway', 18],
  ['label scores fitted', 18],
] as const;
const noPrefix = /^paligemma2 .*, shared prefix$/;

/** Name, folder, and the parts with the least number of checks in each. */
type Expectation = readonly [string, string, readonly (readonly [string, number])[]];
const expectations: readonly Expectation[] = [
  ['SmolVLM2', 'smolvlm2', [...parts, ['preprocess', 40]]],
  ['Qwen2-VL', 'qwen2_vl', [...parts, ['preprocess', 28], ['lora/old_names', 4], ['lora/old_names_vision', 4]]],
  ['PaliGemma 2', 'paligemma2', paligemmaParts],
];

describe.each(expectations)('the tiny %s against the reference implementation', (_, model, expected) => {
  it.each(expected)('agrees in every check of: %s', (part, least) => {
    const made = lines.filter(({ name }) => name.startsWith(`${model} ${part}`) && !noPrefix.test(name));
    expect(made.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    expect(made.length).toBeGreaterThanOrEqual(least);
  });
});

it('skips only what is not in the folder', () => {
  const skipped = lines.filter(({ name, outcome }) => outcome === 'skipped' && !noPrefix.test(name));
  expect(skipped.map(({ name }) => name)).toEqual(['images', 'resize', 'metrics']);
});

describe('a folder with wrong expectations', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mmhs-golden-'));
    await cp(fixtures, folder, { recursive: true });
    const model = join(folder, 'smolvlm2');
    for (const part of ['tokens.json', 'train.json', 'generate.json', 'label_scores.json', 'lora', 'nf4']) await rm(join(model, part), { recursive: true });
    await edit(join(model, 'forward.json'), (text) => text.replace(/"loss": (\d+\.\d)/g, '"loss": 1$1'));
    await edit(join(model, 'targets.json'), (text) => text.replace('layers.0.mlp.up_proj', 'layers.7.mlp.up_proj'));
    await edit(join(model, 'samples.json'), (text) => text.replace('"label_ids": [-100', '"label_ids": [7'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is found out', async () => {
    const failed = (await linesOf(folder, 'smolvlm2')).filter(({ outcome }) => outcome === 'NOT OK').map(({ name }) => name);
    expect(failed).toContain('smolvlm2 forward batch, shared prefix: loss');
    expect(failed).toContain('smolvlm2 forward alone.0, no shared prefix: loss');
    expect(failed.some((name) => name.startsWith('smolvlm2 targets') && name.endsWith('modules'))).toBe(true);
    expect(failed.some((name) => /sample \d: label mask/.test(name))).toBe(true);
    expect(failed.every((name) => /loss|modules|label mask/.test(name))).toBe(true);
  }, 120_000);
});

describe('a folder with little in it', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mmhs-golden-'));
    await cp(join(fixtures, 'images'), join(folder, 'images'), { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('passes for nothing when it has pictures only', async () => {
    expect(summarise(await linesOf(folder)).passed).toBe(false);
  });

  it('is checked by what is there, and what is broken fails without stopping the rest', async () => {
    const model = join(folder, 'smolvlm2');
    for (const part of ['model', 'samples.json', 'forward.json', 'forward.safetensors']) {
      await cp(join(fixtures, 'smolvlm2', part), join(model, part), { recursive: true });
    }
    await mkdir(join(model, 'lora', 'empty'), { recursive: true });
    await writeFile(join(model, 'train.json'), '{"betas"');
    const lines = (await linesOf(folder)).filter(({ name }) => name.startsWith('smolvlm2'));
    const namesOf = (outcome: string): string[] => lines.filter((line) => line.outcome === outcome).map(({ name }) => name);
    expect(namesOf('NOT OK')).toEqual(['smolvlm2 train.json']);
    expect(lines.find(({ outcome }) => outcome === 'NOT OK')?.note).toMatch(/train\.json is not JSON/);
    expect(namesOf('ok')).toContain('smolvlm2 forward batch, shared prefix: logits');
    expect(namesOf('skipped')).toEqual(expect.arrayContaining(['smolvlm2 tokens.json', 'smolvlm2 lora/empty']));
  }, 60_000);
});

async function edit(path: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(path, 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  await writeFile(path, changed);
}

describe('choosing models', () => {
  it('refuses folders without reference data and families that are not there', async () => {
    await expect(linesOf(import.meta.dirname)).rejects.toThrow(/no images\/decoded\.safetensors/);
    await expect(linesOf(fixtures, 'other')).rejects.toThrow(/--family other.*smolvlm2/);
  });
});
