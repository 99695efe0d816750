import { join } from 'node:path';
import type { PostProcessor, VlmFamily, VlmModel } from '@mmhs/core';
import { openCheckpointFolder, openCheckpointTensors, type CheckpointFolder, type CheckpointHandle, type Runtime } from '@mmhs/runtime';

import type { PicturePool } from './picture-pool.ts';
import type { ImageSettings } from './schemas.ts';

/** A model of the folder, opened as a user of the packages opens it, and where its expected values are. */
export interface ModelUnderTest {
  /** Name of the sub-folder. */
  readonly name: string;
  readonly family: VlmFamily;
  readonly model: VlmModel;
  readonly checkpoint: CheckpointFolder;
  readonly runtime: Runtime;
  readonly weights: CheckpointHandle;
  readonly pictures: PicturePool;
  /** Absolute path of a file of the sub-folder. */
  path(name: string): string;
  /** The family's processor with these image settings, or with the checkpoint's. */
  processor(settings?: ImageSettings): PostProcessor;
}

/** Opens `<folder>/<name>/model`. */
export async function openModelUnderTest(options: {
  readonly folder: string;
  readonly name: string;
  readonly family: VlmFamily;
  readonly runtime: Runtime;
  readonly pictures: PicturePool;
}): Promise<ModelUnderTest> {
  const { folder, name, family, runtime, pictures } = options;
  const modelFolder = join(folder, name, 'model');
  const opened = await openCheckpointFolder({ folder: modelFolder });
  const { files, tokenizer } = opened;
  const model = family.openModel(files);
  const { canonicalName } = model;
  const checkpoint = { ...opened, ...(await openCheckpointTensors({ folder: modelFolder, canonicalName })) };
  return {
    name,
    family,
    model,
    checkpoint,
    runtime,
    weights: await runtime.loadCheckpoint({ folder: modelFolder, canonicalName }),
    pictures,
    path: (file) => join(folder, name, file),
    processor: (settings = {}) => family.openProcessor({ files, tokenizer, imageSize: imageSizeOf(settings) }),
  };
}

function imageSizeOf({ longest_edge, min_pixels, max_pixels }: ImageSettings) {
  return {
    ...(longest_edge === undefined ? {} : { longestEdge: longest_edge }),
    ...(min_pixels === undefined ? {} : { minPixels: min_pixels }),
    ...(max_pixels === undefined ? {} : { maxPixels: max_pixels }),
  };
}
