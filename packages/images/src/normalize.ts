import type { RgbImage } from '@mmhs/core';

import { checkLength } from './check-length.ts';
import { normalizedValues, type ChannelScaling } from './normalized-values.ts';

/** How pixels become planes of floats. */
export interface NormalizeOptions extends ChannelScaling {
  /** Where to write instead of a new array; 3 * height * width elements long. */
  readonly into?: Float32Array;
}

/**
 * Turns a picture into planes `[3, height, width]`: `(float32(value * rescaleFactor) - mean) / std`, the product in
 * double precision and the rest in float32, as the reference's Pillow-backed processors do.
 *
 * @throws MmhsError `MMHS_IMAGE_SIZE` when `into` has another length.
 */
export function normalizeToPlanar(image: RgbImage, { into, ...scaling }: NormalizeOptions): Float32Array {
  const { data } = image;
  const pixels = image.width * image.height;
  const result = into ?? new Float32Array(3 * pixels);
  checkLength(result, 3 * pixels);
  const [red, green, blue] = normalizedValues(scaling);
  for (let pixel = 0, from = 0; pixel < pixels; pixel += 1, from += 3) {
    result[pixel] = red[data[from]!]!;
    result[pixels + pixel] = green[data[from + 1]!]!;
    result[2 * pixels + pixel] = blue[data[from + 2]!]!;
  }
  return result;
}
