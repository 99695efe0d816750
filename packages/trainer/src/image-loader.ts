import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { MmhsError, type PostProcessor, type ProcessedImage, type RgbImage } from '@mmhs/core';
import { decodeImage } from '@mmhs/images';

import { createByteCache } from './byte-cache.ts';

/** A processed picture and the hash of its bytes, by which its features are cached. */
export interface LoadedImage {
  readonly key: string;
  readonly processed: ProcessedImage;
}

/** Reads, decodes and processes pictures; recently used ones stay in memory. */
export interface ImageLoader {
  /** Throws the decoder's MmhsError, naming the file, when the picture cannot be used. */
  load(path: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<LoadedImage>;
}

/** What stands in for pictures that cannot be used, as in the Python original: white, 32 x 32. */
const blankImage: RgbImage = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3).fill(255) };

/**
 * Creates an image loader.
 *
 * @param memoryBytes Limit on the pixels kept. Default 256 MiB.
 * @param blankImages Paths to be replaced by a white picture.
 */
export function createImageLoader(options: {
  readonly processor: PostProcessor;
  readonly blankImages?: ReadonlySet<string>;
  readonly memoryBytes?: number;
}): ImageLoader {
  const { processor, blankImages = new Set(), memoryBytes = 256 * 2 ** 20 } = options;
  const cache = createByteCache<LoadedImage>({ limit: memoryBytes, sizeOf: imageBytes });
  return {
    async load(path, { signal } = {}) {
      const known = cache.get(path);
      if (known !== undefined) return known;
      const loaded = blankImages.has(path)
        ? { key: 'blank', processed: processor.processImage(blankImage) }
        : await readAndProcess(path, processor, signal);
      cache.set(path, loaded);
      return loaded;
    },
  };
}

async function readAndProcess(path: string, processor: PostProcessor, signal?: AbortSignal): Promise<LoadedImage> {
  const bytes = await readFile(path, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw unreadable(path, error);
  });
  const image = await decodeImage({ bytes, name: path, ...(signal === undefined ? {} : { signal }) });
  return { key: createHash('sha256').update(bytes).digest('hex'), processed: processor.processImage(image) };
}

function unreadable(path: string, cause: unknown): MmhsError {
  return new MmhsError('MMHS_IMAGE_UNREADABLE', 'The picture cannot be read', {
    where: path, got: cause instanceof Error ? cause.message : String(cause), expected: 'a readable file', fix: 'check the path and its permissions', cause,
  });
}

function imageBytes({ processed }: LoadedImage): number {
  return Object.values(processed.tensors).reduce((sum, tensor) => sum + tensor.data.byteLength, 0);
}
