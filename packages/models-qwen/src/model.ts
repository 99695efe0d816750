import {
  activations, add, axialRotaryAngles, embedding, fusedVisionAttention, gatedMlp, gelu, groupedQueryAttention, layerNorm, layerStack,
  linear, mlp, Module, multiplyDimensions, projectPatches, raggedSegments, reshape, rmsNorm, rotaryAngles, silu, tiedHead,
  type AttentionHeads, type AttentionPlan, type Graph, type RotaryAngles, type Value, type VlmDefinition,
} from '@mmhs/graph';

import type { QwenConfig } from './config.ts';

/**
 * Qwen2-VL (Wang et al. 2024, https://arxiv.org/abs/2409.12191): a vision tower for pictures of any size, a merger of
 * neighbouring patches, and a Qwen2 decoder whose rotary positions have a temporal, a vertical and a horizontal part.
 *
 * Module paths are those of transformers' `Qwen2VLForConditionalGeneration` in memory.
 */
export function defineQwen(graph: Graph, config: QwenConfig): VlmDefinition {
  const root = new Module(graph, '');
  const model = root.at('model');
  const { text } = config;
  const tokens = model.at('language_model').at('embed_tokens');
  const table = { vocabularySize: text.vocabularySize, width: text.hiddenSize };
  return {
    hiddenSize: text.hiddenSize,
    vocabularySize: text.vocabularySize,
    positionRows: 3,
    embed: (ids) => embedding(tokens, ids, table),
    imageFeatures: () => merger(model.at('visual').at('merger'), visionTower(model.at('visual'), config), config),
    decode: (embeddings, positions, attention) =>
      decoder(model.at('language_model'), embeddings, positions, attention, config),
    head: (hidden) => text.tieWordEmbeddings
      ? tiedHead(tokens, hidden, table)
      : linear(root.at('lm_head'), hidden, { outFeatures: text.vocabularySize }),
  };
}

/** Patches of all pictures -> one row a patch; each picture attends to itself, its patches placed by row and column. */
function visionTower(tower: Module, { vision }: QwenConfig): Value {
  const { graph } = tower;
  const { hiddenSize, intermediateSize, heads, patchSize, temporalPatchSize, mergeSize } = vision;
  const epsilon = 1e-6;
  const patchShape = [3, temporalPatchSize, patchSize, patchSize];
  const patches = multiplyDimensions('image_rows', mergeSize ** 2);
  const pixels = graph.input('pixel_values', 'float32', [patches, multiplyDimensions(...patchShape)]);
  const places = graph.input('patch_positions', 'int64', [2, 'image_rows', mergeSize ** 2]);
  const angles = axialRotaryAngles(reshape(places, [2, patches]), { headDimension: hiddenSize / heads, theta: 10000 });
  const segments = raggedSegments(graph, patches);
  const projected = projectPatches(tower.at('patch_embed').at('proj'), pixels, { outFeatures: hiddenSize, patchShape });
  return layerStack(projected, vision.layers, (rows, index) => {
    const block = tower.at('blocks').at(index);
    const normed = layerNorm(block.at('norm1'), rows, { epsilon });
    const attended = add(rows, fusedVisionAttention(block.at('attn'), normed, { heads, angles, segments }));
    const again = layerNorm(block.at('norm2'), attended, { epsilon });
    return add(attended, mlp(block.at('mlp'), again, { intermediateSize, activation: activations[vision.activation] }));
  });
}

/** Joins each square of patches, whose rows lie together, into one image token of the decoder's width. */
function merger(module: Module, rows: Value, { text, vision }: QwenConfig): Value {
  const width = vision.hiddenSize * vision.mergeSize ** 2;
  const normed = layerNorm(module.at('ln_q'), rows, { epsilon: 1e-6 });
  const squares = reshape(normed, ['image_rows', width]);
  const inner = linear(module.at('mlp').at(0), squares, { outFeatures: width, bias: true });
  return linear(module.at('mlp').at(2), gelu(inner), { outFeatures: text.hiddenSize, bias: true });
}

/** Qwen2: pre-norm layers of grouped-query attention with biases and a gated MLP, then a final norm. */
function decoder(
  module: Module, embeddings: Value, positions: Value, attention: AttentionPlan, { text }: QwenConfig,
): Value {
  const angles = rotaryAngles(positions, {
    headDimension: text.headDimension, theta: text.ropeTheta, sections: text.ropeSections,
  });
  const rows = layerStack(embeddings, text.layers, (input, index) =>
    decoderLayer(module.at('layers').at(index), input, { index, angles, attention, text }));
  return rmsNorm(module.at('norm'), rows, { epsilon: text.rmsNormEps });
}

function decoderLayer(
  layer: Module,
  rows: Value,
  options: {
    readonly index: number;
    readonly angles: RotaryAngles;
    readonly attention: AttentionPlan;
    readonly text: QwenConfig['text'];
  },
): Value {
  const { index, angles, attention, text } = options;
  const heads: AttentionHeads = {
    heads: text.heads, keyValueHeads: text.keyValueHeads, headDimension: text.headDimension, scale: 1 / Math.sqrt(text.headDimension),
  };
  const normed = rmsNorm(layer.at('input_layernorm'), rows, { epsilon: text.rmsNormEps });
  const attended = add(rows, groupedQueryAttention(layer.at('self_attn'), normed, {
    heads, angles, plan: attention, layer: index, bias: true,
  }));
  const wanted = index === text.layers - 1 ? attention.wantedRows(attended) : attended;
  const again = rmsNorm(layer.at('post_attention_layernorm'), wanted, { epsilon: text.rmsNormEps });
  return add(wanted, gatedMlp(layer.at('mlp'), again, { intermediateSize: text.intermediateSize, activation: silu }));
}
