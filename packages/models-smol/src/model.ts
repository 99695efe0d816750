import {
  add, embedding, gatedMlp, groupedQueryAttention, layerStack, linear, Module, patchesPerSide, pixelShuffle, rmsNorm, rotaryAngles,
  silu, tiedHead, visionTransformer,
  type AttentionHeads, type AttentionPlan, type Graph, type RotaryAngles, type Value, type VlmDefinition,
} from '@mmhs/graph';

import type { SmolConfig } from './config.ts';

/**
 * SmolVLM (Idefics3) and SmolVLM2: a SigLIP tower, a pixel-shuffle connector and a Llama decoder.
 *
 * Module paths are the checkpoint's tensor names (transformers' `Idefics3ForConditionalGeneration`).
 */
export function defineSmol(graph: Graph, config: SmolConfig): VlmDefinition {
  const root = new Module(graph, '');
  const model = root.at('model');
  const { text } = config;
  const tokens = model.at('text_model').at('embed_tokens');
  const table = { vocabularySize: text.vocabularySize, width: text.hiddenSize };
  return {
    hiddenSize: text.hiddenSize,
    vocabularySize: text.vocabularySize,
    positionRows: 1,
    embed: (ids) => embedding(tokens, ids, table),
    imageFeatures: () => connector(model.at('connector'), visionTower(model.at('vision_model'), config), config),
    decode: (embeddings, positions, attention) =>
      decoder(model.at('text_model'), embeddings, positions, attention, config),
    head: (hidden) => text.tieWordEmbeddings
      ? tiedHead(tokens, hidden, table)
      : linear(root.at('lm_head'), hidden, { outFeatures: text.vocabularySize }),
  };
}

/** SigLIP on tiles `[tiles, 3, side, side]`: one row a patch, `[tiles * patches, width]`. */
function visionTower(tower: Module, { vision }: SmolConfig): Value {
  const pixels = tower.graph.input('pixel_values', 'float32', ['tiles', 3, vision.imageSize, vision.imageSize]);
  return visionTransformer(tower, pixels, vision);
}

/** Joins blocks of patches into image tokens and projects them to the decoder's width. */
function connector(module: Module, rows: Value, config: SmolConfig): Value {
  const shuffled = pixelShuffle(rows, { side: patchesPerSide(config.vision), factor: config.scaleFactor });
  return linear(module.at('modality_projection').at('proj'), shuffled, { outFeatures: config.text.hiddenSize });
}

/** Llama: pre-norm layers of grouped-query attention and a gated MLP, then a final norm. */
function decoder(
  module: Module, embeddings: Value, positions: Value, attention: AttentionPlan, { text }: SmolConfig,
): Value {
  const epsilon = text.rmsNormEps;
  const angles = rotaryAngles(positions, { headDimension: text.headDimension, theta: text.ropeTheta });
  const rows = layerStack(embeddings, text.layers, (input, index) =>
    decoderLayer(module.at('layers').at(index), input, { index, angles, attention, text }));
  return rmsNorm(module.at('norm'), rows, { epsilon });
}

function decoderLayer(
  layer: Module,
  rows: Value,
  options: {
    readonly index: number;
    readonly angles: RotaryAngles;
    readonly attention: AttentionPlan;
    readonly text: SmolConfig['text'];
  },
): Value {
  const { index, angles, attention, text } = options;
  const heads: AttentionHeads = { ...text, scale: 1 / Math.sqrt(text.headDimension) };
  const normed = rmsNorm(layer.at('input_layernorm'), rows, { epsilon: text.rmsNormEps });
  const attended = add(rows, groupedQueryAttention(layer.at('self_attn'), normed, {
    heads, angles, plan: attention, layer: index,
  }));
  const wanted = index === text.layers - 1 ? attention.wantedRows(attended) : attended;
  const again = rmsNorm(layer.at('post_attention_layernorm'), wanted, { epsilon: text.rmsNormEps });
  return add(wanted, gatedMlp(layer.at('mlp'), again, { intermediateSize: text.intermediateSize, activation: silu }));
}
