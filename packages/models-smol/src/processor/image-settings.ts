import { MmhsError, type CheckpointFiles, type ImageSizeOptions } from '@mmhs/core';
import { checkProcessorFits, parseCheckpointFile, readImageProcessor, type PixelSettings } from '@mmhs/core/family-tools';
import { patchesPerSide } from '@mmhs/graph';
import { z } from 'zod';

import type { SmolConfig } from '../config.ts';

/** How pictures are prepared for the vision tower. */
export interface SmolImageSettings extends PixelSettings {
  /** Side of a tile in pixels. */
  readonly tileSize: number;
  /** Length of the longer side before tiling. */
  readonly longestEdge: number;
  /** Whether large pictures are cut into tiles. */
  readonly splitting: boolean;
  /** Image tokens of each tile. */
  readonly tokensPerTile: number;
}

const edge = z.object({ longest_edge: z.number().int().positive() });
const imageSchema = z.object({
  size: edge.nullish(),
  max_image_size: edge.nullish(),
  do_image_splitting: z.boolean().default(true),
});
const processorSchema = z.object({ image_seq_len: z.number().int().positive().nullish() });
const defaults = { filter: 'lanczos', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;

/**
 * Reads preprocessor_config.json and processor_config.json, or the newer form with the former inside the latter, and
 * checks them against the model. What is absent gets the published checkpoints' values: tiles as large as the tower's
 * pictures, four times that for the longest edge.
 *
 * @throws MmhsError `MMHS_MODEL_CONFIG` naming the file and the field; `MMHS_IMAGE_SIZE` for an unusable `longestEdge`.
 */
export function readImageSettings(options: {
  readonly files: Pick<CheckpointFiles, 'preprocessorConfig' | 'processorConfig'>;
  readonly config: SmolConfig;
  readonly imageSize?: ImageSizeOptions;
}): SmolImageSettings {
  const { files, config, imageSize = {} } = options;
  const { own, pixels, whereIs } = readImageProcessor({ files, schema: imageSchema, defaults });
  const processor = parseCheckpointFile({ schema: processorSchema, value: files.processorConfig ?? {}, file: 'processor_config.json' });
  const tileSize = own.max_image_size?.longest_edge ?? config.vision.imageSize;
  const tokensPerTile = (patchesPerSide(config.vision) / config.scaleFactor) ** 2;
  checkProcessorFits({ where: whereIs('max_image_size.longest_edge'), got: tileSize, expected: config.vision.imageSize });
  checkProcessorFits({ where: 'processor_config.json: image_seq_len', got: processor.image_seq_len, expected: tokensPerTile });
  return {
    ...pixels,
    tileSize,
    longestEdge: checkLongestEdge(imageSize.longestEdge) ?? own.size?.longest_edge ?? 4 * tileSize,
    splitting: own.do_image_splitting,
    tokensPerTile,
  };
}

function checkLongestEdge(longestEdge: number | undefined): number | undefined {
  if (longestEdge === undefined || (Number.isInteger(longestEdge) && longestEdge > 0)) return longestEdge;
  throw new MmhsError('MMHS_IMAGE_SIZE', 'The longest edge is not usable', {
    where: 'longestEdge',
    got: String(longestEdge),
    expected: 'a whole number of pixels, at least 1',
  });
}
