import { createRandom } from '@mmhs/core';
import { describe, expect, it } from 'vitest';
import { computeClassWeights } from './class-weights.ts';
import { takeShard } from './shard.ts';
import { drawWeighted } from './weighted-sample.ts';

describe('takeShard', () => {
  it('deals the items out', () => {
    const items = ['a', 'b', 'c', 'd', 'e'];
    expect([0, 1].map((index) => takeShard({ items, index, count: 2 }))).toEqual([['a', 'c', 'e'], ['b', 'd']]);
    expect(takeShard({ items, index: 0, count: 1 })).toEqual(items);
    expect(takeShard({ items, index: 6, count: 7 })).toEqual([]);
  });

  it.each([
    [2, 2],
    [-1, 2],
    [0, 0],
    [0, 1.5],
  ])('refuses shard %d of %d', (index, count) => {
    expect(() => takeShard({ items: [], index, count })).toThrow(RangeError);
  });
});

describe('computeClassWeights', () => {
  it('counts each label once a sample and weighs the rare ones up', () => {
    const labels = [['a'], ['a', 'a', 'b'], ['a'], []];
    expect(computeClassWeights({ labels, labelSet: ['b', 'a', 'c'] })).toEqual({
      counts: [1, 3, 0],
      balanced: [2, 4 / 6, Number.POSITIVE_INFINITY],
      positive: [3, 1 / 3, Number.POSITIVE_INFINITY],
    });
  });
});

describe('drawWeighted', () => {
  it('draws in proportion to the weights and never what weighs nothing', () => {
    const drawn = drawWeighted({ weights: [0, 1, 0, 3, 0], count: 20_000, random: createRandom(4) });
    const counts = [0, 1, 2, 3, 4].map((index) => drawn.filter((value) => value === index).length);
    expect([counts[0], counts[2], counts[4]]).toEqual([0, 0, 0]);
    // Six standard deviations: 6 * sqrt(20000 * 1/4 * 3/4) = 367.
    expect(Math.abs((counts[1] ?? 0) - 5000)).toBeLessThan(367);
  });

  it.each([[[]], [[0]], [[1, -1]], [[Number.NaN]], [[Number.POSITIVE_INFINITY]]])('refuses weights %j', (weights) => {
    expect(() => drawWeighted({ weights, count: 1, random: createRandom(1) })).toThrow(RangeError);
  });
});
