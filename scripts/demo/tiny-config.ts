import { pictureSize } from './drawing.ts';

/** Sizes of the demo's checkpoint: an Idefics3 small enough to live in the repository. */
export const tinySizes = {
  hidden: 128,
  intermediate: 320,
  layers: 4,
  heads: 4,
  keyValueHeads: 2,
  headDimension: 32,
  visionHidden: 64,
  visionIntermediate: 128,
  visionLayers: 2,
  visionHeads: 4,
  patchSize: 8,
  scaleFactor: 4,
} as const;

/** Image tokens of one picture. */
export const imageTokens = (pictureSize / tinySizes.patchSize / tinySizes.scaleFactor) ** 2;

/** config.json, generation_config.json, preprocessor_config.json and processor_config.json of the checkpoint. */
export function checkpointJson(tokens: {
  readonly vocabularySize: number;
  readonly imageTokenId: number;
  readonly endTokenId: number;
  readonly padTokenId: number;
}): Record<string, unknown> {
  const sizes = tinySizes;
  return {
    'config.json': {
      architectures: ['Idefics3ForConditionalGeneration'],
      model_type: 'idefics3',
      image_token_id: tokens.imageTokenId,
      pad_token_id: tokens.padTokenId,
      scale_factor: sizes.scaleFactor,
      tie_word_embeddings: false,
      torch_dtype: 'float32',
      text_config: {
        model_type: 'llama',
        hidden_size: sizes.hidden,
        intermediate_size: sizes.intermediate,
        num_hidden_layers: sizes.layers,
        num_attention_heads: sizes.heads,
        num_key_value_heads: sizes.keyValueHeads,
        head_dim: sizes.headDimension,
        rms_norm_eps: 1e-5,
        rope_theta: 10000,
        max_position_embeddings: 2048,
        pad_token_id: tokens.padTokenId,
        vocab_size: tokens.vocabularySize,
      },
      vision_config: {
        model_type: 'idefics3',
        hidden_size: sizes.visionHidden,
        intermediate_size: sizes.visionIntermediate,
        num_hidden_layers: sizes.visionLayers,
        num_attention_heads: sizes.visionHeads,
        image_size: pictureSize,
        patch_size: sizes.patchSize,
      },
    },
    'generation_config.json': { eos_token_id: tokens.endTokenId, pad_token_id: tokens.padTokenId },
    'preprocessor_config.json': {
      do_convert_rgb: true,
      do_image_splitting: true,
      do_normalize: true,
      do_pad: true,
      do_rescale: true,
      do_resize: true,
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5],
      image_processor_type: 'Idefics3ImageProcessor',
      max_image_size: { longest_edge: pictureSize },
      processor_class: 'Idefics3Processor',
      resample: 1,
      rescale_factor: 1 / 255,
      size: { longest_edge: pictureSize },
    },
    'processor_config.json': { image_seq_len: imageTokens, processor_class: 'Idefics3Processor' },
  };
}

