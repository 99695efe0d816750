import { z } from 'zod';

import { MmhsError } from '../errors.ts';
import type { CheckpointFiles } from '../family.ts';
import { parseCheckpointFile } from './checkpoint-file.ts';

/** How the reference's image processors make numbers of pixels, whatever the family. */
export interface PixelSettings {
  readonly filter: 'lanczos' | 'bilinear' | 'bicubic';
  readonly rescaleFactor: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** A checkpoint's image settings: those of the family, and those that all families have. */
export interface ImageProcessorFile<Own> {
  readonly own: Own;
  readonly pixels: PixelSettings;
  /** The place of a field, for messages: the file's name and the path inside it. */
  readonly whereIs: (field: string) => string;
}

/** Pillow's numbers of the kernels. */
const filters = { 1: 'lanczos', 2: 'bilinear', 3: 'bicubic' } as const;

const channels = z.tuple([z.number(), z.number(), z.number()]);
const pixelSchema = z.object({
  do_resize: z.literal(true).default(true),
  do_rescale: z.literal(true).default(true),
  do_normalize: z.literal(true).default(true),
  resample: z.union([z.literal(1), z.literal(2), z.literal(3)]).optional(),
  rescale_factor: z.number().positive().default(1 / 255),
  image_mean: channels.optional(),
  image_std: channels.optional(),
});
const nestedSchema = z.object({ image_processor: z.record(z.string(), z.unknown()).nullish() });

/**
 * Reads preprocessor_config.json, or where there is none the newer form inside processor_config.json.
 *
 * @param options.schema the family's own fields.
 * @param options.defaults values of the reference's class, for files that leave them out.
 * @throws MmhsError `MMHS_MODEL_CONFIG` naming the file and the field.
 */
export function readImageProcessor<Schema extends z.ZodType>(options: {
  readonly files: Pick<CheckpointFiles, 'preprocessorConfig' | 'processorConfig'>;
  readonly schema: Schema;
  readonly defaults: Omit<PixelSettings, 'rescaleFactor'>;
}): ImageProcessorFile<z.infer<Schema>> {
  const { files, schema, defaults } = options;
  const { value, file, path } = findSettings(files);
  const own = parseCheckpointFile({ schema, value, file, path });
  const image = parseCheckpointFile({ schema: pixelSchema, value, file, path });
  return {
    own,
    pixels: {
      filter: image.resample === undefined ? defaults.filter : filters[image.resample],
      rescaleFactor: image.rescale_factor,
      mean: image.image_mean ?? defaults.mean,
      std: image.image_std ?? defaults.std,
    },
    whereIs: (field) => `${file}: ${path === '' ? field : `${path}.${field}`}`,
  };
}

function findSettings(files: Pick<CheckpointFiles, 'preprocessorConfig' | 'processorConfig'>) {
  if (files.preprocessorConfig !== undefined) return { value: files.preprocessorConfig, file: 'preprocessor_config.json', path: '' };
  const file = 'processor_config.json';
  const nested = parseCheckpointFile({ schema: nestedSchema, value: files.processorConfig ?? {}, file });
  return { value: nested.image_processor ?? {}, file, path: 'image_processor' };
}

/**
 * Makes sure that image settings are those the model was made for; absent ones are.
 *
 * @throws MmhsError `MMHS_MODEL_CONFIG` when they are not.
 */
export function checkProcessorFits(options: {
  readonly where: string;
  readonly got: number | null | undefined;
  /** What config.json asks for. */
  readonly expected: number;
}): void {
  const { where, got, expected } = options;
  if (got === null || got === undefined || got === expected) return;
  throw new MmhsError('MMHS_MODEL_CONFIG', 'The processor does not fit the model', {
    where,
    got: String(got),
    expected: `${expected}, as vision_config has it`,
    fix: "take the processor's files from the model's page",
  });
}
