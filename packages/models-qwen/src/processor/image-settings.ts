import { MmhsError, type CheckpointFiles, type ImageSizeOptions } from '@mmhs/core';
import { checkProcessorFits, readImageProcessor, type PixelSettings } from '@mmhs/core/family-tools';
import { z } from 'zod';

import type { QwenConfig } from '../config.ts';

/** How pictures are prepared for the vision tower. */
export interface QwenImageSettings extends PixelSettings {
  readonly patchSize: number;
  readonly temporalPatchSize: number;
  readonly mergeSize: number;
  readonly minPixels: number;
  readonly maxPixels: number;
}

const positive = z.number().int().positive();
const imageSchema = z.object({
  min_pixels: positive.nullish(),
  max_pixels: positive.nullish(),
  // Newer files say it here; these are numbers of pixels too, whatever their names.
  size: z.object({ shortest_edge: positive, longest_edge: positive }).nullish(),
  patch_size: positive.nullish(),
  temporal_patch_size: positive.nullish(),
  merge_size: positive.nullish(),
});
const defaults = {
  filter: 'bicubic', mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711],
} as const;

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
  const { own: image, pixels, whereIs } = readImageProcessor({ files, schema: imageSchema, defaults });
  checkProcessorFits({ where: whereIs('patch_size'), got: image.patch_size, expected: vision.patchSize });
  checkProcessorFits({ where: whereIs('temporal_patch_size'), got: image.temporal_patch_size, expected: vision.temporalPatchSize });
  checkProcessorFits({ where: whereIs('merge_size'), got: image.merge_size, expected: vision.mergeSize });
  const token = (vision.patchSize * vision.mergeSize) ** 2;
  const fileMax = image.max_pixels ?? image.size?.longest_edge ?? 1280 * token;
  const maxPixels = checkPixels('maxPixels', imageSize.maxPixels) ?? Math.min(fileMax, defaultTokens * token);
  const fileMin = image.min_pixels ?? image.size?.shortest_edge ?? 4 * token;
  const minPixels = checkPixels('minPixels', imageSize.minPixels, maxPixels) ?? Math.min(fileMin, maxPixels);
  return {
    ...pixels,
    patchSize: vision.patchSize,
    temporalPatchSize: vision.temporalPatchSize,
    mergeSize: vision.mergeSize,
    minPixels,
    maxPixels,
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
