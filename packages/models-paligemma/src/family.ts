import type { LinearModule, ProcessedImage, Tensor, VlmFamily, VlmModel } from '@mmhs/core';
import { composeDecodingGraph, composeTrainingGraph, composeVisionGraph, traceModel, type Graph } from '@mmhs/graph';

import { canonicalName } from './canonical-name.ts';
import { parsePaligemmaConfig, type PaligemmaConfig, type SoftCapOptions } from './config.ts';
import { definePaligemma } from './model.ts';
import { createPaligemmaProcessor } from './processor/index.ts';
import { exportPaligemma } from './transformers-js.ts';

const familyName = 'paligemma';

/** PaliGemma and PaliGemma 2, all sizes, with attention scores capped and final logits not. */
export const paligemmaFamily: VlmFamily = createPaligemmaFamily();

/**
 * The family with a choice of soft-caps.
 *
 * @param options.softCaps which of the caps in config.json are applied; by default that of attention scores alone.
 */
export function createPaligemmaFamily(options: { readonly softCaps?: SoftCapOptions } = {}): VlmFamily {
  return {
    name: familyName,
    modelTypes: ['paligemma'],
    defaultModelId: 'google/paligemma2-3b-pt-224',
    // The language model only: plain suffixes would also hit q, k and v of the vision tower.
    defaultTargetModules: String.raw`.*language_model\..*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)`,
    openModel: (files) => openPaligemmaModel(parsePaligemmaConfig({ ...files, ...options })),
    openProcessor: ({ files, tokenizer }) =>
      createPaligemmaProcessor({ files, tokenizer, config: parsePaligemmaConfig({ ...files, ...options }) }),
  };
}

/** The graphs and sizes of a configuration. */
export function openPaligemmaModel(config: PaligemmaConfig): VlmModel {
  const define = (graph: Graph) => definePaligemma(graph, config);
  const { tensors, linears } = traceModel(define);
  const { text } = config;
  return {
    family: familyName,
    architecture: config.architecture,
    tensors,
    canonicalName,
    linears: linears.map((linear) => ({ ...linear, part: partOf(linear.path) })),
    hiddenSize: text.hiddenSize,
    vocabularySize: text.vocabularySize,
    decoderLayers: text.layers,
    keyValueHeads: text.keyValueHeads,
    headDimension: text.headDimension,
    positionRows: 1,
    endTokenIds: config.endTokenIds,
    padTokenId: config.padTokenId,
    imageTokenId: config.imageTokenId,
    visionGraph: (options) => composeVisionGraph(define, options),
    trainingGraph: (options) => composeTrainingGraph(define, options),
    decodingGraph: (options) => composeDecodingGraph(define, options),
    batchImages,
    transformersJs: exportPaligemma(config, define),
  };
}

function partOf(path: string): LinearModule['part'] {
  if (path === 'lm_head') return 'head';
  if (path.startsWith('model.vision_tower.')) return 'vision';
  return path.startsWith('model.multi_modal_projector.') ? 'connector' : 'language';
}

/** All pictures, one after the other; they have the same size. */
function batchImages(images: readonly ProcessedImage[]): Record<string, Tensor> {
  const pictures = images.map((image) => image.tensors['pixel_values']).filter((tensor) => tensor?.type === 'float32');
  const [first] = pictures;
  const pixels = first?.data.length ?? 0;
  const data = new Float32Array(pictures.length * pixels);
  pictures.forEach((tensor, index) => data.set(tensor.data, index * pixels));
  return { pixel_values: { type: 'float32', shape: [pictures.length, ...(first?.shape.slice(1) ?? [])], data } };
}
