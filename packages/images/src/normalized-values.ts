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
 * The float of every pixel value, for each channel: `(float32(value * rescaleFactor) - mean) / std`, the product in double
 * precision and the rest in float32, as the reference's Pillow-backed processors do. A look-up is all a pixel costs then.
 */
export function normalizedValues({
  mean,
  std,
  rescaleFactor = defaultRescaleFactor,
}: ChannelScaling): [red: Float32Array, green: Float32Array, blue: Float32Array] {
  const channel = (index: 0 | 1 | 2): Float32Array =>
    Float32Array.from({ length: 256 }, (_, value) => {
      const centered = Math.fround(Math.fround(value * rescaleFactor) - Math.fround(mean[index]));
      return centered / Math.fround(std[index]);
    });
  return [channel(0), channel(1), channel(2)];
}
