import { MmhsError, type CheckpointFiles, type ImageSizeOptions } from '@mmhs/core';
import type { ResizeFilter } from '@mmhs/images';
import { z } from 'zod';

import type { SmolConfig } from '../config.ts';

/** How pictures are prepared for the vision tower. */
export interface SmolImageSettings {
  /** Side of a tile in pixels. */
  readonly tileSize: number;
  /** Length of the longer side before tiling. */
  readonly longestEdge: number;
  /** Whether large pictures are cut into tiles. */
  readonly splitting: boolean;
  readonly filter: ResizeFilter;
  readonly rescaleFactor: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** Image tokens of each tile. */
  readonly tokensPerTile: number;
}

const edge = z.object({ longest_edge: z.number().int().positive() });
const channels = z.tuple([z.number(), z.number(), z.number()]);
const imageSchema = z.object({
  size: edge.nullish(),
  max_image_size: edge.nullish(),
  do_image_splitting: z.boolean().default(true),
  do_resize: z.literal(true).default(true),
  do_rescale: z.literal(true).default(true),
  do_normalize: z.literal(true).default(true),
  resample: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(1),
  rescale_factor: z.number().positive().default(1 / 255),
  image_mean: channels.default([0.5, 0.5, 0.5]),
  image_std: channels.default([0.5, 0.5, 0.5]),
});
const processorSchema = z.object({
  image_seq_len: z.number().int().positive().nullish(),
  image_processor: z.record(z.string(), z.unknown()).nullish(),
});

/** Pillow's numbers of the kernels. */
const filters = { 1: 'lanczos', 2: 'bilinear', 3: 'bicubic' } as const;

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
  const processor = parse(processorSchema, files.processorConfig ?? {}, 'processor_config.json');
  const image = files.preprocessorConfig === undefined
    ? parse(imageSchema, processor.image_processor ?? {}, 'processor_config.json: image_processor')
    : parse(imageSchema, files.preprocessorConfig, 'preprocessor_config.json');
  const { imageSize: towerSize, patchSize } = config.vision;
  const tileSize = image.max_image_size?.longest_edge ?? towerSize;
  const tokensPerTile = (Math.floor(towerSize / patchSize) / config.scaleFactor) ** 2;
  checkEqual('max_image_size.longest_edge', tileSize, `${towerSize}, the vision tower's image_size`, towerSize);
  checkEqual('image_seq_len', processor.image_seq_len ?? tokensPerTile, `${tokensPerTile} for this tower`, tokensPerTile);
  return {
    tileSize,
    longestEdge: checkLongestEdge(imageSize.longestEdge) ?? image.size?.longest_edge ?? 4 * tileSize,
    splitting: image.do_image_splitting,
    filter: filters[image.resample],
    rescaleFactor: image.rescale_factor,
    mean: image.image_mean,
    std: image.image_std,
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

function checkEqual(field: string, got: number, expected: string, value: number): void {
  if (got === value) return;
  throw new MmhsError('MMHS_MODEL_CONFIG', 'The processor does not fit the model', {
    where: field,
    got: String(got),
    expected,
    fix: "take the processor's files from the model's page",
  });
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, file: string): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new MmhsError('MMHS_MODEL_CONFIG', 'The processor configuration is not usable', {
    where: [file, issue?.path.join('.')].filter(Boolean).join(': '),
    expected: issue?.message ?? 'another value',
    cause: result.error,
  });
}
