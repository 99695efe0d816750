import { MmhsError, type ProcessedImage, type Tensor } from '@mmhs/core';
import { batchPixels } from '@mmhs/core/family-tools';

/** Patches of a picture from top to bottom and from left to right. */
export interface QwenImageGrid {
  readonly gridHeight: number;
  readonly gridWidth: number;
}

/**
 * Reads the grid back from a processed picture.
 *
 * @throws MmhsError `MMHS_IMAGE_LAYOUT` when another family's processor made it.
 */
export function gridOf({ layout }: ProcessedImage): QwenImageGrid {
  if (isGrid(layout)) return layout;
  throw new MmhsError('MMHS_IMAGE_LAYOUT', 'The picture was not processed for this model', {
    got: JSON.stringify(layout),
    expected: 'a result of the same processor',
  });
}

function isGrid(value: unknown): value is QwenImageGrid {
  return typeof value === 'object' && value !== null && 'gridHeight' in value && 'gridWidth' in value;
}

/**
 * The vision graph's inputs besides the pixels, for pictures one after the other: `patch_positions` int64
 * `[2, image_rows, mergeSize^2]`, row and column of each patch in its picture, and the pictures as segments, padded to the
 * largest: `segment_rows` int64 and `segment_mask` float32 `[pictures, longest]`, `segment_places` int64 `[patches]`.
 */
export function gridTensors(grids: readonly QwenImageGrid[], mergeSize: number): Record<string, Tensor> {
  const counts = grids.map(({ gridHeight, gridWidth }) => gridHeight * gridWidth);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const longest = Math.max(0, ...counts);
  const positions = new BigInt64Array(2 * total);
  const rows = new BigInt64Array(grids.length * longest);
  const mask = new Float32Array(rows.length);
  const places = new BigInt64Array(total);
  let start = 0;
  for (const [picture, grid] of grids.entries()) {
    const count = counts[picture] ?? 0;
    for (let index = 0; index < longest; index += 1) {
      // Padding repeats the picture's first row.
      const row = start + (index < count ? index : 0);
      rows[picture * longest + index] = BigInt(row);
      if (index >= count) continue;
      mask[picture * longest + index] = 1;
      places[row] = BigInt(picture * longest + index);
      const [down, across] = placeOf(index, grid.gridWidth, mergeSize);
      positions[row] = BigInt(down);
      positions[total + row] = BigInt(across);
    }
    start += count;
  }
  const square = mergeSize ** 2;
  return {
    patch_positions: { type: 'int64', shape: [2, total / square, square], data: positions },
    segment_rows: { type: 'int64', shape: [grids.length, longest], data: rows },
    segment_mask: { type: 'float32', shape: [grids.length, longest], data: mask },
    segment_places: { type: 'int64', shape: [total], data: places },
  };
}

/** Row and column of the patch with this number: squares row by row, and row by row within a square. */
function placeOf(index: number, gridWidth: number, mergeSize: number): [down: number, across: number] {
  const square = Math.floor(index / mergeSize ** 2);
  const inside = index % mergeSize ** 2;
  const squaresAcross = gridWidth / mergeSize;
  return [
    Math.floor(square / squaresAcross) * mergeSize + Math.floor(inside / mergeSize),
    (square % squaresAcross) * mergeSize + (inside % mergeSize),
  ];
}

/** All inputs of the vision graph for several pictures. */
export function batchImages(images: readonly ProcessedImage[], mergeSize: number): Record<string, Tensor> {
  return { pixel_values: batchPixels(images), ...gridTensors(images.map(gridOf), mergeSize) };
}
