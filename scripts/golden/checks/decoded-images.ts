import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '@mmhs/images';

import { largestDifference, tolerances } from '../compare.ts';
import { readJson } from '../json-file.ts';
import type { PicturePool } from '../picture-pool.ts';
import type { Reporter } from '../reporter.ts';
import { badImagesSchema, imagesSchema } from '../schemas.ts';

/** Decodes every picture, and expects the damaged ones to be refused. */
export async function checkDecodedImages(options: {
  readonly folder: string;
  readonly pictures: PicturePool;
  readonly reporter: Reporter;
}): Promise<void> {
  const { folder, pictures, reporter } = options;
  const { images } = await readJson(join(folder, 'images', 'images.json'), imagesSchema);
  for (const { name, lossy, binding } of images) {
    const line = `images/${name}`;
    const reference = binding ? name : `${name}|high_byte`;
    if (!pictures.has(reference)) {
      reporter.skip(line, 'not binding, and no other reference');
      continue;
    }
    await reporter.group(line, async () => {
      const decoded = await decodeImage({ path: join(folder, 'images', name) });
      const expected = await pictures.get(reference);
      const sameSize = decoded.width === expected.width && decoded.height === expected.height;
      reporter.measure(line, {
        error: sameSize ? largestDifference(decoded.data, expected.data) : Infinity,
        tolerance: lossy ? tolerances.lossyLevels : 0,
        ...(sameSize ? {} : { note: `${decoded.width} x ${decoded.height}, expected ${expected.width} x ${expected.height}` }),
      });
    });
  }
  const bad = join(folder, 'images', 'bad', 'bad.json');
  if (!existsSync(bad)) {
    reporter.skip('images/bad', 'not in the folder');
    return;
  }
  const { files } = await readJson(bad, badImagesSchema);
  for (const { name, pillow } of files) {
    // A bomb must be told by its header: any other code would mean that its pixels were asked for.
    const code = pillow.startsWith('DecompressionBomb') ? 'MMHS_IMAGE_TOO_LARGE' : undefined;
    await reporter.refused(`images/bad/${name}`, () => decodeImage({ path: join(folder, 'images', 'bad', name) }), code);
  }
}
