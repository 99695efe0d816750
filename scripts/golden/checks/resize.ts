import { join } from 'node:path';
import { resizeImage } from '@mmhs/images';

import { largestDifference } from '../compare.ts';
import { readJson } from '../json-file.ts';
import type { PicturePool } from '../picture-pool.ts';
import type { Reporter } from '../reporter.ts';
import { resizeSchema } from '../schemas.ts';
import { openTensorFile } from '../tensor-file.ts';

/** Resizes decoded pictures; every byte must be the reference's. */
export async function checkResize(options: {
  readonly folder: string;
  readonly pictures: PicturePool;
  readonly reporter: Reporter;
}): Promise<void> {
  const { folder, pictures, reporter } = options;
  const { cases } = await readJson(join(folder, 'resize.json'), resizeSchema);
  const expected = await openTensorFile(join(folder, 'resize.safetensors'));
  for (const { tensor, image, size: [width, height], filter } of cases) {
    await reporter.group(`resize ${tensor}`, async () => {
      const resized = resizeImage(await pictures.get(image), { width, height, filter });
      const error = largestDifference(resized.data, (await expected.uint8(tensor)).data);
      reporter.measure(`resize ${tensor}`, { error, tolerance: 0 });
    });
  }
}
