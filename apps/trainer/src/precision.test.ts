import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smolFamily } from '@mmhs/models-smol';
import { openLabeller, type LabellerOptions } from '@mmhs/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterOf, metricsOf, testArguments, trainWith, writeTestCheckpoint, writeTestPosts } from './test-run.ts';

let folder: string;
const out = (name: string): string => join(folder, name);
const train = (run: string, more: Readonly<Record<string, string | number | boolean>>) =>
  trainWith({ argv: testArguments(folder, out(run), { test_csv: '', max_steps: 2, ...more }) });

/** Probabilities of the labels of one post with a picture. */
async function label(run: string, options: Partial<LabellerOptions> = {}): Promise<readonly number[] | undefined> {
  const labeller = await openLabeller({
    adapterFolder: out(`${run}/lora_adapter`), modelId: null, families: [smolFamily], device: 'cpu', threads: 1, batchSize: 1,
    maxNewTokens: 4, rule: 'marginals', ...options,
  });
  try {
    const imagePath = join(import.meta.dirname, '../../../data/demo/images/train-001.png');
    const [prediction] = await labeller.label({ samples: [{ id: '1', text: 'a post', imagePath }] });
    return prediction?.scores;
  } finally {
    await labeller.close();
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-precision-'));
  await writeTestCheckpoint(out('checkpoint'));
  await writeTestPosts(out('posts'), { train: 4, val: 2, test: 1 });
});
afterAll(() => rm(folder, { recursive: true }));

describe('8-bit vision products', () => {
  beforeAll(() => train('int8', { vision_products: 'int8', feature_cache: 'disk' }));

  it('train another adapter than float32 ones, and never meet their features', async () => {
    const files = await readdir(out('int8/features'));
    await train('float32', { feature_cache: 'disk' });
    const others = await readdir(out('float32/features'));
    expect(others.length).toBe(files.length);
    expect(others.filter((name) => files.includes(name))).toEqual([]);
    expect(Buffer.compare(await adapterOf(out('int8')), await adapterOf(out('float32')))).not.toBe(0);
  });

  it('are kept with the adapter, so that labelling does the same unless told otherwise', async () => {
    expect(JSON.parse(await readFile(out('int8/lora_adapter/precision.json'), 'utf8'))).toEqual({ vision_products: 'int8', weights: 'float32' });
    const usual = await label('int8');
    expect(await label('int8', { visionPrecision: 'int8' })).toEqual(usual);
    expect(await label('int8', { visionPrecision: 'float32' })).not.toEqual(usual);
  });

  it('cannot be changed when a run goes on', async () => {
    await expect(train('int8', { feature_cache: 'disk', resume: true })).rejects.toThrow(/vision_products "float32".*vision_products "int8"/);
  });

  it.each([
    ['an adapter in the tower', { lora_target_modules: 'all-linear' }],
    ['a projector that is trained whole', { modules_to_save: 'modality_projection' }],
    ['all weights trained', { use_lora: false }],
  ])('are refused with %s', async (_what, more) => {
    await expect(train('refused', { vision_products: 'int8', ...more })).rejects.toThrow(expect.objectContaining({ code: 'MMHS_CONFIG_PRECISION' }));
  });
});

describe('a base in 4 bits', () => {
  const more = { load_in_4bit: true };
  beforeAll(() => train('nf4', more));

  it('has the same bits when layers are computed again in the backward pass, and others than full weights', async () => {
    await train('recomputed', { ...more, gradient_checkpointing: true });
    await train('full', {});
    expect(Buffer.compare(await adapterOf(out('recomputed')), await adapterOf(out('nf4')))).toBe(0);
    expect(await metricsOf(out('recomputed'))).toEqual(await metricsOf(out('nf4')));
    expect(await metricsOf(out('full'))).not.toEqual(await metricsOf(out('nf4')));
  });

  it('is kept with the adapter, so that labelling does the same unless told otherwise, or merged', async () => {
    expect(JSON.parse(await readFile(out('nf4/lora_adapter/precision.json'), 'utf8'))).toEqual({ vision_products: 'float32', weights: 'nf4' });
    const usual = await label('nf4');
    expect(await label('nf4', { precision: 'weights-nf4' })).toEqual(usual);
    const full = await label('nf4', { precision: 'float32' });
    expect(full).not.toEqual(usual);
    const merged = await label('nf4', { merge: true });
    expect(merged).toEqual(full?.map((score) => expect.closeTo(score, 4) as number));
  });

  it.each([
    ['all weights trained', { use_lora: false }],
    ['a module of a layer trained whole', { modules_to_save: 'down_proj' }],
  ])('is refused with %s', async (_what, others) => {
    await expect(train('refused', { ...more, ...others })).rejects.toThrow(expect.objectContaining({ code: 'MMHS_CONFIG_PRECISION' }));
  });
});
