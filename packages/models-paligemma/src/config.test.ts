import { MmhsError } from '@mmhs/core';
import { describe, expect, it } from 'vitest';

import { parsePaligemmaConfig, type PaligemmaConfig, type SoftCapOptions } from './config.ts';

/** The hub's config.json of paligemma2-3b-pt-224, as far as it matters: what equals a class default is left out. */
const hubConfig = {
  architectures: ['PaliGemmaForConditionalGeneration'],
  bos_token_id: 2,
  eos_token_id: 1,
  image_token_index: 257152,
  model_type: 'paligemma',
  num_hidden_layers: 26,
  pad_token_id: 0,
  projection_dim: 2304,
  text_config: {
    architectures: ['Gemma2ForCausalLM'],
    eos_token_id: [1, 107],
    hidden_act: 'gelu_pytorch_tanh',
    model_type: 'gemma2',
    query_pre_attn_scalar: 256,
    vocab_size: 257216,
  },
  vision_config: {
    hidden_size: 1152,
    intermediate_size: 4304,
    model_type: 'siglip_vision_model',
    num_attention_heads: 16,
    num_hidden_layers: 27,
    patch_size: 14,
    vision_use_head: false,
  },
};
const generationConfig = { bos_token_id: 2, eos_token_id: 1, pad_token_id: 0 };

/** Of the first generation, paligemma-3b-pt-224. */
const gemmaText = {
  hidden_size: 2048, intermediate_size: 16384, model_type: 'gemma', num_attention_heads: 8, num_hidden_layers: 18,
  num_key_value_heads: 1, vocab_size: 257216,
};

function parse(config: unknown, softCaps?: SoftCapOptions): PaligemmaConfig {
  return parsePaligemmaConfig({ config, generationConfig, ...(softCaps === undefined ? {} : { softCaps }) });
}

function withText(changes: Record<string, unknown>): Record<string, unknown> {
  return { ...hubConfig, text_config: { ...hubConfig.text_config, ...changes } };
}

function failure(config: unknown): MmhsError {
  try {
    parse(config);
  } catch (error) {
    if (MmhsError.isInstance(error)) return error;
  }
  throw new Error('parsePaligemmaConfig did not throw an MmhsError');
}

