import type { RgbImage } from '@mmhs/core';

import { checkLength } from './check-length.ts';
import { borrowKernel } from './kernel.ts';
import { createMemoryLayout } from './memory-layout.ts';
import { normalizedValues, type ChannelScaling } from './normalized-values.ts';

/** How pixels become planes of floats. */
export interface NormalizeOptions extends ChannelScaling {
  /** Where to write instead of a new array; 3 * height * width elements long. */
  readonly into?: Float32Array;
}

/** Pixels that are in the kernel's memory at a time: few enough for a processor's cache. */
const bandPixels = 16_384;

/**
 * Turns a picture into planes `[3, height, width]`: `(float32(value * rescaleFactor) - mean) / std`, the product in
 * double precision and the rest in float32, as the reference's Pillow-backed processors do.
 *
 * @throws MmhsError `MMHS_IMAGE_SIZE` when `into` has another length.
 */
export function normalizeToPlanar(image: RgbImage, { into, ...scaling }: NormalizeOptions): Float32Array {
  const pixels = image.width * image.height;
  const result = into ?? new Float32Array(3 * pixels);
  checkLength(result, 3 * pixels);
  const layout = createMemoryLayout();
  const tables = layout.place(3 * 256 * 4);
  const source = layout.place(bandPixels * 3);
  const target = layout.place(bandPixels * 3 * 4);
  const { bytes, lookUp } = borrowKernel(layout.byteLength());
  const floats = new Float32Array(bytes.buffer);
  floats.set(normalizedValues(scaling), tables / 4);
  for (let start = 0; start < pixels; start += bandPixels) {
    const count = Math.min(bandPixels, pixels - start);
    bytes.set(image.data.subarray(start * 3, (start + count) * 3), source);
    lookUp(source, 0, count, 1, target, count * 4, tables);
    for (let channel = 0; channel < 3; channel += 1) {
      const from = target / 4 + channel * count;
      result.set(floats.subarray(from, from + count), channel * pixels + start);
    }
  }
  return result;
}
