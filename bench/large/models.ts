import type { ProcessedImage, VlmModel } from '@mmhs/core';
import { openPaligemmaModel, parsePaligemmaConfig } from '@mmhs/models-paligemma';
import { openQwenModel, parseQwenConfig } from '@mmhs/models-qwen';

/** A model of real size for the benchmarks, and what its posts are made of. */
export interface LargeModel {
  readonly config: Readonly<Record<string, unknown>>;
  readonly open: () => VlmModel;
  /** Tokens around a picture, besides its own. */
  readonly imageMarkers: number;
  /** Whether instructions come first and can be shared. */
  readonly sharesPrefix: boolean;
  /** A picture of noise that makes so many image tokens. */
  readonly image: (number: number, imageTokens: number) => ProcessedImage;
}

const qwenConfig = {
  architectures: ['Qwen2VLForConditionalGeneration'], model_type: 'qwen2_vl', torch_dtype: 'bfloat16',
  hidden_size: 1536, intermediate_size: 8960, num_hidden_layers: 28, num_attention_heads: 12, num_key_value_heads: 2,
  vocab_size: 151936, rms_norm_eps: 1e-6, rope_theta: 1e6, rope_scaling: { type: 'mrope', mrope_section: [16, 24, 24] },
  max_position_embeddings: 32768, hidden_act: 'silu', tie_word_embeddings: true, bos_token_id: 151643, eos_token_id: 151645,
  vision_start_token_id: 151652, vision_end_token_id: 151653, image_token_id: 151655, video_token_id: 151656,
  vision_config: {
    depth: 32, embed_dim: 1280, num_heads: 16, mlp_ratio: 4, in_chans: 3, hidden_size: 1536, patch_size: 14,
    temporal_patch_size: 2, spatial_patch_size: 14, spatial_merge_size: 2,
  },
};

const paligemmaConfig = {
  architectures: ['PaliGemmaForConditionalGeneration'], model_type: 'paligemma', torch_dtype: 'bfloat16',
  image_token_index: 257152, projection_dim: 2304, bos_token_id: 2, eos_token_id: 1, pad_token_id: 0,
  text_config: {
    model_type: 'gemma2', hidden_size: 2304, intermediate_size: 9216, num_hidden_layers: 26, num_attention_heads: 8,
    num_key_value_heads: 4, head_dim: 256, vocab_size: 257216, hidden_activation: 'gelu_pytorch_tanh', rms_norm_eps: 1e-6,
    rope_theta: 10000, max_position_embeddings: 8192, query_pre_attn_scalar: 256, attn_logit_softcapping: 50,
    final_logit_softcapping: 30, sliding_window: 4096,
  },
  vision_config: {
    model_type: 'siglip_vision_model', hidden_size: 1152, intermediate_size: 4304, num_hidden_layers: 27,
    num_attention_heads: 16, patch_size: 14, image_size: 224, vision_use_head: false, projection_dim: 2304,
  },
};

function noise(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => Math.sin(index * 0.7 + seed));
}

/** The models by name. */
export const largeModels: Readonly<Record<string, LargeModel>> = {
  'qwen2-vl-2b': {
    config: qwenConfig,
    open: () => openQwenModel(parseQwenConfig(qwenConfig, { eos_token_id: [151645, 151643], pad_token_id: 151643 })),
    imageMarkers: 2,
    sharesPrefix: true,
    image: (number, imageTokens) => {
      const side = 2 * Math.sqrt(imageTokens);
      const shape = [side * side, 3 * 2 * 14 * 14] as const;
      return {
        tensors: { pixel_values: { type: 'float32', shape, data: noise(shape[0] * shape[1], number) } },
        featureRows: imageTokens,
        layout: { gridHeight: side, gridWidth: side },
      };
    },
  },
  'paligemma2-3b': {
    config: paligemmaConfig,
    open: () => openPaligemmaModel(parsePaligemmaConfig({ config: paligemmaConfig, generationConfig: undefined })),
    imageMarkers: 0,
    sharesPrefix: false,
    image: (number) => ({
      tensors: { pixel_values: { type: 'float32', shape: [1, 3, 224, 224], data: noise(3 * 224 * 224, number) } },
      featureRows: 256,
      layout: undefined,
    }),
  },
};
