import type { RgbImage } from '@mmhs/core';

import { cropImage, type CropOptions } from './crop.ts';
import { decodeImage, type ImageSource } from './decode.ts';
import type { ImageLimits } from './limits.ts';
import { normalizeToPlanar, type NormalizeOptions } from './normalize.ts';
import { patchify, type Patches, type PatchifyOptions } from './patchify.ts';
import { resizeImage, type ResizeOptions } from './resize.ts';

/** One step from a picture to the next, as data. */
export type ImageStep = ({ readonly kind: 'crop' } & CropOptions) | ({ readonly kind: 'resize' } & ResizeOptions);

/** What is made of the picture in the end, as data: itself, or what `normalizeToPlanar` or `patchify` gives. */
export type ImageOutput =
  | { readonly kind: 'image' }
  | ({ readonly kind: 'planes' } & Omit<NormalizeOptions, 'into'>)
  | ({ readonly kind: 'patches' } & Omit<PatchifyOptions, 'into'>);

/** What each kind of {@link ImageOutput} gives. */
export interface PreparedKinds {
  readonly image: RgbImage;
  /** `[3, height, width]`. */
  readonly planes: Float32Array;
  readonly patches: Patches;
}

/** Where a picture comes from, and all that is to be done with it. */
export type PrepareOptions<Output extends ImageOutput> = (ImageSource | { readonly image: RgbImage }) & {
  /** Done in this order. Default none. */
  readonly steps?: readonly ImageStep[];
  readonly output: Output;
  /** For decoding. */
  readonly limits?: ImageLimits;
  readonly signal?: AbortSignal;
};

/**
 * Decodes a picture, or takes one that is decoded, and does the given steps. `createImageWorkers` does the same in other
 * threads.
 *
 * @throws MmhsError what `decodeImage` and the functions of the steps throw.
 */
export async function prepareImage<Output extends ImageOutput>(
  options: PrepareOptions<Output>,
): Promise<PreparedKinds[Output['kind']]> {
  const decoded = 'image' in options ? options.image : await decodeImage(options);
  options.signal?.throwIfAborted();
  const image = (options.steps ?? []).reduce(takeStep, decoded);
  // The kind decides the type, which the compiler cannot follow through a switch.
  return makeOutput(image, options.output) as PreparedKinds[Output['kind']];
}

function takeStep(image: RgbImage, step: ImageStep): RgbImage {
  return step.kind === 'crop' ? cropImage(image, step) : resizeImage(image, step);
}

function makeOutput(image: RgbImage, output: ImageOutput): PreparedKinds[ImageOutput['kind']] {
  switch (output.kind) {
    case 'image':
      return image;
    case 'planes':
      return normalizeToPlanar(image, output);
    case 'patches':
      return patchify(image, output);
  }
}
