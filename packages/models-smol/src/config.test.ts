import { MmhsError } from '@mmhs/core';
import { describe, expect, it } from 'vitest';

import { parseSmolConfig } from './config.ts';

/** The hub's config.json of SmolVLM-256M, as far as it matters: old form, vision depth and width left to the defaults. */
const hubConfig = {
  architectures: ['Idefics3ForConditionalGeneration'],
  image_token_id: 49190,
  model_type: 'idefics3',
  pad_token_id: 128002,
  scale_factor: 4,
  text_config: {
    architectures: ['VLlama3ForCausalLM'],
    eos_token_id: 2,
    head_dim: 64,
    hidden_size: 576,
    intermediate_size: 1536,
    model_type: 'llama',
    num_attention_heads: 9,
    num_hidden_layers: 30,
    num_key_value_heads: 3,
    pad_token_id: 2,
    perceiver_config: { model_type: 'vperceiver' },
    rms_norm_eps: 1e-5,
    rope_theta: 100000,
    vocab_size: 49280,
  },
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  vision_config: { hidden_size: 768, image_size: 512, num_attention_heads: 12, patch_size: 16 },
};
const generationConfig = { bos_token_id: 1, eos_token_id: 49279, pad_token_id: 2 };

/** The 256M text settings without some, or with other, fields. */
function withText(changes: Record<string, unknown>): Record<string, unknown> {
  return { ...hubConfig, text_config: { ...hubConfig.text_config, ...changes } };
}

function failure(config: unknown, generation: unknown = generationConfig): MmhsError {
  try {
    parseSmolConfig(config, generation);
  } catch (error) {
    if (MmhsError.isInstance(error)) return error;
  }
  throw new Error('parseSmolConfig did not throw an MmhsError');
}

describe('parseSmolConfig', () => {
  it('reads the hub form and fills in the class defaults that the files leave out', () => {
    expect(parseSmolConfig(hubConfig, generationConfig)).toEqual({
      architecture: 'Idefics3ForConditionalGeneration',
      imageTokenId: 49190,
      scaleFactor: 4,
      endTokenIds: [49279],
      padTokenId: 2,
      text: {
        hiddenSize: 576,
        intermediateSize: 1536,
        layers: 30,
        heads: 9,
        keyValueHeads: 3,
        headDimension: 64,
        rmsNormEps: 1e-5,
        ropeTheta: 100000,
        vocabularySize: 49280,
        tieWordEmbeddings: false,
      },
      vision: {
        hiddenSize: 768,
        intermediateSize: 3072,
        layers: 12,
        heads: 12,
        imageSize: 512,
        patchSize: 16,
        layerNormEps: 1e-6,
        activation: 'gelu_pytorch_tanh',
      },
    });
  });

  it('reads the newer form with rope_parameters', () => {
    const newer = withText({ rope_theta: undefined, rope_parameters: { rope_theta: 130000, rope_type: 'default' } });
    expect(parseSmolConfig(newer, generationConfig).text.ropeTheta).toBe(130000);
  });

  it('reads text settings from the root where there is no text_config', () => {
    const { text_config, ...root } = hubConfig;
    const flat = { ...text_config, ...root };
    expect(parseSmolConfig(flat, generationConfig).text).toEqual(parseSmolConfig(hubConfig, generationConfig).text);
  });

  it('derives heads and head size as the reference does when they are absent', () => {
    const { text } = parseSmolConfig(withText({ num_key_value_heads: null, head_dim: null }), generationConfig);
    expect([text.keyValueHeads, text.headDimension]).toEqual([9, 64]);
  });

  it('names the SmolVLM2 class when the file does not', () => {
    const config = { ...hubConfig, model_type: 'smolvlm', architectures: undefined };
    expect(parseSmolConfig(config, generationConfig).architecture).toBe('SmolVLMForConditionalGeneration');
  });

  it("reads the tower's activation", () => {
    const config = { ...hubConfig, vision_config: { ...hubConfig.vision_config, hidden_act: 'gelu' } };
    expect(parseSmolConfig(config, generationConfig).vision.activation).toBe('gelu');
  });

  it('takes several end tokens, and pads with the first of them when no usable pad token is named', () => {
    const config = parseSmolConfig(withText({ pad_token_id: null }), { eos_token_id: [49279, 2] });
    expect([config.endTokenIds, config.padTokenId]).toEqual([[49279, 2], 49279]);
  });

  it.each([
    ['no rotary base', withText({ rope_theta: undefined }), 'config.json: text_config.rope_theta'],
    ['scaled rotary positions', withText({ rope_scaling: { rope_type: 'llama3' } }),
      'config.json: text_config.rope_scaling.rope_type'],
    ['another language model', withText({ model_type: 'gemma2' }), 'config.json: text_config.model_type'],
    ['another activation', withText({ hidden_act: 'gelu' }), 'config.json: text_config.hidden_act'],
    ['a size that is no number', withText({ hidden_size: 'big' }), 'config.json: text_config.hidden_size'],
    ['heads that do not divide', withText({ num_key_value_heads: 4 }), 'config.json: text_config.num_key_value_heads'],
    ['another family', { ...hubConfig, model_type: 'qwen2_vl' }, 'config.json: model_type'],
    ['another activation of the tower', { ...hubConfig, vision_config: { ...hubConfig.vision_config, hidden_act: 'relu' } },
      'config.json: vision_config.hidden_act'],
    ['no vision tower', { ...hubConfig, vision_config: undefined }, 'config.json: vision_config'],
    ['a scale factor that does not divide the grid', { ...hubConfig, scale_factor: 3 }, 'config.json: scale_factor'],
    ['an image token beyond the vocabulary', { ...hubConfig, image_token_id: 50000 }, 'config.json: image_token_id'],
    ['no file', undefined, 'config.json'],
  ])('refuses %s and names the field', (_, config, where) => {
    const error = failure(config);
    expect(error.code).toBe('MMHS_MODEL_CONFIG');
    expect(error.details.where).toBe(where);
  });

  it("refuses to take the base language model's end token for the end of an answer", () => {
    expect(failure(hubConfig, null).details.where).toBe('generation_config.json: eos_token_id');
  });
});