describe('parsePaligemmaConfig', () => {
  it('reads the hub form and fills in the class defaults that the files leave out', () => {
    expect(parse(hubConfig)).toEqual({
      architecture: 'PaliGemmaForConditionalGeneration',
      imageTokenId: 257152,
      endTokenIds: [1],
      padTokenId: 0,
      text: {
        generation: 'gemma2',
        hiddenSize: 2304,
        intermediateSize: 9216,
        layers: 26,
        heads: 8,
        keyValueHeads: 4,
        headDimension: 256,
        rmsNormEps: 1e-6,
        ropeTheta: 10000,
        vocabularySize: 257216,
        tieWordEmbeddings: true,
        attentionScale: 1 / 16,
        attentionSoftCap: 50,
        finalSoftCap: undefined,
        windows: Array.from({ length: 13 }, () => [4096, undefined]).flat(),
      },
      vision: {
        hiddenSize: 1152, intermediateSize: 4304, layers: 27, heads: 16, imageSize: 224, patchSize: 14, layerNormEps: 1e-6,
        activation: 'gelu_pytorch_tanh',
      },
    });
  });

  it('reads the newer form: another name of the image token, rope_parameters, layer_types', () => {
    const { image_token_index: imageTokenId, ...rest } = withText({
      rope_parameters: { rope_theta: 20000, rope_type: 'default' }, use_bidirectional_attention: true, num_hidden_layers: 3,
      layer_types: ['full_attention', 'sliding_attention', 'full_attention'], dtype: 'bfloat16',
    }) as typeof hubConfig;
    const config = parse({ ...rest, image_token_id: imageTokenId, dtype: 'bfloat16' });
    expect(config.imageTokenId).toBe(257152);
    expect(config.text.ropeTheta).toBe(20000);
    expect(config.text.windows).toEqual([undefined, 4096, undefined]);
  });

  it('caps attention scores and not the logits, unless told otherwise', () => {
    const capsOf = (softCaps?: SoftCapOptions) => {
      const { attentionSoftCap, finalSoftCap } = parse(hubConfig, softCaps).text;
      return [attentionSoftCap, finalSoftCap];
    };
    expect(capsOf()).toEqual([50, undefined]);
    expect(capsOf({ final: true })).toEqual([50, 30]);
    expect(capsOf({ attention: false })).toEqual([undefined, undefined]);
    expect(capsOf({ attention: false, final: true })).toEqual([undefined, 30]);
  });

  it('has no caps where config.json has none', () => {
    const config = withText({ attn_logit_softcapping: null, final_logit_softcapping: null, sliding_window: null });
    const { attentionSoftCap, finalSoftCap, windows } = parse(config, { attention: true, final: true }).text;
    expect([attentionSoftCap, finalSoftCap, new Set(windows)]).toEqual([undefined, undefined, new Set([undefined])]);
  });

  it('reads the first generation: Gemma, without caps and windows, its legacy name of the activation', () => {
    const { text } = parse({ ...hubConfig, text_config: { ...gemmaText, hidden_act: 'gelu' } }, { attention: true, final: true });
    expect(text).toMatchObject({
      generation: 'gemma', hiddenSize: 2048, keyValueHeads: 1, headDimension: 256, attentionScale: 1 / 16,
      attentionSoftCap: undefined, finalSoftCap: undefined,
    });
    expect(new Set(text.windows)).toEqual(new Set([undefined]));
  });

  it('unties the head where either place says so', () => {
    expect(parse({ ...hubConfig, tie_word_embeddings: false }).text.tieWordEmbeddings).toBe(false);
    expect(parse(withText({ tie_word_embeddings: false })).text.tieWordEmbeddings).toBe(false);
  });

  it('takes end and pad tokens from generation_config.json, else from the root, never from the language model', () => {
    const ids = ({ endTokenIds, padTokenId }: PaligemmaConfig) => [...endTokenIds, padTokenId];
    expect(ids(parsePaligemmaConfig({ config: hubConfig, generationConfig: { eos_token_id: [1, 5], pad_token_id: 3 } }))).toEqual([1, 5, 3]);
    expect(ids(parsePaligemmaConfig({ config: { ...hubConfig, eos_token_id: 9 }, generationConfig: undefined }))).toEqual([9, 0]);
  });

  it.each([
    ['another family', { ...hubConfig, model_type: 'idefics3' }, 'config.json: model_type'],
    ['another language model', withText({ model_type: 'llama' }), 'config.json: text_config.model_type'],
    ['another activation', withText({ hidden_activation: 'silu' }), 'config.json: text_config.hidden_activation'],
    ['scaled rotary positions', withText({ rope_scaling: { rope_type: 'yarn' } }), 'config.json: text_config.rope_scaling.rope_type'],
    ['a size that is no number', withText({ hidden_size: 'big' }), 'config.json: text_config.hidden_size'],
    ['heads that do not divide', withText({ num_key_value_heads: 3 }), 'config.json: text_config.num_key_value_heads'],
    ['an odd head size', withText({ head_dim: 5 }), 'config.json: text_config.head_dim'],
    ['kinds of attention for other layers', withText({ layer_types: ['full_attention'] }), 'config.json: text_config.layer_types'],
    ['no vision tower', { ...hubConfig, vision_config: undefined }, 'config.json: vision_config'],
    ['an image token beyond the vocabulary', withText({ vocab_size: 257152 }), 'config.json: image_token_index'],
    ['no file', undefined, 'config.json'],
  ])('refuses %s and names the field', (_, config, where) => {
    const error = failure(config);
    expect(error.code).toBe('MMHS_MODEL_CONFIG');
    expect(error.details.where).toBe(where);
  });
});
