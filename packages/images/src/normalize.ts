import type { RgbImage } from '@mmhs/core';

/** Factor that turns 0..255 into 0..1, as preprocessor files spell it. */
export const defaultRescaleFactor = 0.00392156862745098;

/** How pixels become floats. */
export interface NormalizeOptions {
  /** Mean of each channel, after rescaling. */
  readonly mean: readonly [number, number, number];
  /** Standard deviation of each channel, after rescaling. */
  readonly std: readonly [number, number, number];
  /** Default {@link defaultRescaleFactor}. */
  readonly rescaleFactor?: number;
  /** Where to write instead of a new array; 3 * height * width elements long. */
  readonly into?: Float32Array;
}

/**
 * Turns a picture into planes `[3, height, width]`: `(float32(value * rescaleFactor) - mean) / std`, the product in
 * double precision and the rest in float32, as the reference's Pillow-backed processors do.
 */
export function normalizeToPlanar(
  image: RgbImage,
  { mean, std, rescaleFactor = defaultRescaleFactor, into }: NormalizeOptions,
): Float32Array {
  const pixels = image.width * image.height;
  const result = into ?? new Float32Array(3 * pixels);
  for (let channel = 0; channel < 3; channel += 1) {
    const table = normalizedValues(rescaleFactor, mean[channel]!, std[channel]!);
    const plane = channel * pixels;
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      result[plane + pixel] = table[image.data[pixel * 3 + channel]!]!;
    }
  }
  return result;
}

function normalizedValues(rescaleFactor: number, mean: number, std: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, value) => {
    const centered = Math.fround(Math.fround(value * rescaleFactor) - Math.fround(mean));
    return centered / Math.fround(std);
  });
}
