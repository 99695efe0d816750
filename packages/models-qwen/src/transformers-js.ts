import type { CheckpointFiles, ImageSizeOptions, TransformersJsExport } from '@mmhs/core';
import {
  add, cast, composeExportGraphs, concat, cumulativeSum, div, gatherRows, largest, less, lessOrEqual, mul, multiplyDimensions, range,
  rangeTo, reduceSum, remainder, reshape, slice, sub, where, type Graph, type Value, type VlmDefinition,
} from '@mmhs/graph';

import type { QwenConfig } from './config.ts';
import { readImageSettings } from './processor/image-settings.ts';

/** How Qwen2-VL is written for `@huggingface/transformers`. */
export function exportQwen(config: QwenConfig, define: (graph: Graph) => VlmDefinition): TransformersJsExport {
  const { text, vision } = config;
  const cache = { layers: text.layers, keyValueHeads: text.keyValueHeads, headDimension: text.headDimension };
  return {
    graphs: (options) => composeExportGraphs(define, {
      ...options,
      cache,
      imageFeatures(graph, model) {
        bindGrids(graph, vision);
        return model.imageFeatures(graph);
      },
    }),
    files: ({ files, imageSize }) => exportFiles(config, files, imageSize),
  };
}

/** What the processor computes here from the grids of pictures (`gridTensors`), computed in the graph from `grid_thw`. */
function bindGrids(graph: Graph, { patchSize, temporalPatchSize, mergeSize }: QwenConfig['vision']): void {
  const patches = multiplyDimensions('image_rows', mergeSize ** 2);
  graph.input('pixel_values', 'float32', [patches, 3 * temporalPatchSize * patchSize ** 2]);
  const grid = graph.input('grid_thw', 'int64', ['pictures', 3]);
  const column = (axis: number): Value => reshape(slice(grid, { axis: 1, start: axis, end: axis + 1 }), ['pictures']);
  const counts = mul(column(1), column(2));
  const ends = cumulativeSum(counts);
  const starts = sub(ends, counts);

  const rows = range(graph, patches);
  // As many pictures end at or before a patch as there are pictures before its own.
  const isOver = lessOrEqual(reshape(ends, [1, 'pictures']), reshape(rows, [patches, 1]));
  const picture = reshape(reduceSum(cast(isOver, 'int64'), [1]), [patches]);
  const inside = sub(rows, gatherRows(starts, picture));
  bindPlaces(graph, { inside, width: gatherRows(column(2), picture), mergeSize });

  const longest = largest(counts);
  const places = graph.measure(rangeTo(longest, 'longest'), ['longest']);
  const isRow = less(reshape(places, [1, 'longest']), reshape(counts, ['pictures', 1]));
  // Padding repeats the picture's first row.
  const offsets = where(isRow, reshape(places, [1, 'longest']), graph.constant('int64', [], [0]));
  graph.bindInput('segment_rows', add(reshape(starts, ['pictures', 1]), offsets));
  graph.bindInput('segment_mask', cast(isRow, 'float32'));
  graph.bindInput('segment_places', add(mul(picture, longest), inside));
}

/** Row and column of each patch in its picture: squares row by row, and row by row within a square. */
function bindPlaces(graph: Graph, options: { readonly inside: Value; readonly width: Value; readonly mergeSize: number }): void {
  const { inside, width, mergeSize } = options;
  const number = (value: number): Value => graph.constant('int64', [], [value]);
  const area = number(mergeSize ** 2);
  const square = div(inside, area);
  const within = remainder(inside, area);
  const squaresAcross = div(width, number(mergeSize));
  const down = add(mul(div(square, squaresAcross), number(mergeSize)), div(within, number(mergeSize)));
  const across = add(mul(remainder(square, squaresAcross), number(mergeSize)), remainder(within, number(mergeSize)));
  const lines = [down, across].map((line) => reshape(line, [1, 'image_rows', mergeSize ** 2]));
  graph.bindInput('patch_positions', concat(lines, 0));
}

/** Text settings at the root, where that library looks for them, and image settings with the size of training. */
function exportFiles(config: QwenConfig, files: CheckpointFiles, imageSize: ImageSizeOptions): Record<string, unknown> {
  const { text, vision } = config;
  const settings = readImageSettings({ files, config, imageSize });
  const { text_config: nested, ...root } = files.config as Record<string, unknown>;
  const { size: _, ...image } = (files.preprocessorConfig ?? {}) as Record<string, unknown>;
  return {
    'config.json': {
      // Ids that files may leave out because they are the class's defaults.
      vision_start_token_id: 151652,
      vision_end_token_id: 151653,
      video_token_id: 151656,
      ...(nested as Record<string, unknown> | undefined),
      ...root,
      architectures: [config.architecture],
      image_token_id: config.imageTokenId,
      hidden_size: text.hiddenSize,
      num_hidden_layers: text.layers,
      num_attention_heads: text.heads,
      num_key_value_heads: text.keyValueHeads,
      vocab_size: text.vocabularySize,
      vision_config: { ...(root['vision_config'] as Record<string, unknown> | undefined), spatial_merge_size: vision.mergeSize },
    },
    'preprocessor_config.json': {
      ...image,
      do_convert_rgb: true,
      do_normalize: true,
      do_rescale: true,
      do_resize: true,
      image_mean: settings.mean,
      image_std: settings.std,
      image_processor_type: 'Qwen2VLImageProcessor',
      max_pixels: settings.maxPixels,
      merge_size: settings.mergeSize,
      min_pixels: settings.minPixels,
      patch_size: settings.patchSize,
      processor_class: 'Qwen2VLProcessor',
      rescale_factor: settings.rescaleFactor,
      temporal_patch_size: settings.temporalPatchSize,
    },
  };
}
