import { describe, expect, it } from 'vitest';
import { createRandom, restoreRandom } from './random.ts';

const draw = (count: number, next: () => number): number[] => Array.from({ length: count }, next);

/** Mean and standard deviation. */
function moments(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
}

describe('createRandom', () => {
  it('follows xoshiro128**: first values of the state 1, 2, 3, 4', () => {
    const random = restoreRandom([1, 2, 3, 4]);
    expect(draw(4, random.nextUint32)).toEqual([11520, 0, 5927040, 70819200]);
  });

  it('repeats for the same seed and stream, and differs otherwise', () => {
    const first = (seed: number, stream: string) => draw(4, createRandom({ seed, stream }).nextUint32);
    expect(first(42, 'a')).toEqual(first(42, 'a'));
    const starts = [first(42, 'a'), first(43, 'a'), first(42, 'b'), first(42 + 2 ** 32, 'a')].map(String);
    expect(new Set(starts).size).toBe(4);
  });

  it('continues from a state', () => {
    const random = createRandom({ seed: 7 });
    draw(10, random.nextNormal);
    const copy = restoreRandom(random.state());
    expect(draw(5, copy.next)).toEqual(draw(5, random.next));
  });

  it('is uniform over streams: chi-squared over 64 cells', () => {
    const cells = new Array<number>(64).fill(0);
    const draws = 200;
    const streams = 400;
    for (let stream = 0; stream < streams; stream += 1) {
      const random = createRandom({ seed: 1, stream: `tensor ${stream}` });
      for (const value of draw(draws, random.next)) cells[Math.floor(value * 64)] = (cells[Math.floor(value * 64)] ?? 0) + 1;
    }
    const expected = (draws * streams) / 64;
    const chiSquared = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 63 degrees of freedom: 0.001 and 0.999 quantiles.
    expect(chiSquared).toBeGreaterThan(32.6);
    expect(chiSquared).toBeLessThan(103.4);
  });

  it('is normal: mean, deviation and the share within one deviation', () => {
    const values = draw(100_000, createRandom({ seed: 3 }).nextNormal);
    const { mean, deviation } = moments(values);
    expect(Math.abs(mean)).toBeLessThan(0.015);
    expect(Math.abs(deviation - 1)).toBeLessThan(0.01);
    expect(values.filter((value) => Math.abs(value) < 1).length / values.length).toBeCloseTo(0.6827, 2);
  });
});
