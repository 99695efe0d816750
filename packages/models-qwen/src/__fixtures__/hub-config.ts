/** config.json of Qwen2-VL-2B-Instruct on the hub, as far as it matters. */
export const hubConfig = {
  architectures: ['Qwen2VLForConditionalGeneration'],
  model_type: 'qwen2_vl',
  image_token_id: 151655,
  eos_token_id: 151645,
  hidden_act: 'silu',
  hidden_size: 1536,
  intermediate_size: 8960,
  num_attention_heads: 12,
  num_hidden_layers: 28,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 1000000,
  rope_scaling: { type: 'mrope', mrope_section: [16, 24, 24] },
  sliding_window: 32768,
  use_sliding_window: false,
  tie_word_embeddings: true,
  vocab_size: 151936,
  vision_config: {
    depth: 32, embed_dim: 1280, hidden_size: 1536, in_chans: 3, mlp_ratio: 4, num_heads: 16, patch_size: 14,
    spatial_merge_size: 2, spatial_patch_size: 14, temporal_patch_size: 2,
  },
};

export const generationConfig = { do_sample: true, eos_token_id: [151645, 151643], pad_token_id: 151643 };
