import { MmhsError, type RgbImage } from '@mmhs/core';

import { cropImage } from './crop.ts';

/** Size of one tile in pixels. */
export interface TileOptions {
  readonly width: number;
  readonly height: number;
}

/**
 * Cuts a picture into equal tiles, row by row.
 *
 * @throws MmhsError `MMHS_IMAGE_SIZE` when the picture is not a whole number of tiles wide and high.
 */
export function tile(image: RgbImage, { width, height }: TileOptions): RgbImage[] {
  const rows = image.height / height;
  const columns = image.width / width;
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) {
    throw new MmhsError('MMHS_IMAGE_SIZE', 'A picture cannot be cut into equal tiles', {
      got: `${image.width} x ${image.height}`,
      expected: `multiples of ${width} x ${height}`,
    });
  }
  return Array.from({ length: rows * columns }, (_, index) =>
    cropImage(image, {
      left: (index % columns) * width,
      top: Math.floor(index / columns) * height,
      width,
      height,
    }),
  );
}
