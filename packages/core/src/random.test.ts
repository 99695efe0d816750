import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, restoreRandom } from './random.ts';

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

  it('keeps the numbers that committed data was made with', () => {
    expect(Array.from({ length: 3 }, createRandom([42, 7]).uint32)).toEqual([3025321693, 4277352906, 2601615225]);
  });

  it('takes names as parts of a seed', () => {
    const firsts = [[1, 'a'], [1, 'b'], [2, 'a'], ['a', 1], [1, '']].map((seed) => createRandom(seed).uint32());
    expect(new Set(firsts).size).toBe(firsts.length);
    expect(createRandom([1, 'a']).uint32()).toBe(firsts[0]);
  });

  it('is uniform over the first numbers of named sequences: chi-squared over 64 cells', () => {
    const cells = new Array<number>(64).fill(0);
    for (let name = 0; name < 400; name += 1) {
      const random = createRandom([1, `tensor ${name}`]);
      for (let draw = 0; draw < 200; draw += 1) {
        const cell = random.integer(64);
        cells[cell] = (cells[cell] ?? 0) + 1;
      }
    }
    const expected = (200 * 400) / 64;
    const chiSquared = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 63 degrees of freedom: 0.001 and 0.999 quantiles.
    expect(chiSquared).toBeGreaterThan(32.6);
    expect(chiSquared).toBeLessThan(103.4);
  });

  it('is normal: mean, deviation and the share within one deviation', () => {
    const values = Array.from({ length: 100_000 }, createRandom(3).normal);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    expect(Math.abs(mean)).toBeLessThan(0.015);
    expect(Math.abs(deviation - 1)).toBeLessThan(0.01);
    expect(values.filter((value) => Math.abs(value) < 1).length / values.length).toBeCloseTo(0.6827, 2);
  });

  it('refuses a bound it cannot honour', () => {
    for (const bound of [0, -1, 1.5, 2 ** 32 + 1]) expect(() => createRandom(1).integer(bound)).toThrow(RangeError);
    expect(createRandom(1).integer(1)).toBe(0);
  });
});
