import {
  add, embedding, gatedMlp, geluTanh, groupedQueryAttention, layerStack, linear, Module, mul, rmsNormOnePlus, rotaryAngles, softCap,
  tiedHead, visionTransformer,
  type AttentionHeads, type AttentionPlan, type Graph, type RotaryAngles, type Value, type VlmDefinition,
} from '@mmhs/graph';

import type { PaligemmaConfig, PaligemmaTextConfig } from './config.ts';

/**
 * PaliGemma and PaliGemma 2: a SigLIP tower, a linear projector and a Gemma or Gemma 2 decoder (Beyer et al. 2024,
 * https://arxiv.org/abs/2407.07726; Steiner et al. 2024, https://arxiv.org/abs/2412.03555).
 *
 * Module paths are those of transformers' `PaliGemmaForConditionalGeneration` in versions 4.52 to 4.57, which all versions
 * since then read in adapters; {@link canonicalName} leads there from the names in files.
 */
export function definePaligemma(graph: Graph, config: PaligemmaConfig): VlmDefinition {
  const root = new Module(graph, '');
  const model = root.at('model');
  const { text, vision } = config;
  const tokens = model.at('language_model').at('embed_tokens');
  const table = { vocabularySize: text.vocabularySize, width: text.hiddenSize };
  return {
    hiddenSize: text.hiddenSize,
    vocabularySize: text.vocabularySize,
    positionRows: 1,
    seesWholePrompt: true,
    // Text rows are scaled, picture rows, which are spliced in later, are not; nor is the head that shares the table.
    embed: (ids) => mul(embedding(tokens, ids, table), graph.scalar(Math.sqrt(text.hiddenSize))),
    imageFeatures: () => {
      const pixels = graph.input('pixel_values', 'float32', ['images', 3, vision.imageSize, vision.imageSize]);
      const patches = visionTransformer(model.at('vision_tower').at('vision_model'), pixels, vision);
      return linear(model.at('multi_modal_projector').at('linear'), patches, { outFeatures: text.hiddenSize, bias: true });
    },
    decode: (embeddings, positions, attention) => decoder(model.at('language_model'), embeddings, positions, attention, text),
    head: (hidden) => {
      const logits = text.tieWordEmbeddings
        ? tiedHead(tokens, hidden, table)
        : linear(root.at('lm_head'), hidden, { outFeatures: text.vocabularySize });
      return text.finalSoftCap === undefined ? logits : softCap(logits, text.finalSoftCap);
    },
  };
}

/** Gemma and Gemma 2: layers of grouped-query attention and a gated MLP, then a final norm; norms multiply by 1 + w. */
function decoder(
  module: Module, embeddings: Value, positions: Value, attention: AttentionPlan, text: PaligemmaTextConfig,
): Value {
  const angles = rotaryAngles(positions, { headDimension: text.headDimension, theta: text.ropeTheta });
  const decoderLayer = text.generation === 'gemma2' ? gemma2Layer : gemmaLayer;
  const rows = layerStack(embeddings, text.layers, (input, index) =>
    decoderLayer(module.at('layers').at(index), input, { index, angles, attention, text }));
  return rmsNormOnePlus(module.at('norm'), rows, { epsilon: text.rmsNormEps });
}

interface LayerOptions {
  readonly index: number;
  readonly angles: RotaryAngles;
  readonly attention: AttentionPlan;
  readonly text: PaligemmaTextConfig;
}

/** Two norms, each before a sublayer. */
function gemmaLayer(layer: Module, rows: Value, options: LayerOptions): Value {
  const norm = (name: string, x: Value): Value => rmsNormOnePlus(layer.at(name), x, { epsilon: options.text.rmsNormEps });
  const attended = wantedRows(add(rows, selfAttention(layer, norm('input_layernorm', rows), options)), options);
  return add(attended, feedForward(layer, norm('post_attention_layernorm', attended), options));
}

/** Four norms, before and after each sublayer. */
function gemma2Layer(layer: Module, rows: Value, options: LayerOptions): Value {
  const norm = (name: string, x: Value): Value => rmsNormOnePlus(layer.at(name), x, { epsilon: options.text.rmsNormEps });
  const attention = selfAttention(layer, norm('input_layernorm', rows), options);
  const attended = wantedRows(add(rows, norm('post_attention_layernorm', attention)), options);
  const feeding = feedForward(layer, norm('pre_feedforward_layernorm', attended), options);
  return add(attended, norm('post_feedforward_layernorm', feeding));
}

function selfAttention(layer: Module, rows: Value, { index, angles, attention, text }: LayerOptions): Value {
  const { heads, keyValueHeads, headDimension, attentionScale: scale, attentionSoftCap: cap } = text;
  const window = text.windows[index];
  const sizes: AttentionHeads = {
    heads, keyValueHeads, headDimension, scale,
    ...(cap === undefined ? {} : { softCap: cap }),
    ...(window === undefined ? {} : { window }),
  };
  return groupedQueryAttention(layer.at('self_attn'), rows, { heads: sizes, angles, plan: attention, layer: index });
}

/** What follows the last attention is needed for the head's rows only. */
function wantedRows(attended: Value, { index, attention, text }: LayerOptions): Value {
  return index === text.layers - 1 ? attention.wantedRows(attended) : attended;
}

function feedForward(layer: Module, rows: Value, { text }: LayerOptions): Value {
  return gatedMlp(layer.at('mlp'), rows, { intermediateSize: text.intermediateSize, activation: geluTanh });
}
