import { describe, expect, it } from 'vitest';

import { canonicalName } from './canonical-name.ts';

const canonical = [
  'model.language_model.embed_tokens.weight',
  'model.language_model.layers.3.self_attn.q_proj.lora_A.weight',
  'model.language_model.norm.weight',
  'model.vision_tower.vision_model.embeddings.patch_embedding.weight',
  'model.vision_tower.vision_model.encoder.layers.0.mlp.fc1.lora_B.weight',
  'model.vision_tower.vision_model.post_layernorm.bias',
  'model.multi_modal_projector.linear.weight',
  'lm_head.weight',
];

describe('canonicalName', () => {
  it.each([
    // Hub checkpoints, and adapters of versions before 4.52.
    ['language_model.model.embed_tokens.weight', canonical[0]],
    ['language_model.model.layers.3.self_attn.q_proj.lora_A.weight', canonical[1]],
    ['language_model.model.norm.weight', canonical[2]],
    ['vision_tower.vision_model.embeddings.patch_embedding.weight', canonical[3]],
    ['vision_tower.vision_model.encoder.layers.0.mlp.fc1.lora_B.weight', canonical[4]],
    ['multi_modal_projector.linear.weight', canonical[6]],
    ['language_model.lm_head.weight', canonical[7]],
    // Checkpoints and adapters of version 5, whose tower has one level less.
    ['vision_tower.post_layernorm.bias', canonical[5]],
    ['model.vision_tower.encoder.layers.0.mlp.fc1.lora_B.weight', canonical[4]],
  ])('finds the module of %s', (name, expected) => {
    expect(canonicalName(name)).toBe(expected);
  });

  it.each(canonical)('leaves %s as it is', (name) => {
    expect(canonicalName(name)).toBe(name);
  });
});
