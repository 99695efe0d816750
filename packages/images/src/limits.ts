/** What a picture may cost before it is refused. */
export interface ImageLimits {
  /** Largest width times height, read from the header before anything is decoded. Default {@link defaultMaxPixels}. */
  readonly maxPixels?: number;
  /** Largest file in bytes, looked up before it is read. Default {@link defaultMaxBytes}. */
  readonly maxBytes?: number;
  /** Longest time from the call to the picture, in milliseconds. Default {@link defaultMaxMilliseconds}. */
  readonly maxMilliseconds?: number;
}

/** Pixels above which Pillow raises DecompressionBombError: twice its 2^28 / 3. */
export const defaultMaxPixels = 178_956_970;

/** 64 MiB. */
export const defaultMaxBytes = 64 * 1024 * 1024;

/** One minute; the largest picture that the other limits allow takes a few seconds. */
export const defaultMaxMilliseconds = 60_000;
