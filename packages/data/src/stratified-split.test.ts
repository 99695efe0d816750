import { createRandom } from '@mmhs/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stratifiedSplit } from './stratified-split.ts';

const names = ['common', 'medium', 'rare'];
const random = createRandom(1);
const labels = Array.from({ length: 1000 }, () => names.filter((_, rank) => random.next() < [0.5, 0.2, 0.03][rank]!));
const countOf = (indices: readonly number[], label: string): number =>
  indices.filter((index) => labels[index]?.includes(label)).length;

describe('stratifiedSplit', () => {
  it('gives every part its share of samples and of every label', () => {
    const shares = [0.8, 0.1, 0.1];
    const parts = stratifiedSplit({ labels, shares, seed: 1 });
    const all = [...labels.keys()];
    for (const [part, share] of shares.entries()) {
      const indices = parts[part] ?? [];
      expect(Math.abs(indices.length - share * labels.length)).toBeLessThanOrEqual(3);
      for (const name of names) {
        expect(Math.abs(countOf(indices, name) - share * countOf(all, name))).toBeLessThanOrEqual(3);
      }
    }
  });

  it('puts every index in exactly one part, whatever the labels and shares', () => {
    const rows = fc.array(fc.subarray(names), { maxLength: 60 });
    const shares = fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }).filter((parts) => parts.some((share) => share > 0));
    fc.assert(
      fc.property(rows, shares, fc.nat(), (rowsOfLabels, parts, seed) => {
        const split = stratifiedSplit({ labels: rowsOfLabels, shares: parts, seed });
        expect(split).toHaveLength(parts.length);
        expect(split.flat().toSorted((a, b) => a - b)).toEqual([...rowsOfLabels.keys()]);
        for (const [part, share] of parts.entries()) if (share === 0) expect(split[part]).toEqual([]);
        expect(stratifiedSplit({ labels: rowsOfLabels, shares: parts, seed })).toEqual(split);
      }),
    );
  });

  it('depends on the seed', () => {
    const split = (seed: number): number[][] => stratifiedSplit({ labels, shares: [1, 1], seed });
    expect(split(1)).not.toEqual(split(2));
  });

  it.each([[[]], [[0, 0]], [[1, -1]], [[Number.NaN]]])('refuses shares %j', (shares) => {
    expect(() => stratifiedSplit({ labels, shares, seed: 1 })).toThrow(RangeError);
  });
});
