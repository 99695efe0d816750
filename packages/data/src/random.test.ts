import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, restoreRandom } from './random.ts';
import { shuffle, takeSubset } from './shuffle.ts';

describe('createRandom', () => {
  it('gives the numbers of xoshiro128**', () => {
    // Worked out by hand from the definition: state 1 2 3 4 gives rotl(2 * 5, 7) * 9, then rotl(0 * 5, 7) * 9.
    const random = restoreRandom([1, 2, 3, 4]);
    expect(random.uint32()).toBe(11520);
    expect(random.state()).toEqual([7, 0, 1026, 12288]);
    expect(random.uint32()).toBe(0);
  });

  it('gives the same sequence for a seed, also after being stored and restored', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(20), (seed, skipped) => {
        const random = createRandom(seed);
        for (let index = 0; index < skipped; index += 1) random.next();
        const restored = restoreRandom(JSON.parse(JSON.stringify(random.state())));
        expect(Array.from({ length: 5 }, restored.next)).toEqual(Array.from({ length: 5 }, random.next));
      }),
    );
  });

  it('gives unrelated sequences for different seeds and different lists of seeds', () => {
    const seeds = [0, 1, -1, 2 ** 32, 2 ** 33, [0, 1], [1, 0], [1, 1], [0, 0]];
    const firsts = seeds.map((seed) => createRandom(seed).uint32());
    expect(new Set(firsts).size).toBe(seeds.length);
  });

  it('is uniform', () => {
    const random = createRandom(3);
    const counts = new Array<number>(7).fill(0);
    let sum = 0;
    for (let index = 0; index < 70_000; index += 1) {
      const value = random.integer(7);
      counts[value] = (counts[value] ?? 0) + 1;
      sum += random.next();
    }
    // Six standard deviations: 6 * sqrt(70000 * 1/7 * 6/7) = 556 and 6 * sqrt(70000 / 12) = 458.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(556);
    expect(Math.abs(sum - 35_000)).toBeLessThan(458);
  });

  it('refuses a bound it cannot honour', () => {
    for (const bound of [0, -1, 1.5, 2 ** 32 + 1]) expect(() => createRandom(1).integer(bound)).toThrow(RangeError);
    expect(createRandom(1).integer(1)).toBe(0);
  });
});

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
