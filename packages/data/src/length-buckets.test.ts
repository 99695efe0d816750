import { createRandom } from '@mmhs/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lengthBucketBatches } from './length-buckets.ts';

describe('lengthBucketBatches', () => {
  it('holds every index once in batches of the wanted size, one of them possibly smaller', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { maxLength: 300 }), fc.integer({ min: 1, max: 9 }), fc.nat(), (lengths, batchSize, seed) => {
        const batches = lengthBucketBatches({ lengths, batchSize, seed, epoch: 0 });
        expect(batches.flat().toSorted((a, b) => a - b)).toEqual([...lengths.keys()]);
        expect(batches.filter((batch) => batch.length !== batchSize).length).toBeLessThanOrEqual(1);
        const full = lengthBucketBatches({ lengths, batchSize, seed, epoch: 0, dropLast: true });
        expect(full).toHaveLength(Math.floor(lengths.length / batchSize));
      }),
    );
  });

  it('depends on seed and epoch alone', () => {
    const lengths = Array.from({ length: 100 }, (_, index) => index % 13);
    const batches = (seed: number, epoch: number): number[][] => lengthBucketBatches({ lengths, batchSize: 4, seed, epoch });
    expect(batches(1, 2)).toEqual(batches(1, 2));
    expect(batches(1, 2)).not.toEqual(batches(1, 3));
    expect(batches(1, 2)).not.toEqual(batches(2, 2));
  });

  it('pads far less than random batches', () => {
    const random = createRandom(1);
    const lengths = Array.from({ length: 2000 }, () => 20 + random.integer(200));
    const padded = (batches: number[][]): number =>
      batches.reduce((sum, batch) => sum + batch.length * Math.max(...batch.map((index) => lengths[index] ?? 0)), 0);
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    const inOrder = Array.from({ length: 250 }, (_, batch) => Array.from({ length: 8 }, (_, index) => batch * 8 + index));
    expect(padded(inOrder) / tokens).toBeGreaterThan(1.5);
    expect(padded(lengthBucketBatches({ lengths, batchSize: 8, seed: 1, epoch: 0 })) / tokens).toBeLessThan(1.03);
  });
});
