import { MmhsError } from '@mmhs/core';
import { describe, expect, it } from 'vitest';

import { generationConfig, hubConfig } from './__fixtures__/hub-config.ts';
import { parseQwenConfig } from './config.ts';

/** The same settings as newer versions of the reference write them. */
function nestedConfig(root: Record<string, unknown> = {}, text: Record<string, unknown> = {}): Record<string, unknown> {
  const { vision_config, rope_theta, rope_scaling, architectures, image_token_id, eos_token_id, tie_word_embeddings, ...sizes } = hubConfig;
  const rope = { mrope_section: rope_scaling.mrope_section, rope_theta, rope_type: 'default', type: 'mrope' };
  return {
    architectures, image_token_id, eos_token_id, tie_word_embeddings, model_type: 'qwen2_vl',
    text_config: { ...sizes, model_type: 'qwen2_vl_text', rope_parameters: rope, layer_types: ['full_attention'], sliding_window: null, ...text },
    vision_config: { ...vision_config, model_type: 'qwen2_vl_vision', rope_parameters: { rope_theta: 10000, rope_type: 'axial' } },
    ...root,
  };
}

function failure(config: unknown, generation: unknown = generationConfig): MmhsError {
  try {
    parseQwenConfig(config, generation);
  } catch (error) {
    if (MmhsError.isInstance(error)) return error;
  }
  throw new Error('parseQwenConfig did not throw an MmhsError');
}

describe('parseQwenConfig', () => {
  it('reads the flat form of the hub', () => {
    expect(parseQwenConfig(hubConfig, generationConfig)).toEqual({
      architecture: 'Qwen2VLForConditionalGeneration',
      imageTokenId: 151655,
      endTokenIds: [151645, 151643],
      padTokenId: 151643,
      text: {
        hiddenSize: 1536, intermediateSize: 8960, layers: 28, heads: 12, keyValueHeads: 2, headDimension: 128, rmsNormEps: 1e-6,
        ropeTheta: 1e6, ropeSections: [16, 24, 24], vocabularySize: 151936, tieWordEmbeddings: true,
      },
      vision: { hiddenSize: 1280, intermediateSize: 5120, layers: 32, heads: 16, patchSize: 14, temporalPatchSize: 2, mergeSize: 2, activation: 'quick_gelu' },
    });
  });

  it('reads the nested form as the same', () => {
    expect(parseQwenConfig(nestedConfig(), generationConfig)).toEqual(parseQwenConfig(hubConfig, generationConfig));
  });

  it.each([
    [true, undefined, true], [undefined, true, true], [false, true, true], [true, false, true],
    [false, undefined, false], [undefined, undefined, false],
  ])('heads are tied when either place says so: root %s, text_config %s', (root, text, tied) => {
    const config = nestedConfig({ tie_word_embeddings: root }, { tie_word_embeddings: text });
    expect(parseQwenConfig(config, generationConfig).text.tieWordEmbeddings).toBe(tied);
  });

  it('fills in the class defaults that files leave out', () => {
    const { text, vision, imageTokenId } = parseQwenConfig({
      model_type: 'qwen2_vl', rope_scaling: { type: 'mrope', mrope_section: [16, 24, 24] }, vision_config: { hidden_size: 8192 },
    }, generationConfig);
    expect(text).toMatchObject({ hiddenSize: 8192, layers: 80, heads: 64, keyValueHeads: 8, rmsNormEps: 1e-5, ropeTheta: 1e6, vocabularySize: 152064 });
    expect(vision).toEqual(parseQwenConfig(hubConfig, generationConfig).vision);
    expect(imageTokenId).toBe(151655);
  });

  it("reads the tower's activation", () => {
    const config = { ...hubConfig, vision_config: { ...hubConfig.vision_config, hidden_act: 'gelu_pytorch_tanh' } };
    expect(parseQwenConfig(config, generationConfig).vision.activation).toBe('gelu_pytorch_tanh');
  });

  it('ends answers where config.json says when generation_config.json says nothing', () => {
    expect(parseQwenConfig(hubConfig, undefined)).toMatchObject({ endTokenIds: [151645], padTokenId: 151645 });
    const nested = nestedConfig({ eos_token_id: undefined }, { eos_token_id: 7 });
    expect(parseQwenConfig(nested, {}).endTokenIds).toEqual([7]);
  });

  it.each([
    [{ model_type: 'qwen2_5_vl' }, 'model_type'],
    [{ hidden_size: '1536' }, 'hidden_size'],
    [{ hidden_act: 'gelu' }, 'hidden_act'],
    [{ use_sliding_window: true }, 'use_sliding_window'],
    [{ rope_scaling: { type: 'yarn', mrope_section: [16, 24, 24] } }, 'rope_scaling.type'],
    [{ rope_scaling: null }, 'rope_scaling.mrope_section'],
    [{ rope_scaling: { type: 'mrope', mrope_section: [16, 24, 23] } }, 'rope_scaling.mrope_section'],
    [{ num_key_value_heads: 5 }, 'num_key_value_heads'],
    [{ image_token_id: 151936 }, 'image_token_id'],
    [{ vision_config: { ...hubConfig.vision_config, hidden_act: 'relu' } }, 'vision_config.hidden_act'],
    [{ vision_config: { ...hubConfig.vision_config, hidden_size: 1280 } }, 'vision_config.hidden_size'],
    [{ vision_config: { ...hubConfig.vision_config, num_heads: 12 } }, 'vision_config.num_heads'],
  ])('refuses %o and names the field', (changes, field) => {
    const { code, details } = failure({ ...hubConfig, ...changes });
    expect([code, details.where]).toEqual(['MMHS_MODEL_CONFIG', `config.json: ${field}`]);
  });

  it('names fields of a nested form with their path, and a file that is no object', () => {
    expect(failure(nestedConfig({}, { num_hidden_layers: 0 })).details.where).toBe('config.json: text_config.num_hidden_layers');
    expect(failure(undefined).details).toMatchObject({ where: 'config.json', got: 'nothing' });
    expect(failure({ ...hubConfig, eos_token_id: undefined }, {}).details.where).toBe('generation_config.json: eos_token_id');
  });
});
