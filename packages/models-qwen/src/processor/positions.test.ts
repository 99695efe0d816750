import { describe, expect, it } from 'vitest';

import { prompts, tinyConfig } from '../__fixtures__/tiny-checkpoint.ts';
import { multimodalPositions } from './positions.ts';

const image = 9;
const rowsOf = (positions: Int32Array): number[][] =>
  [0, 1, 2].map((row) => [...positions.subarray(row * positions.length / 3, (row + 1) * positions.length / 3)]);

describe('multimodalPositions', () => {
  it('are the index three times in a text', () => {
    expect(rowsOf(multimodalPositions({ ids: [1, 2, 3], imageTokenId: image, grids: [] }))).toEqual([[0, 1, 2], [0, 1, 2], [0, 1, 2]]);
  });

  it('count rows and columns of a picture from its first position, and go on after its longer side', () => {
    const ids = [1, 2, 3, ...new Array<number>(6).fill(image), 4, 5, 6];
    expect(rowsOf(multimodalPositions({ ids, imageTokenId: image, grids: [{ rows: 2, columns: 3 }] }))).toEqual([
      [0, 1, 2, 3, 3, 3, 3, 3, 3, 6, 7, 8],
      [0, 1, 2, 3, 3, 3, 4, 4, 4, 6, 7, 8],
      [0, 1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8],
    ]);
  });

  it('take several pictures one after the other', () => {
    const ids = [image, image, 1, 2, image, image, image];
    const grids = [{ rows: 2, columns: 1 }, { rows: 1, columns: 3 }];
    expect(rowsOf(multimodalPositions({ ids, imageTokenId: image, grids }))).toEqual([
      [0, 0, 2, 3, 4, 4, 4],
      [0, 1, 2, 3, 4, 4, 4],
      [0, 0, 2, 3, 4, 5, 6],
    ]);
  });

  it.each(prompts.positions)('are those of the reference for a post with a picture of $grid patches', ({ inputIds, grid, positionIds }) => {
    const { imageTokenId } = tinyConfig();
    const grids = [{ rows: grid[0] / 2, columns: grid[1] / 2 }];
    expect([...multimodalPositions({ ids: inputIds, imageTokenId, grids })]).toEqual(positionIds);
  });
});
