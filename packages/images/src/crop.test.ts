import type { RgbImage } from '@mmhs/core';
import { describe, expect, it } from 'vitest';

import { cropImage } from './crop.ts';
import { tile } from './tile.ts';

/** A picture whose red and green channels are its coordinates. */
function coordinates(width: number, height: number): RgbImage {
  const pixels = Array.from({ length: width * height }, (_, index) => [index % width, Math.floor(index / width), 0]);
  return { width, height, data: Uint8Array.from(pixels.flat()) };
}

describe('cropImage', () => {
  it('copies exactly the pixels of the rectangle', () => {
    const crop = cropImage(coordinates(5, 4), { left: 2, top: 1, width: 2, height: 3 });
    expect(crop).toEqual({
      width: 2,
      height: 3,
      data: Uint8Array.from([2, 1, 0, 3, 1, 0, 2, 2, 0, 3, 2, 0, 2, 3, 0, 3, 3, 0]),
    });
  });

  it.each([
    { left: 4, top: 0, width: 2, height: 1 },
    { left: 0, top: 4, width: 1, height: 1 },
    { left: -1, top: 0, width: 1, height: 1 },
    { left: 0, top: 0, width: 0, height: 1 },
  ])('refuses %o in a picture of 5 x 4', (rectangle) => {
    const run = (): unknown => cropImage(coordinates(5, 4), rectangle);
    expect(run).toThrow(expect.objectContaining({ code: 'MMHS_IMAGE_SIZE' }) as Error);
  });
});

describe('tile', () => {
  it('cuts row by row', () => {
    const corners = tile(coordinates(6, 4), { width: 2, height: 2 }).map(({ data }) => [data[0], data[1]]);
    expect(corners).toEqual([[0, 0], [2, 0], [4, 0], [0, 2], [2, 2], [4, 2]]);
  });

  it('refuses a picture that is not made of whole tiles', () => {
    const run = (): unknown => tile(coordinates(5, 4), { width: 2, height: 2 });
    expect(run).toThrow(expect.objectContaining({ code: 'MMHS_IMAGE_SIZE' }) as Error);
  });
});
