import type { ProcessedImage, Tensor } from '@mmhs/core';
import { describe, expect, it } from 'vitest';

import { batchImages, gridOf, gridTensors } from './image-grid.ts';

const numbersOf = (tensor: Tensor | undefined): number[] => Array.from(tensor?.data ?? [], Number);
const grid = (gridHeight: number, gridWidth: number) => ({ gridHeight, gridWidth });

describe('gridTensors', () => {
  it('places patches square by square', () => {
    const { patch_positions } = gridTensors([grid(4, 6)], 2);
    expect(patch_positions?.shape).toEqual([2, 6, 4]);
    // The reference's places of the grid (1, 4, 6).
    const [rows, columns] = [numbersOf(patch_positions).slice(0, 24), numbersOf(patch_positions).slice(24)];
    expect(rows.map((row, index) => [row, columns[index]]).slice(0, 13)).toEqual([
      [0, 0], [0, 1], [1, 0], [1, 1], [0, 2], [0, 3], [1, 2], [1, 3], [0, 4], [0, 5], [1, 4], [1, 5], [2, 0],
    ]);
  });

  it('pads pictures to the largest with rows of their own', () => {
    const { segment_rows, segment_mask, segment_places } = gridTensors([grid(1, 2), grid(1, 3), grid(1, 1)], 1);
    expect([segment_rows?.shape, numbersOf(segment_rows)]).toEqual([[3, 3], [0, 1, 0, 2, 3, 4, 5, 5, 5]]);
    expect(numbersOf(segment_mask)).toEqual([1, 1, 0, 1, 1, 1, 1, 0, 0]);
    expect(numbersOf(segment_places)).toEqual([0, 1, 3, 4, 5, 6]);
  });

  it('counts each picture from its own corner', () => {
    const { patch_positions } = gridTensors([grid(2, 1), grid(1, 2)], 1);
    expect(numbersOf(patch_positions)).toEqual([0, 1, 0, 0, 0, 0, 0, 1]);
  });
});

describe('batchImages', () => {
  const picture = (rows: number, first: number): ProcessedImage => ({
    tensors: { pixel_values: { type: 'float32', shape: [rows, 3], data: Float32Array.from({ length: rows * 3 }, (_, at) => first + at) } },
    featureRows: rows,
    layout: grid(rows, 1),
  });

  it('puts the patches of all pictures one after the other', () => {
    const tensors = batchImages([picture(2, 0), picture(1, 100)], 1);
    expect(tensors).toEqual({
      pixel_values: { type: 'float32', shape: [3, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5, 100, 101, 102) },
      ...gridTensors([grid(2, 1), grid(1, 1)], 1),
    });
  });

  it('refuses pictures of another family', () => {
    expect(() => gridOf({ tensors: {}, featureRows: 4, layout: { rows: 0, cols: 0, tiles: 1 } }))
      .toThrow(expect.objectContaining({ code: 'MMHS_IMAGE_LAYOUT' }) as Error);
  });
});
