import { elementCount, type VlmModel } from '@mmhs/core';
import { describe, expect, it } from 'vitest';

import { generationConfig, hubConfig } from './__fixtures__/hub-config.ts';
import { openTinyModel, tiny } from './__fixtures__/tiny-checkpoint.ts';
import { parseQwenConfig } from './config.ts';
import { openQwenModel, qwenFamily } from './family.ts';

const languageOnly = new RegExp(`^(?:${qwenFamily.defaultTargetModules})$`);

/** Trained numbers of adapters of a rank on some linears. */
function adapterSize(model: VlmModel, rank: number, chosen: (path: string) => boolean): number {
  return model.linears.filter(({ path }) => chosen(path))
    .reduce((sum, { inFeatures, outFeatures }) => sum + rank * (inFeatures + outFeatures), 0);
}

describe('the tiny checkpoint', () => {
  const model = openTinyModel();

  it('has the tensors the model asks for, and no other', () => {
    const asked = Object.fromEntries(model.tensors.map(({ name, shape }) => [name, shape]));
    const held = Object.fromEntries(Object.entries(tiny.tensors).map(([name, shape]) => [model.canonicalName?.(name), shape]));
    expect(asked).toEqual(held);
  });

  it('has every linear that PEFT calls one, and no head of its own', () => {
    expect(model.linears.map(({ path }) => path).sort()).toEqual(tiny.targets.find((target) => target.case === 'all-linear')!.modules);
  });

  it("has the default targets of the family's language model, of PEFT's size", () => {
    const expected = tiny.targets.find((target) => target.case.startsWith('language model only'))!;
    expect(model.linears.map(({ path }) => path).filter((path) => languageOnly.test(path)).sort()).toEqual(expected.modules);
    expect(adapterSize(model, tiny.rank, (path) => languageOnly.test(path))).toBe(expected.trainableParameters);
  });

  it('has a head of its own when it is not tied', () => {
    const untied = openTinyModel({ tie_word_embeddings: false });
    expect(untied.tensors).toContainEqual({ name: 'lm_head.weight', type: 'float32', shape: [672, 64] });
    expect(untied.linears.filter(({ part }) => part === 'head').map(({ path }) => path)).toEqual(['lm_head']);
    expect(untied.tensors).toHaveLength(model.tensors.length + 1);
  });
});

describe('Qwen2-VL-2B', () => {
  const model = openQwenModel(parseQwenConfig(hubConfig, generationConfig));

  it('has the tensors and parameters of the published file', () => {
    expect(model.tensors).toHaveLength(729);
    expect(model.tensors.reduce((sum, { shape }) => sum + elementCount(shape as number[]), 0)).toBe(2_208_985_600);
  });

  it('has 9,232,384 LoRA parameters of rank 8', () => {
    expect(adapterSize(model, 8, (path) => languageOnly.test(path))).toBe(9_232_384);
  });

  it('tells its parts apart', () => {
    expect(Object.fromEntries(model.linears.map(({ path, part }) => [path, part]))).toMatchObject({
      'model.language_model.layers.27.mlp.down_proj': 'language',
      'model.visual.blocks.31.attn.qkv': 'vision',
      'model.visual.merger.mlp.0': 'connector',
    });
    expect(model.linears.find(({ path }) => path === 'model.visual.blocks.0.attn.qkv')).toMatchObject({ inFeatures: 1280, outFeatures: 3840 });
  });
});

describe('canonical names', () => {
  const { canonicalName } = openTinyModel();

  it.each([
    ['visual.blocks.0.attn.qkv.weight', 'model.visual.blocks.0.attn.qkv.weight'],
    ['model.layers.1.mlp.up_proj.weight', 'model.language_model.layers.1.mlp.up_proj.weight'],
    ['model.embed_tokens.weight', 'model.language_model.embed_tokens.weight'],
    ['model.norm.weight', 'model.language_model.norm.weight'],
    ['lm_head.weight', 'lm_head.weight'],
    ['model.layers.0.self_attn.q_proj.lora_A.weight', 'model.language_model.layers.0.self_attn.q_proj.lora_A.weight'],
  ])('%s is %s', (old, canonical) => {
    expect(canonicalName?.(old)).toBe(canonical);
    expect(canonicalName?.(canonical)).toBe(canonical);
  });
});
