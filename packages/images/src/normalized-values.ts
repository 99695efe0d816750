/** Factor that turns 0..255 into 0..1, as preprocessor files spell it. */
export const defaultRescaleFactor = 0.00392156862745098;

/** How the 256 values of a channel become floats. */
export interface ChannelScaling {
  /** Mean of each channel, after rescaling. */
  readonly mean: readonly [number, number, number];
  /** Standard deviation of each channel, after rescaling. */
  readonly std: readonly [number, number, number];
  /** Default {@link defaultRescaleFactor}. */
  readonly rescaleFactor?: number;
}

/**
 * The float of every pixel value, for each channel, `[3, 256]`: `(float32(value * rescaleFactor) - mean) / std`, the product
 * in double precision and the rest in float32, as the reference's Pillow-backed processors do. A pixel then costs a look-up.
 */
export function normalizedValues({ mean, std, rescaleFactor = defaultRescaleFactor }: ChannelScaling): Float32Array {
  const tables = new Float32Array(3 * 256);
  for (let channel = 0; channel < 3; channel += 1) {
    const center = Math.fround(mean[channel]!);
    const spread = Math.fround(std[channel]!);
    for (let value = 0; value < 256; value += 1) {
      const centered = Math.fround(Math.fround(value * rescaleFactor) - center);
      tables[channel * 256 + value] = centered / spread;
    }
  }
  return tables;
}
