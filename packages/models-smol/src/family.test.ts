import { readFileSync } from 'node:fs';

import type { CheckpointFiles, ProcessedImage, VlmModel } from '@mmhs/core';
import { elementCount } from '@mmhs/core';
import { describe, expect, it } from 'vitest';

import { smolFamily } from './family.ts';

/** Tensors of the reference's tiny checkpoints, and the modules PEFT adapted in them. */
interface TinyCheckpoint {
  readonly config: unknown;
  readonly generationConfig: unknown;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly rank: number;
  readonly targets: readonly { readonly case: string; readonly modules: readonly string[]; readonly trainableParameters: number }[];
}
const checkpoints = JSON.parse(
  readFileSync(new URL('./__fixtures__/tiny-checkpoints.json', import.meta.url), 'utf8'),
) as Record<'smolvlm' | 'smolvlm2', TinyCheckpoint>;

function open(config: unknown, generationConfig: unknown): VlmModel {
  return smolFamily.openModel({ config, generationConfig } as CheckpointFiles);
}

/** Trained numbers of adapters of a rank on some linears. */
function adapterSize(model: VlmModel, rank: number, chosen: (path: string) => boolean): number {
  return model.linears.filter(({ path }) => chosen(path))
    .reduce((sum, { inFeatures, outFeatures }) => sum + rank * (inFeatures + outFeatures), 0);
}

const languageOnly = new RegExp(`^(?:${smolFamily.defaultTargetModules})$`);

describe.each(Object.entries(checkpoints))('the tiny %s checkpoint', (_, checkpoint) => {
  const model = open(checkpoint.config, checkpoint.generationConfig);
  const modulesOf = (name: string) => checkpoint.targets.find((target) => target.case === name)!;

  it('has the tensors the model asks for, and no other', () => {
    const asked = Object.fromEntries(model.tensors.map(({ name, shape }) => [name, shape]));
    expect(asked).toEqual(checkpoint.tensors);
    expect(model.tensors).toHaveLength(Object.keys(checkpoint.tensors).length);
  });

  it('has every linear that PEFT calls one, and the head', () => {
    const paths = model.linears.filter(({ part }) => part !== 'head').map(({ path }) => path).sort();
    expect(paths).toEqual(modulesOf('all-linear').modules);
    expect(model.linears.filter(({ part }) => part === 'head').map(({ path }) => path)).toEqual(['lm_head']);
  });

  it("has the default targets of the family's language model, of PEFT's size", () => {
    const expected = modulesOf("language model only (this family's fixture)");
    expect(model.linears.map(({ path }) => path).filter((path) => languageOnly.test(path)).sort()).toEqual(expected.modules);
    expect(adapterSize(model, checkpoint.rank, (path) => languageOnly.test(path))).toBe(expected.trainableParameters);
  });
});

/** config.json of the published sizes, as far as it matters. */
function hubConfig(text: Record<string, unknown>, vision: Record<string, unknown>, scaleFactor: number): Record<string, unknown> {
  return {
    model_type: 'idefics3', image_token_id: 49153, scale_factor: scaleFactor, tie_word_embeddings: false,
    text_config: { model_type: 'llama', rms_norm_eps: 1e-5, head_dim: 64, ...text },
    vision_config: { num_attention_heads: 12, ...vision },
  };
}
const smallVision = { hidden_size: 768, image_size: 512, patch_size: 16 };
const sizes = {
  '256M': hubConfig({
    hidden_size: 576, intermediate_size: 1536, num_hidden_layers: 30, num_attention_heads: 9, num_key_value_heads: 3,
    rope_theta: 100000, vocab_size: 49280,
  }, smallVision, 4),
  '500M': hubConfig({
    hidden_size: 960, intermediate_size: 2560, num_hidden_layers: 32, num_attention_heads: 15, num_key_value_heads: 5,
    rope_theta: 100000, vocab_size: 49280,
  }, smallVision, 4),
  '2.2B': hubConfig({
    hidden_size: 2048, intermediate_size: 8192, num_hidden_layers: 24, num_attention_heads: 32, num_key_value_heads: 32,
    rope_theta: 273768, vocab_size: 49155,
  }, { hidden_size: 1152, intermediate_size: 4304, num_hidden_layers: 27, num_attention_heads: 16, image_size: 384, patch_size: 14 }, 3),
};

describe.each([
  // Tensors and parameters of the published files; LoRA parameters of PEFT for r = 8 on the language model.
  ['256M', 471, 256_484_928, 2_442_240],
  ['500M', 489, 507_482_304, 4_341_760],
  ['2.2B', 657, 2_246_272_880, 9_043_968],
] as const)('SmolVLM %s', (name, tensors, parameters, adapters) => {
  const model = open(sizes[name], { eos_token_id: 49154 });

  it(`has ${tensors} tensors of ${parameters} parameters`, () => {
    expect(model.tensors).toHaveLength(tensors);
    expect(model.tensors.reduce((sum, { shape }) => sum + elementCount(shape as number[]), 0)).toBe(parameters);
  });

  it(`has ${adapters} LoRA parameters of rank 8`, () => {
    expect(adapterSize(model, 8, (path) => languageOnly.test(path))).toBe(adapters);
  });
});

it('the parts of a model are told apart', () => {
  const { linears } = open(checkpoints.smolvlm.config, checkpoints.smolvlm.generationConfig);
  const parts = Object.fromEntries(linears.map(({ path, part }) => [path, part]));
  expect(parts).toMatchObject({
    'model.text_model.layers.0.mlp.down_proj': 'language',
    'model.vision_model.encoder.layers.0.self_attn.out_proj': 'vision',
    'model.connector.modality_projection.proj': 'connector',
    lm_head: 'head',
  });
});

describe('batchImages', () => {
  const model = open(checkpoints.smolvlm.config, checkpoints.smolvlm.generationConfig);
  const picture = (tiles: number, first: number): ProcessedImage => ({
    tensors: {
      pixel_values: { type: 'float32', shape: [tiles, 3, 1, 2], data: Float32Array.from({ length: tiles * 6 }, (_, at) => first + at) },
    },
    featureRows: tiles * 4,
    layout: undefined,
  });

  it('puts the tiles of all pictures one after the other', () => {
    const { pixel_values } = model.batchImages([picture(2, 0), picture(1, 100)]);
    expect(pixel_values).toEqual({
      type: 'float32', shape: [3, 3, 1, 2],
      data: Float32Array.from([...Array.from({ length: 12 }, (_, at) => at), ...Array.from({ length: 6 }, (_, at) => 100 + at)]),
    });
  });
});
