import { MmhsError, type RgbImage } from '@mmhs/core';

import { checkLength } from './check-length.ts';
import { borrowKernel } from './kernel.ts';
import { createMemoryLayout } from './memory-layout.ts';
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
  const patchesOfRow = createPatchReader(image, { patchSize, temporalPatchSize, scaling: options });
  for (let y = 0; y < gridHeight; y += 1) {
    const band = patchesOfRow(y);
    for (let x = 0; x < gridWidth; x += 1) {
      const square = Math.floor(y / mergeSize) * (gridWidth / mergeSize) + Math.floor(x / mergeSize);
      const row = (square * mergeSize + (y % mergeSize)) * mergeSize + (x % mergeSize);
      data.set(band.subarray(x * columns, (x + 1) * columns), row * columns);
    }
  }
  return { data, rows, columns, gridHeight, gridWidth };
}

/** A function that gives one row of patches, from left to right; its array is reused by the next call. */
function createPatchReader(
  { width, data }: RgbImage,
  { patchSize, temporalPatchSize, scaling }: {
    readonly patchSize: number;
    readonly temporalPatchSize: number;
    readonly scaling: ChannelScaling;
  },
): (gridRow: number) => Float32Array {
  const frame = patchSize * patchSize;
  const channel = frame * temporalPatchSize;
  const bandFloats = (width / patchSize) * 3 * channel;
  const layout = createMemoryLayout();
  const tables = layout.place(3 * 256 * 4);
  const source = layout.place(patchSize * width * 3);
  const target = layout.place(bandFloats * 4);
  const { bytes, lookUp } = borrowKernel(layout.byteLength());
  new Float32Array(bytes.buffer).set(normalizedValues(scaling), tables / 4);
  const band = new Float32Array(bytes.buffer, target, bandFloats);
  return (gridRow) => {
    bytes.set(data.subarray(gridRow * patchSize * width * 3, (gridRow + 1) * patchSize * width * 3), source);
    for (let x = 0; x < width / patchSize; x += 1) {
      const patch = target + x * 3 * channel * 4;
      lookUp(source + x * patchSize * 3, width * 3, patchSize, patchSize, patch, channel * 4, tables);
    }
    for (let plane = 0; temporalPatchSize > 1 && plane < bandFloats; plane += channel) {
      for (let copy = 1; copy < temporalPatchSize; copy += 1) band.copyWithin(plane + copy * frame, plane, plane + frame);
    }
    return band;
  };
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
