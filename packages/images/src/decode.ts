import { open, type FileHandle } from 'node:fs/promises';

import { MmhsError, type RgbImage } from '@mmhs/core';
import sharp, { type Metadata, type Sharp } from 'sharp';

import { cmykToRgb } from './cmyk.ts';
import { paintGifFrame, readGifFrame } from './gif.ts';
import { detectImageFormat, type ImageFormat } from './image-format.ts';
import { defaultMaxBytes, defaultMaxPixels, type ImageLimits } from './limits.ts';

/** A picture to decode: a file, or its bytes. */
export type DecodeOptions = (
  | { readonly path: string }
  | {
      readonly bytes: Uint8Array;
      /** What to call the picture in messages. Default `image bytes`. */
      readonly name?: string;
    }
) & {
  readonly limits?: ImageLimits;
  /** Stops between reading, looking at the header and decoding; the decoder itself cannot be interrupted. */
  readonly signal?: AbortSignal;
};

/**
 * Decodes a picture as Pillow's `open`, `exif_transpose` and `convert('RGB')` do.
 *
 * The format is told by content, not by name. Transparency is dropped, not blended; of 16-bit samples the high byte is
 * kept; of an animation the first frame; colour profiles are ignored; the EXIF orientation is applied.
 *
 * @throws MmhsError
 * - `MMHS_IMAGE_UNREADABLE`: the file cannot be opened;
 * - `MMHS_IMAGE_TOO_LARGE`: more bytes or pixels than the limits allow, found before memory is taken for them;
 * - `MMHS_IMAGE_FORMAT`: not JPEG, PNG, GIF, WebP, TIFF or AVIF, or with samples that are neither 8 nor 16 bits wide;
 * - `MMHS_IMAGE_CORRUPT`: damaged or cut short.
 */
export async function decodeImage(options: DecodeOptions): Promise<RgbImage> {
  const { limits = {}, signal } = options;
  const where = 'path' in options ? options.path : (options.name ?? 'image bytes');
  const bytes = await readBytes(options, where, limits.maxBytes ?? defaultMaxBytes);
  signal?.throwIfAborted();
  const format = checkFormat(bytes, where);
  const maxPixels = limits.maxPixels ?? defaultMaxPixels;
  try {
    const image =
      format === 'gif' ? decodeGif(bytes, where, maxPixels) : await decodeWithSharp({ bytes, where, maxPixels, signal });
    signal?.throwIfAborted();
    return image;
  } catch (error) {
    if (MmhsError.isInstance(error) || signal?.aborted === true) throw error;
    throw new MmhsError('MMHS_IMAGE_CORRUPT', 'The picture is damaged or cut short', {
      where,
      got: error instanceof Error ? error.message : String(error),
      fix: 'replace the file, or leave the post out',
      cause: error,
    });
  }
}

function decodeGif(bytes: Uint8Array, where: string, maxPixels: number): RgbImage {
  const frame = readGifFrame(bytes);
  checkPixels(frame, where, maxPixels);
  return paintGifFrame(frame);
}

async function decodeWithSharp(options: {
  readonly bytes: Uint8Array;
  readonly where: string;
  readonly maxPixels: number;
  readonly signal: AbortSignal | undefined;
}): Promise<RgbImage> {
  const { bytes, where, maxPixels, signal } = options;
  // The pixel limit is checked here, on the header, so that its error can name the size.
  const decoder = sharp(bytes, { failOn: 'truncated', limitInputPixels: false, ignoreIcc: true, pages: 1 });
  const metadata = await decoder.metadata();
  checkPixels(metadata, where, maxPixels);
  signal?.throwIfAborted();
  return decodePixels(decoder.autoOrient(), metadata, where);
}

async function readBytes(options: DecodeOptions, where: string, maxBytes: number): Promise<Uint8Array> {
  options.signal?.throwIfAborted();
  if ('bytes' in options) {
    checkBytes(options.bytes.byteLength, where, maxBytes);
    return options.bytes;
  }
  let file: FileHandle | undefined;
  try {
    file = await open(options.path);
    const { size } = await file.stat();
    checkBytes(size, where, maxBytes);
    return await file.readFile(options.signal === undefined ? {} : { signal: options.signal });
  } catch (error) {
    if (MmhsError.isInstance(error) || options.signal?.aborted === true) throw error;
    throw new MmhsError('MMHS_IMAGE_UNREADABLE', 'The picture cannot be read', {
      where,
      got: error instanceof Error ? error.message : String(error),
      expected: 'a readable file',
      fix: 'check the path and its permissions',
      cause: error,
    });
  } finally {
    await file?.close();
  }
}

function checkBytes(size: number, where: string, maxBytes: number): void {
  if (size <= maxBytes) return;
  throw new MmhsError('MMHS_IMAGE_TOO_LARGE', 'The picture is too large', {
    where,
    got: `${size} bytes`,
    expected: `at most ${maxBytes} bytes`,
    fix: 'store a smaller copy, or raise limits.maxBytes',
  });
}

function checkFormat(bytes: Uint8Array, where: string): ImageFormat {
  const format = detectImageFormat(bytes);
  if (format !== undefined) return format;
  const start = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new MmhsError('MMHS_IMAGE_FORMAT', 'The file is not a picture this package reads', {
    where,
    got: bytes.length === 0 ? 'an empty file' : `a file that starts with ${start}`,
    expected: 'JPEG, PNG, GIF, WebP, TIFF or AVIF',
    fix: 'convert the picture, or leave the post out',
  });
}

function checkPixels({ width, height }: Pick<Metadata, 'width' | 'height'>, where: string, maxPixels: number): void {
  if (width * height <= maxPixels) return;
  throw new MmhsError('MMHS_IMAGE_TOO_LARGE', 'The picture is too large', {
    where,
    got: `${width} x ${height} pixels`,
    expected: `at most ${maxPixels} pixels`,
    fix: 'store a smaller copy, or raise limits.maxPixels',
  });
}

async function decodePixels(decoder: Sharp, metadata: Metadata, where: string): Promise<RgbImage> {
  if (metadata.space === 'cmyk') {
    const pipeline = decoder.pipelineColourspace('cmyk').toColourspace('cmyk').raw();
    const { data, info } = await pipeline.toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: cmykToRgb(data) };
  }
  if (metadata.depth !== 'uchar' && metadata.depth !== 'ushort') {
    throw new MmhsError('MMHS_IMAGE_FORMAT', 'The picture has samples of an unusual type', {
      where,
      got: String(metadata.depth),
      expected: '8 or 16 bits a sample',
      fix: 'convert the picture to 8 bits a sample',
    });
  }
  const { data, info } = await decoder.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}
