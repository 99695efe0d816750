import { describe, expect, it } from 'vitest';

import { longestEdgeSize, tiledSize } from './image-sizes.ts';

/** Tiles of the published small checkpoints: 512 pixels, longest edge 2048. */
function tiles(width: number, height: number): [number, number] {
  const size = tiledSize(longestEdgeSize({ width, height }, 2048), 512);
  return [size.height / 512, size.width / 512];
}

describe('tiling at full size', () => {
  // Rows and columns as observed from the reference's image processor.
  it.each([
    [640, 480, [3, 4]],
    [480, 640, [4, 3]],
    [1920, 1080, [3, 4]],
    [224, 224, [4, 4]],
    [1000, 500, [2, 4]],
    [3000, 200, [1, 4]],
    [1, 1, [4, 4]],
  ])('cuts %i x %i into the reference\'s rows and columns', (width, height, expected) => {
    expect(tiles(width, height)).toEqual(expected);
  });
});

describe('longestEdgeSize', () => {
  it('rounds the shorter side up to an even number', () => {
    // 2048 / (300 / 197) = 1344.85, truncated to 1344; 2048 / (300 / 200) = 1365.33, truncated to 1365, made even.
    expect(longestEdgeSize({ width: 300, height: 197 }, 2048)).toEqual({ width: 2048, height: 1344 });
    expect(longestEdgeSize({ width: 300, height: 200 }, 2048)).toEqual({ width: 2048, height: 1366 });
    expect(longestEdgeSize({ width: 200, height: 300 }, 2048)).toEqual({ width: 1366, height: 2048 });
  });

  it('leaves at least one pixel', () => {
    expect(longestEdgeSize({ width: 5000, height: 1 }, 64)).toEqual({ width: 64, height: 1 });
  });

  it('makes no side longer than 4096', () => {
    expect(longestEdgeSize({ width: 100, height: 50 }, 8192)).toEqual({ width: 4096, height: 2048 });
    expect(longestEdgeSize({ width: 50, height: 100 }, 8192)).toEqual({ width: 2048, height: 4096 });
  });
});
