import type { TensorSpec } from '@mmhs/core';
import { describe, expect, it } from 'vitest';
import { dropoutFeeds } from './dropout-feeds.ts';

const inputs: TensorSpec[] = [
  { name: 'input_ids', type: 'int64', shape: ['tokens'] },
  { name: 'dropout_rows', type: 'float32', shape: [3, 'dropout_length'] },
  { name: 'dropout_columns', type: 'float32', shape: [3, 200] },
];
const feeds = (seed: readonly number[]) => dropoutFeeds({ inputs, rows: 100, seed });
const numbers = (seed: readonly number[]): number[] =>
  Object.values(feeds(seed)).flatMap(({ data }) => Array.from(data as Float32Array));

describe('dropoutFeeds', () => {
  it('feeds the inputs for dropout and no other, with a row for each site', () => {
    expect(Object.entries(feeds([1])).map(([name, { shape }]) => [name, shape])).toEqual([
      ['dropout_rows', [3, 100]], ['dropout_columns', [3, 200]],
    ]);
    expect(dropoutFeeds({ inputs: inputs.slice(0, 1), rows: 9, seed: [1] })).toEqual({});
  });

  it('draws the same numbers for a run seed, step and micro-batch, and others for any other', () => {
    expect(feeds([42, 7, 1])).toEqual(feeds([42, 7, 1]));
    const starts = [[42, 7, 1], [42, 7, 0], [42, 8, 1], [43, 7, 1]].map((seed) => numbers(seed).slice(0, 3).join());
    expect(new Set(starts).size).toBe(4);
  });

  it('drops the wanted share: fractional parts of the products are uniform', () => {
    const { dropout_rows: rows, dropout_columns: columns } = feeds([5]);
    let dropped = 0;
    for (let row = 0; row < 100; row += 1) {
      for (let column = 0; column < 200; column += 1) {
        const product = Math.fround(Number(rows?.data[row]) * Number(columns?.data[column]));
        if (product - Math.floor(product) < 0.1) dropped += 1;
      }
    }
    // Six standard deviations of 20 000 draws: 6 * sqrt(20000 * 0.1 * 0.9) = 255.
    expect(Math.abs(dropped - 2000)).toBeLessThan(255);
  });
});
