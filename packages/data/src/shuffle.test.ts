import { createRandom } from '@mmhs/core';
import { describe, expect, it } from 'vitest';
import { shuffle, takeSubset } from './shuffle.ts';

describe('shuffle', () => {
  it('keeps every item and leaves the input alone', () => {
    const items = Object.freeze(Array.from({ length: 50 }, (_, index) => index));
    const shuffled = shuffle(items, createRandom(5));
    expect(shuffled).not.toEqual(items);
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(items);
  });

  it('gives every order of three items about equally often', () => {
    const random = createRandom(6);
    const counts = new Map<string, number>();
    for (let index = 0; index < 6000; index += 1) {
      const order = shuffle(['a', 'b', 'c'], random).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    // Six standard deviations: 6 * sqrt(6000 * 1/6 * 5/6) = 173.
    expect([...counts.values()].map((count) => Math.abs(count - 1000) < 173)).toEqual(new Array(6).fill(true));
  });
});

describe('takeSubset', () => {
  it('keeps the order, nests smaller subsets in larger ones, and takes all when asked for more', () => {
    const items = Array.from({ length: 30 }, (_, index) => index * 2);
    const small = takeSubset({ items, count: 5, seed: 1 });
    const large = takeSubset({ items, count: 12, seed: 1 });
    expect(small).toHaveLength(5);
    expect(small.toSorted((a, b) => a - b)).toEqual(small);
    expect(large).toEqual(expect.arrayContaining(small));
    expect(takeSubset({ items, count: 99, seed: 1 })).toEqual(items);
  });
});
