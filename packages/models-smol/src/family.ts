import type { LinearModule, ProcessedImage, Tensor, VlmFamily, VlmModel } from '@mmhs/core';
import { composeDecodingGraph, composeTrainingGraph, composeVisionGraph, traceModel, type Graph } from '@mmhs/graph';

import { parseSmolConfig, type SmolConfig } from './config.ts';
import { defineSmol } from './model.ts';
import { createSmolProcessor } from './processor/index.ts';
import { exportSmol } from './transformers-js.ts';

/** SmolVLM (Idefics3) and SmolVLM2, all sizes. */
export const smolFamily: VlmFamily = {
  name: 'smol',
  modelTypes: ['idefics3', 'smolvlm'],
  defaultModelId: 'HuggingFaceTB/SmolVLM2-2.2B-Instruct',
  // The language model only: plain suffixes would also hit q, k and v of the vision tower.
  defaultTargetModules: String.raw`.*text_model\..*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)`,
  openModel: (files) => openSmolModel(parseSmolConfig(files.config, files.generationConfig)),
  openProcessor: ({ files, tokenizer, imageSize }) => createSmolProcessor({
    files,
    tokenizer,
    config: parseSmolConfig(files.config, files.generationConfig),
    ...(imageSize === undefined ? {} : { imageSize }),
  }),
};

/** The graphs and sizes of a configuration. */
export function openSmolModel(config: SmolConfig): VlmModel {
  const define = (graph: Graph) => defineSmol(graph, config);
  const { tensors, linears } = traceModel(define);
  const { text } = config;
  return {
    family: smolFamily.name,
    architecture: config.architecture,
    tensors,
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
    transformersJs: exportSmol(config, define),
  };
}

function partOf(path: string): LinearModule['part'] {
  if (path === 'lm_head') return 'head';
  if (path.startsWith('model.vision_model.')) return 'vision';
  return path.startsWith('model.connector.') ? 'connector' : 'language';
}

/** Tiles of all pictures, one after the other. */
function batchImages(images: readonly ProcessedImage[]): Record<string, Tensor> {
  const tiles = images.map((image) => image.tensors['pixel_values']).filter((tensor) => tensor?.type === 'float32');
  const count = tiles.reduce((sum, tensor) => sum + (tensor.shape[0] ?? 0), 0);
  const shape = [count, ...(tiles[0]?.shape.slice(1) ?? [])];
  const data = new Float32Array(tiles.reduce((sum, tensor) => sum + tensor.data.length, 0));
  let offset = 0;
  for (const tensor of tiles) {
    data.set(tensor.data, offset);
    offset += tensor.data.length;
  }
  return { pixel_values: { type: 'float32', shape, data } };
}
