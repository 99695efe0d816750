import { MmhsError, type RgbImage } from '@mmhs/core';

import { decodeWithSharp } from './decode-with-sharp.ts';
import { unknownFormat } from './foreign-format.ts';
import { paintGifFrame, readGifFrame } from './gif.ts';
import { detectImageFormat } from './image-format.ts';
import { inTime, type TimeKeeper } from './in-time.ts';
import { defaultMaxBytes, defaultMaxMilliseconds, defaultMaxPixels, type ImageLimits } from './limits.ts';
import { checkBytes, readBytes } from './read-bytes.ts';
import { checkPixels } from './too-large.ts';

/** A picture: a file, or its bytes. */
export type ImageSource =
  | { readonly path: string }
  | {
      readonly bytes: Uint8Array;
      /** What to call the picture in messages. Default `image bytes`. */
      readonly name?: string;
    };

/** A picture to decode. */
export type DecodeOptions = ImageSource & {
  readonly limits?: ImageLimits;
  /** Ends the waiting at once. What libvips has begun it finishes in its own thread. */
  readonly signal?: AbortSignal;
};

/**
 * Decodes a picture as Pillow's `open`, `exif_transpose` and `convert('RGB')` do.
 *
 * The format is told by content, not by name. Transparency is dropped, not blended; of 16-bit samples the high byte is
 * kept; of an animation the first frame; colour profiles are ignored; the EXIF orientation is applied. Everything but GIF is
 * decoded off the main thread.
 *
 * @throws MmhsError
 * - `MMHS_IMAGE_UNREADABLE`: the file cannot be opened, or is no regular file;
 * - `MMHS_IMAGE_TOO_LARGE`: more bytes or pixels than the limits allow, found before memory is taken for them;
 * - `MMHS_IMAGE_TOO_SLOW`: not decoded within the time limit;
 * - `MMHS_IMAGE_FORMAT`: not JPEG, PNG, GIF, WebP, TIFF or AVIF, or with samples that are neither 8 nor 16 bits wide;
 * - `MMHS_IMAGE_CORRUPT`: damaged or cut short.
 */
export function decodeImage(options: DecodeOptions): Promise<RgbImage> {
  const { limits: { maxMilliseconds = defaultMaxMilliseconds } = {}, signal } = options;
  const where = 'path' in options ? options.path : (options.name ?? 'image bytes');
  return inTime({ where, maxMilliseconds, signal }, async (time) => {
    const { maxBytes = defaultMaxBytes, maxPixels = defaultMaxPixels } = options.limits ?? {};
    if ('bytes' in options) checkBytes(options.bytes.byteLength, where, maxBytes);
    const bytes = 'bytes' in options ? options.bytes : await readBytes(options.path, maxBytes, time);
    time.check();
    const image = await decodeBytes({ bytes, where, maxPixels, maxMilliseconds, time });
    time.check();
    return image;
  });
}

async function decodeBytes(options: {
  readonly bytes: Uint8Array;
  readonly where: string;
  readonly maxPixels: number;
  readonly maxMilliseconds: number;
  readonly time: TimeKeeper;
}): Promise<RgbImage> {
  const { bytes, where, maxPixels, time } = options;
  const format = detectImageFormat(bytes);
  if (format === undefined) throw unknownFormat(bytes, where);
  try {
    if (format !== 'gif') return await decodeWithSharp({ ...options, format });
    const frame = readGifFrame(bytes);
    checkPixels(frame, where, maxPixels);
    return paintGifFrame(frame, time);
  } catch (error) {
    if (MmhsError.isInstance(error) || time.signal.aborted) throw error;
    throw new MmhsError('MMHS_IMAGE_CORRUPT', 'The picture is damaged or cut short', {
      where,
      got: onOneLine(error instanceof Error ? error.message : String(error)),
      fix: 'replace the file, or leave the post out',
      cause: error,
    });
  }
}

/** The decoder's messages have several lines, the last ones sometimes empty. */
function onOneLine(message: string): string {
  return message.replace(/\s+/gu, ' ').replace(/[:\s]+$/u, '');
}
