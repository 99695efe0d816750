/** How large a file may be before it is refused unread. */
export interface ImageLimits {
  /** Largest width times height, read from the header before anything is decoded. Default {@link defaultMaxPixels}. */
  readonly maxPixels?: number;
  /** Largest file in bytes. Default {@link defaultMaxBytes}. */
  readonly maxBytes?: number;
}

/** Pixels above which Pillow raises DecompressionBombError: twice its 2^28 / 3. */
export const defaultMaxPixels = 178_956_970;

/** 64 MiB. */
export const defaultMaxBytes = 64 * 1024 * 1024;
