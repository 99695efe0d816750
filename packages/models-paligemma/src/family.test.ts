import { readFileSync } from 'node:fs';

import type { CheckpointFiles, ProcessedImage, VlmModel } from '@mmhs/core';
import { elementCount } from '@mmhs/core';
import { describe, expect, it } from 'vitest';

import { canonicalName } from './canonical-name.ts';
import { createPaligemmaFamily, paligemmaFamily } from './family.ts';

/** Tensors of the reference's tiny checkpoint, and the modules PEFT adapted in it. */
const tiny = JSON.parse(readFileSync(new URL('./__fixtures__/tiny-checkpoint.json', import.meta.url), 'utf8')) as {
  readonly config: Record<string, unknown>;
  readonly generationConfig: unknown;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly rank: number;
  readonly targets: readonly { readonly case: string; readonly modules: readonly string[]; readonly trainableParameters: number }[];
};

function open(config: unknown, generationConfig: unknown = undefined): VlmModel {
  return paligemmaFamily.openModel({ config, generationConfig } as CheckpointFiles);
}

/** Trained numbers of adapters of a rank on some linears. */
function adapterSize(model: VlmModel, rank: number, chosen: (path: string) => boolean): number {
  return model.linears.filter(({ path }) => chosen(path))
    .reduce((sum, { inFeatures, outFeatures }) => sum + rank * (inFeatures + outFeatures), 0);
}

const languageOnly = new RegExp(`^(?:${paligemmaFamily.defaultTargetModules})$`);

describe('the tiny checkpoint', () => {
  const model = open(tiny.config, tiny.generationConfig);
  const modulesOf = (name: string) => tiny.targets.find((target) => target.case === name)!;

  it('has the tensors the model asks for, and no other', () => {
    const asked = Object.fromEntries(model.tensors.map(({ name, shape }) => [name, shape]));
    expect(asked).toEqual(Object.fromEntries(Object.entries(tiny.tensors).map(([name, shape]) => [canonicalName(name), shape])));
  });

  it('has every linear that PEFT calls one, and no head of its own', () => {
    const paths = modulesOf('all-linear').modules.map(canonicalName);
    expect(model.linears.map(({ path }) => path).sort()).toEqual(paths.sort());
  });

  it("has the default targets of the language model, of PEFT's size", () => {
    const expected = modulesOf("language model only (this family's fixture)");
    expect(model.linears.map(({ path }) => path).filter((path) => languageOnly.test(path)).sort()).toEqual(expected.modules);
    expect(adapterSize(model, tiny.rank, (path) => languageOnly.test(path))).toBe(expected.trainableParameters);
  });

  it('tells its parts apart', () => {
    const parts = Object.fromEntries(model.linears.map(({ path, part }) => [path, part]));
    expect(parts).toMatchObject({
      'model.language_model.layers.0.mlp.down_proj': 'language',
      'model.vision_tower.vision_model.encoder.layers.0.self_attn.out_proj': 'vision',
      'model.multi_modal_projector.linear': 'connector',
    });
  });

  it('has a head of its own when it is not tied', () => {
    const untied = open({ ...tiny.config, tie_word_embeddings: false }, tiny.generationConfig);
    expect(untied.tensors.map(({ name }) => name)).toContain('lm_head.weight');
    expect(untied.linears.find(({ path }) => path === 'lm_head')?.part).toBe('head');
  });
});

const vision = { hidden_size: 1152, intermediate_size: 4304, num_attention_heads: 16, num_hidden_layers: 27, patch_size: 14 };

describe('PaliGemma 2 3B', () => {
  const model = open({
    model_type: 'paligemma', image_token_index: 257152, text_config: { model_type: 'gemma2', vocab_size: 257216 }, vision_config: vision,
  });

  it('has 727 tensors of 3,032,242,416 parameters', () => {
    expect(model.tensors).toHaveLength(727);
    expect(model.tensors.reduce((sum, { shape }) => sum + elementCount(shape as number[]), 0)).toBe(3_032_242_416);
  });

  it.each([
    // PEFT's counts for r = 8.
    ['all linears of the language model', languageOnly, 10_383_360],
    ['q and v of the language model', /language_model\..*\.[qv]_proj$/, 1_597_440],
  ])('has LoRA parameters of rank 8 on %s', (_, pattern, parameters) => {
    expect(adapterSize(model, 8, (path) => pattern.test(path))).toBe(parameters);
  });
});

it('the family can be made with other soft-caps, which change graphs and nothing else', () => {
  const files = { config: tiny.config, generationConfig: tiny.generationConfig } as CheckpointFiles;
  const options = { trainable: { adapters: new Map(), full: new Set<string>() } } as const;
  const [usual, other] = [paligemmaFamily, createPaligemmaFamily({ softCaps: { attention: false, final: true } })]
    .map((family) => family.openModel(files)) as [VlmModel, VlmModel];
  expect(other.tensors).toEqual(usual.tensors);
  expect(other.decodingGraph(options).model).not.toEqual(usual.decodingGraph(options).model);
});

describe('batchImages', () => {
  const picture = (first: number): ProcessedImage => ({
    tensors: { pixel_values: { type: 'float32', shape: [1, 3, 1, 2], data: Float32Array.from({ length: 6 }, (_, at) => first + at) } },
    featureRows: 1,
    layout: undefined,
  });

  it('puts the pictures one after the other', () => {
    const { pixel_values } = open(tiny.config, tiny.generationConfig).batchImages([picture(0), picture(100)]);
    expect(pixel_values).toEqual({
      type: 'float32', shape: [2, 3, 1, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5, 100, 101, 102, 103, 104, 105),
    });
  });
});
