import { MmhsError, type CheckpointFiles } from '@mmhs/core';
import { patchesPerSide } from '@mmhs/graph';
import type { ResizeFilter } from '@mmhs/images';
import { z } from 'zod';

import type { PaligemmaConfig } from '../config.ts';

/** How pictures are prepared for the vision tower. */
export interface PaligemmaImageSettings {
  /** Side of the square that every picture is squeezed into, in pixels. */
  readonly imageSize: number;
  readonly filter: ResizeFilter;
  readonly rescaleFactor: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** Image tokens of each picture. */
  readonly imageTokens: number;
}

const side = z.number().int().positive();
const channels = z.tuple([z.number(), z.number(), z.number()]);
const imageSchema = z.object({
  size: z.object({ height: side, width: side }).nullish(),
  image_seq_length: side.nullish(),
  do_resize: z.literal(true).default(true),
  do_rescale: z.literal(true).default(true),
  do_normalize: z.literal(true).default(true),
  resample: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(3),
  rescale_factor: z.number().positive().default(1 / 255),
  image_mean: channels.default([0.5, 0.5, 0.5]),
  image_std: channels.default([0.5, 0.5, 0.5]),
});
const processorSchema = z.object({ image_processor: z.record(z.string(), z.unknown()).nullish() });

/** Pillow's numbers of the kernels. */
const filters = { 1: 'lanczos', 2: 'bilinear', 3: 'bicubic' } as const;

/**
 * Reads preprocessor_config.json, or in the newer form its content inside processor_config.json, and checks it against the
 * model. What is absent gets the defaults of the reference's SigLIP processor.
 *
 * @throws MmhsError `MMHS_MODEL_CONFIG` naming the file and the field.
 */
export function readImageSettings(
  files: Pick<CheckpointFiles, 'preprocessorConfig' | 'processorConfig'>, { vision }: PaligemmaConfig,
): PaligemmaImageSettings {
  const processor = parse(processorSchema, files.processorConfig ?? {}, 'processor_config.json');
  const image = files.preprocessorConfig === undefined
    ? parse(imageSchema, processor.image_processor ?? {}, 'processor_config.json: image_processor')
    : parse(imageSchema, files.preprocessorConfig, 'preprocessor_config.json');
  const imageTokens = patchesPerSide(vision) ** 2;
  const { height, width } = image.size ?? { height: vision.imageSize, width: vision.imageSize };
  checkEqual('size.height', height, vision.imageSize);
  checkEqual('size.width', width, vision.imageSize);
  checkEqual('image_seq_length', image.image_seq_length ?? imageTokens, imageTokens);
  return {
    imageSize: vision.imageSize,
    filter: filters[image.resample],
    rescaleFactor: image.rescale_factor,
    mean: image.image_mean,
    std: image.image_std,
    imageTokens,
  };
}

function checkEqual(field: string, got: number, expected: number): void {
  if (got === expected) return;
  throw new MmhsError('MMHS_MODEL_CONFIG', 'The processor does not fit the model', {
    where: `preprocessor_config.json: ${field}`,
    got: String(got),
    expected: `${expected}, as vision_config has it`,
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
