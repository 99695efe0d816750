import { MmhsError, type RgbImage } from '@mmhs/core';

import { checkLength } from './check-length.ts';
import { normalizedValues, type ChannelScaling } from './normalized-values.ts';

/** How a picture is cut into patches. */
export interface PatchifyOptions extends ChannelScaling {
  /** Side of a patch in pixels. */
  readonly patchSize: number;
  /** Side of a square of patches that lie together, in patches. Default 1: plain row-by-row order. */
  readonly mergeSize?: number;
  /** How many times a patch holds its pixels: the frames of a still picture seen as a film. Default 1. */
  readonly temporalPatchSize?: number;
  /** Where to write instead of a new array; rows * columns elements long. */
  readonly into?: Float32Array;
}

/** Patches as the rows of a matrix. */
export interface Patches {
  /** `[rows, columns]`, row-major. */
  readonly data: Float32Array;
  /** Number of patches: gridHeight * gridWidth. */
  readonly rows: number;
  /** Numbers per patch: 3 * temporalPatchSize * patchSize * patchSize. */
  readonly columns: number;
  /** Patches from top to bottom. */
  readonly gridHeight: number;
  /** Patches from left to right. */
  readonly gridWidth: number;
}

/**
 * Normalises a picture and cuts it into patches, in one pass.
 *
 * Rows are in the order (row of squares, column of squares, row in the square, column in the square), columns in the order
 * (channel, frame, y, x). That is the layout of Qwen2-VL's `pixel_values` for `patchSize` 14, `mergeSize` 2 and
 * `temporalPatchSize` 2. The floats are those of `normalizeToPlanar`.
 *
 * @throws MmhsError `MMHS_IMAGE_SIZE` when a side of the picture is not a whole number of squares, an option is not a
 * positive whole number, or `into` has another length.
 */
export function patchify(image: RgbImage, options: PatchifyOptions): Patches {
  const { patchSize, mergeSize = 1, temporalPatchSize = 1, into } = options;
  checkSizes(image, { patchSize, mergeSize, temporalPatchSize });
  const gridHeight = image.height / patchSize;
  const gridWidth = image.width / patchSize;
  const rows = gridHeight * gridWidth;
  const columns = 3 * temporalPatchSize * patchSize * patchSize;
  const data = into ?? new Float32Array(rows * columns);
  checkLength(data, rows * columns);
  const values = normalizedValues(options);
  for (let y = 0; y < gridHeight; y += 1) {
    for (let x = 0; x < gridWidth; x += 1) {
      const square = Math.floor(y / mergeSize) * (gridWidth / mergeSize) + Math.floor(x / mergeSize);
      const row = (square * mergeSize + (y % mergeSize)) * mergeSize + (x % mergeSize);
      const patch = data.subarray(row * columns, (row + 1) * columns);
      writePatch(patch, { image, top: y * patchSize, left: x * patchSize, patchSize, temporalPatchSize, values });
    }
  }
  return { data, rows, columns, gridHeight, gridWidth };
}

function writePatch(
  patch: Float32Array,
  { image: { data, width }, top, left, patchSize, temporalPatchSize, values: [red, green, blue] }: {
    readonly image: RgbImage;
    readonly top: number;
    readonly left: number;
    readonly patchSize: number;
    readonly temporalPatchSize: number;
    readonly values: readonly [Float32Array, Float32Array, Float32Array];
  },
): void {
  const frame = patchSize * patchSize;
  const channel = frame * temporalPatchSize;
  for (let y = 0, to = 0; y < patchSize; y += 1) {
    let from = ((top + y) * width + left) * 3;
    for (let x = 0; x < patchSize; x += 1, to += 1, from += 3) {
      patch[to] = red[data[from]!]!;
      patch[channel + to] = green[data[from + 1]!]!;
      patch[2 * channel + to] = blue[data[from + 2]!]!;
    }
  }
  for (let plane = 0; plane < patch.length; plane += channel) {
    for (let copy = 1; copy < temporalPatchSize; copy += 1) patch.copyWithin(plane + copy * frame, plane, plane + frame);
  }
}

function checkSizes(
  { width, height }: RgbImage,
  sizes: { readonly patchSize: number; readonly mergeSize: number; readonly temporalPatchSize: number },
): void {
  for (const [where, value] of Object.entries(sizes)) {
    if (Number.isInteger(value) && value >= 1) continue;
    const details = { where, got: String(value), expected: 'a whole number, at least 1' };
    throw new MmhsError('MMHS_IMAGE_SIZE', 'A picture cannot be cut into such patches', details);
  }
  const square = sizes.patchSize * sizes.mergeSize;
  if (width % square === 0 && height % square === 0 && width > 0 && height > 0) return;
  throw new MmhsError('MMHS_IMAGE_SIZE', 'A picture cannot be cut into whole patches', {
    got: `${width} x ${height}`,
    expected: `multiples of ${square} (patchSize * mergeSize)`,
    fix: 'resize the picture first',
  });
}
