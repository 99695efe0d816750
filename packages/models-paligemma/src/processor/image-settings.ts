import type { CheckpointFiles } from '@mmhs/core';
import { checkProcessorFits, readImageProcessor, type PixelSettings } from '@mmhs/core/family-tools';
import { patchesPerSide } from '@mmhs/graph';
import { z } from 'zod';

import type { PaligemmaConfig } from '../config.ts';

/** How pictures are prepared for the vision tower. */
export interface PaligemmaImageSettings extends PixelSettings {
  /** Side of the square that every picture is squeezed into, in pixels. */
  readonly imageSize: number;
  /** Image tokens of each picture. */
  readonly imageTokens: number;
}

const side = z.number().int().positive();
const imageSchema = z.object({
  size: z.object({ height: side, width: side }).nullish(),
  image_seq_length: side.nullish(),
});
const defaults = { filter: 'bicubic', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;

/**
 * Reads preprocessor_config.json, or in the newer form its content inside processor_config.json, and checks it against the
 * model. What is absent gets the defaults of the reference's SigLIP processor.
 *
 * @throws MmhsError `MMHS_MODEL_CONFIG` naming the file and the field.
 */
export function readImageSettings(
  files: Pick<CheckpointFiles, 'preprocessorConfig' | 'processorConfig'>, { vision }: PaligemmaConfig,
): PaligemmaImageSettings {
  const { own, pixels, whereIs } = readImageProcessor({ files, schema: imageSchema, defaults });
  const imageTokens = patchesPerSide(vision) ** 2;
  checkProcessorFits({ where: whereIs('size.height'), got: own.size?.height, expected: vision.imageSize });
  checkProcessorFits({ where: whereIs('size.width'), got: own.size?.width, expected: vision.imageSize });
  checkProcessorFits({ where: whereIs('image_seq_length'), got: own.image_seq_length, expected: imageTokens });
  return { ...pixels, imageSize: vision.imageSize, imageTokens };
}
