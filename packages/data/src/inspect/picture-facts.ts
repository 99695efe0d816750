import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { RgbImage } from '@mmhs/core';
import { perceptualHash, type PerceptualHash } from './perceptual-hash.ts';

/** Decodes a picture's bytes and tells their format (`jpeg`, `png`, ...); rejects when they are damaged. */
export type PictureDecoder = (
  bytes: Uint8Array,
  options: { readonly name: string; readonly signal: AbortSignal | undefined },
) => Promise<{ readonly format: string; readonly image: RgbImage }>;

/** A picture that can be used. @internal */
export interface PictureFacts {
  readonly bytes: number;
  readonly sha256: string;
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly hash: PerceptualHash | undefined;
  /** Whether the file name's extension belongs to another format. */
  readonly isMislabelled: boolean;
}

/** A picture that cannot be used, and why. @internal */
export interface PictureFailure {
  readonly failure: 'missing' | 'corrupt';
  readonly reason: string;
}

/** Reads and decodes a picture. @internal */
export async function examinePicture(
  path: string,
  decode: PictureDecoder,
  signal: AbortSignal | undefined,
): Promise<PictureFacts | PictureFailure> {
  try {
    // Reading a pipe would never end.
    if (!(await stat(path)).isFile()) return { failure: 'corrupt', reason: 'not a file' };
    const bytes = await readFile(path);
    const { format, image } = await decode(bytes, { name: path, signal });
    return {
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      format,
      width: image.width,
      height: image.height,
      hash: perceptualHash(image),
      isMislabelled: isMislabelled(path, format),
    };
  } catch (error) {
    signal?.throwIfAborted();
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { failure: isMissing ? 'missing' : 'corrupt', reason: error instanceof Error ? error.message : String(error) };
  }
}

const formatsByExtension: Readonly<Record<string, string>> = {
  '.jpg': 'jpeg', '.jpeg': 'jpeg', '.jpe': 'jpeg', '.jfif': 'jpeg', '.png': 'png', '.gif': 'gif', '.webp': 'webp', '.tif': 'tiff',
  '.tiff': 'tiff', '.avif': 'avif',
};

function isMislabelled(path: string, format: string): boolean {
  const expected = formatsByExtension[extname(path).toLowerCase()];
  return expected !== undefined && expected !== format;
}
