import { openSmolModel, parseSmolConfig } from '@mmhs/models-smol';

/** config.json of SmolVLM-256M-Instruct, as far as it decides shapes. Token ids can be replaced for another tokenizer. */
export function smolvlm256mConfig(tokens = { image: 49190, end: 49279, pad: 2 }): Record<string, unknown> {
  return {
    architectures: ['Idefics3ForConditionalGeneration'],
    model_type: 'idefics3',
    image_token_id: tokens.image,
    scale_factor: 4,
    tie_word_embeddings: false,
    torch_dtype: 'bfloat16',
    text_config: {
      model_type: 'llama',
      hidden_size: 576,
      intermediate_size: 1536,
      num_hidden_layers: 30,
      num_attention_heads: 9,
      num_key_value_heads: 3,
      head_dim: 64,
      rms_norm_eps: 1e-5,
      rope_theta: 100000,
      max_position_embeddings: 8192,
      pad_token_id: tokens.pad,
      vocab_size: 49280,
    },
    vision_config: {
      model_type: 'idefics3',
      hidden_size: 768,
      intermediate_size: 3072,
      num_hidden_layers: 12,
      num_attention_heads: 12,
      image_size: 512,
      patch_size: 16,
    },
  };
}

/** The model of these shapes. */
export function openSmolvlm256m() {
  return openSmolModel(parseSmolConfig(smolvlm256mConfig(), { eos_token_id: 49279, pad_token_id: 2 }));
}
