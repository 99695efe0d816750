import { MmhsError, type RgbImage } from '@mmhs/core';

/** A rectangle of pixels. */
export interface CropOptions {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Copies a rectangle out of a picture.
 *
 * @throws MmhsError `MMHS_IMAGE_SIZE` when the rectangle is empty or reaches beyond the picture.
 */
export function cropImage(image: RgbImage, { left, top, width, height }: CropOptions): RgbImage {
  const inside = [left, top, width, height].every(Number.isInteger) && left >= 0 && top >= 0 && width >= 1 && height >= 1
    && left + width <= image.width && top + height <= image.height;
  if (!inside) {
    throw new MmhsError('MMHS_IMAGE_SIZE', 'A picture cannot be cropped to that rectangle', {
      got: `${width} x ${height} at (${left}, ${top})`,
      expected: `a rectangle inside ${image.width} x ${image.height}`,
    });
  }
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row += 1) {
    const from = ((top + row) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), row * width * 3);
  }
  return { width, height, data };
}
