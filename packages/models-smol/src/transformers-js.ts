import type { CheckpointFiles, ImageSizeOptions, TransformersJsExport } from '@mmhs/core';
import {
  cast, composeExportGraphs, gatherRows, nonZero, patchesPerSide, reduceSum, reshape, type Graph, type Value, type VlmDefinition,
} from '@mmhs/graph';

import type { SmolConfig } from './config.ts';
import { readImageSettings } from './processor/image-settings.ts';

/** How SmolVLM is written for `@huggingface/transformers`. */
export function exportSmol(config: SmolConfig, define: (graph: Graph) => VlmDefinition): TransformersJsExport {
  const { text } = config;
  const cache = { layers: text.layers, keyValueHeads: text.keyValueHeads, headDimension: text.headDimension };
  return {
    graphs: (options) => composeExportGraphs(define, {
      ...options, cache, imageFeatures: (graph, model) => tileFeatures(graph, model, config),
    }),
    files: ({ files, imageSize }) => exportFiles(config, files, imageSize),
  };
}

/**
 * That library pads every sample to the same number of tiles; tiles whose mask is empty are left out. Within a tile the mask is not
 * looked at: a processor with tiles of the tower's size fills them.
 */
function tileFeatures(graph: Graph, model: VlmDefinition, { text, vision, scaleFactor }: SmolConfig): Value {
  const { imageSize: side } = vision;
  const padded = ['batch_size', 'num_tiles'];
  const flat = 'batch_size*num_tiles';
  const pixels = graph.input('pixel_values', 'float32', [...padded, 3, side, side]);
  const mask = graph.input('pixel_attention_mask', 'bool', [...padded, side, side]);
  const seen = reshape(reduceSum(cast(reshape(mask, [flat, side * side]), 'float32'), [1]), [flat]);
  const real = graph.measure(nonZero(seen, 'real_tiles'), ['real_tiles']);
  graph.bindInput('pixel_values', gatherRows(reshape(pixels, [flat, 3, side, side]), real));
  const rows = model.imageFeatures(graph);
  return reshape(rows, ['tiles', (patchesPerSide(vision) / scaleFactor) ** 2, text.hiddenSize]);
}

/** Sizes that files may leave out because they are the class's defaults, and image settings with the size of training. */
function exportFiles(config: SmolConfig, files: CheckpointFiles, imageSize: ImageSizeOptions): Record<string, unknown> {
  const { architecture, text } = config;
  const settings = readImageSettings({ files, config, imageSize });
  const processorClass = architecture.replace('ForConditionalGeneration', 'Processor');
  const { text_config: textConfig, ...root } = files.config as Record<string, unknown>;
  return {
    'config.json': {
      ...root,
      architectures: [architecture],
      image_token_id: config.imageTokenId,
      text_config: {
        ...(textConfig as Record<string, unknown> | undefined),
        model_type: 'llama',
        hidden_size: text.hiddenSize,
        num_hidden_layers: text.layers,
        num_attention_heads: text.heads,
        num_key_value_heads: text.keyValueHeads,
        head_dim: text.headDimension,
        vocab_size: text.vocabularySize,
      },
    },
    'preprocessor_config.json': {
      ...(files.preprocessorConfig as Record<string, unknown> | undefined),
      do_convert_rgb: true,
      do_image_splitting: settings.splitting,
      do_normalize: true,
      do_pad: true,
      do_rescale: true,
      do_resize: true,
      image_mean: settings.mean,
      image_std: settings.std,
      image_processor_type: architecture.replace('ForConditionalGeneration', 'ImageProcessor'),
      max_image_size: { longest_edge: settings.tileSize },
      processor_class: processorClass,
      rescale_factor: settings.rescaleFactor,
      size: { longest_edge: settings.longestEdge },
    },
    'processor_config.json': { image_seq_len: settings.tokensPerTile, processor_class: processorClass },
  };
}
