import { MmhsError } from '@mmhs/core';
import { decodeImage, resizeImage } from '@mmhs/images';
import { encodePng } from './encode-png.ts';
import type { Thumbnails } from './sections/mistakes-section.ts';

/** Longest side of a thumbnail in pixels: enough to tell what is on it, and a few dozen kilobytes. */
const longestSide = 192;

/** Reads pictures and makes small ones of them. One that cannot be read is left out of the report, not of the evaluation. */
export async function loadThumbnails(options: { readonly paths: Iterable<string>; readonly signal: AbortSignal }): Promise<Thumbnails> {
  const thumbnails = new Map<string, string | undefined>();
  for (const path of new Set(options.paths)) thumbnails.set(path, await loadThumbnail(path, options.signal));
  return thumbnails;
}

async function loadThumbnail(path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const image = await decodeImage({ path, signal });
    const scale = Math.min(1, longestSide / Math.max(image.width, image.height));
    const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale))) as [number, number];
    return `data:image/png;base64,${Buffer.from(encodePng(resizeImage(image, { width, height, filter: 'bicubic' }))).toString('base64')}`;
  } catch (error) {
    if (MmhsError.isInstance(error) && !signal.aborted) return undefined;
    throw error;
  }
}
