import { MmhsError, type CheckpointFiles, type ImageSizeOptions } from '@mmhs/core';
import type { ResizeFilter } from '@mmhs/images';
import { z } from 'zod';

import type { QwenConfig } from '../config.ts';

/** How pictures are prepared for the vision tower. */
export interface QwenImageSettings {
  readonly patchSize: number;
  readonly temporalPatchSize: number;
  readonly mergeSize: number;
  readonly minPixels: number;
  readonly maxPixels: number;
  readonly filter: ResizeFilter;
  readonly rescaleFactor: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

const pixels = z.number().int().positive();
const channels = z.tuple([z.number(), z.number(), z.number()]);
const imageSchema = z.object({
  min_pixels: pixels.nullish(),
  max_pixels: pixels.nullish(),
  // Newer files say it here; these are numbers of pixels too, whatever their names.
  size: z.object({ shortest_edge: pixels, longest_edge: pixels }).nullish(),
  patch_size: pixels.nullish(),
  temporal_patch_size: pixels.nullish(),
  merge_size: pixels.nullish(),
  do_resize: z.literal(true).default(true),
  do_rescale: z.literal(true).default(true),
  do_normalize: z.literal(true).default(true),
  resample: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(3),
  rescale_factor: z.number().positive().default(1 / 255),
  image_mean: channels.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: channels.default([0.26862954, 0.26130258, 0.27577711]),
});

/** Pillow's numbers of the kernels. */
const filters = { 1: 'lanczos', 2: 'bilinear', 3: 'bicubic' } as const;

/** Image tokens that a picture has at most unless asked for: published files allow 16,384, which no training step bears. */
const defaultTokens = 256;

/**
 * Reads preprocessor_config.json, or the newer form inside processor_config.json, and checks it against the model.
 *
 * `minPixels` and `maxPixels` replace the file's. Without them the file's hold, but a picture gets no more than 256 image
 * tokens; the file's minimum gives way to a smaller maximum.
 *
 * @throws MmhsError `MMHS_MODEL_CONFIG` naming the file and the field; `MMHS_IMAGE_SIZE` for unusable numbers of pixels.
 */
export function readImageSettings(options: {
  readonly files: Pick<CheckpointFiles, 'preprocessorConfig' | 'processorConfig'>;
  readonly config: QwenConfig;
  readonly imageSize?: ImageSizeOptions;
}): QwenImageSettings {
  const { files, config: { vision }, imageSize = {} } = options;
  const nested = files.preprocessorConfig === undefined;
  const file = nested ? 'processor_config.json: image_processor' : 'preprocessor_config.json';
  const source = nested ? (files.processorConfig as { image_processor?: unknown } | undefined)?.image_processor ?? {} : files.preprocessorConfig;
  const image = parse(source, file);
  checkEqual(`${file}: patch_size`, image.patch_size, vision.patchSize);
  checkEqual(`${file}: temporal_patch_size`, image.temporal_patch_size, vision.temporalPatchSize);
  checkEqual(`${file}: merge_size`, image.merge_size, vision.mergeSize);
  const token = (vision.patchSize * vision.mergeSize) ** 2;
  const fileMax = image.max_pixels ?? image.size?.longest_edge ?? 1280 * token;
  const maxPixels = checkPixels('maxPixels', imageSize.maxPixels) ?? Math.min(fileMax, defaultTokens * token);
  const fileMin = image.min_pixels ?? image.size?.shortest_edge ?? 4 * token;
  const minPixels = checkPixels('minPixels', imageSize.minPixels, maxPixels) ?? Math.min(fileMin, maxPixels);
  return {
    patchSize: vision.patchSize,
    temporalPatchSize: vision.temporalPatchSize,
    mergeSize: vision.mergeSize,
    minPixels,
    maxPixels,
    filter: filters[image.resample],
    rescaleFactor: image.rescale_factor,
    mean: image.image_mean,
    std: image.image_std,
  };
}

function checkPixels(where: string, count: number | undefined, most = Infinity): number | undefined {
  if (count === undefined || (Number.isInteger(count) && count > 0 && count <= most)) return count;
  throw new MmhsError('MMHS_IMAGE_SIZE', 'The number of pixels is not usable', {
    where,
    got: String(count),
    expected: `a whole number of pixels, at least 1${most === Infinity ? '' : ` and at most maxPixels, ${most}`}`,
  });
}

function checkEqual(where: string, got: number | null | undefined, expected: number): void {
  if (got === null || got === undefined || got === expected) return;
  throw new MmhsError('MMHS_MODEL_CONFIG', 'The processor does not fit the model', {
    where,
    got: String(got),
    expected: `${expected}, as in vision_config`,
    fix: "take the processor's files from the model's page",
  });
}

function parse(value: unknown, file: string): z.infer<typeof imageSchema> {
  const result = imageSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new MmhsError('MMHS_MODEL_CONFIG', 'The processor configuration is not usable', {
    where: [file, issue?.path.join('.')].filter(Boolean).join(': '),
    expected: issue?.message ?? 'another value',
    cause: result.error,
  });
}
