import { join } from 'node:path';
import type { RgbImage } from '@mmhs/core';

import { openTensorFile } from './tensor-file.ts';

/** The decoded pictures of a folder, as the reference decoded them. */
export interface PicturePool {
  has(name: string): boolean;
  /** Throws when there is no such picture. */
  get(name: string): Promise<RgbImage>;
}

/** Opens `images/decoded.safetensors`: uint8 `[height, width, 3]` by file name. */
export async function openPicturePool(folder: string): Promise<PicturePool> {
  const file = await openTensorFile(join(folder, 'images', 'decoded.safetensors'));
  return {
    has: (name) => file.has(name),
    async get(name) {
      const { shape, data } = await file.uint8(name);
      const [height = 0, width = 0] = shape;
      return { width, height, data };
    },
  };
}
