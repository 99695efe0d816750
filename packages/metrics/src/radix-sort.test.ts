import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortByScore } from './radix-sort.ts';

// Scores that tie, that differ in their last bits only, that are tiny, huge or negative.
const score = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: 0, max: 5 }).map((step) => 1 - step * 2 ** -53),
);

function expectSorted(values: readonly number[]): void {
  const scores = Float64Array.from(values, (value) => value + 0);
  const rows = Float64Array.from(values, (_, row) => row + 1);
  const sorted = sortByScore({ scores, signedWeights: rows });
  expect([...sorted.scores]).toEqual([...scores].sort((left, right) => left - right));
  expect(Array.from(sorted.signedWeights, (row) => scores[row - 1])).toEqual([...sorted.scores]);
  expect(new Set(sorted.signedWeights).size).toBe(values.length);
}

describe('sortByScore', () => {
  it('puts rows in the order of their scores, each with its own weight', () => {
    fc.assert(fc.property(fc.array(score, { maxLength: 200 }), expectSorted));
  });

  it('sorts rows that only their low words tell apart', () => {
    expectSorted(Array.from({ length: 5000 }, (_, row) => 0.5 + ((row * 2741) % 5000) * 2 ** -53));
  });

  it('leaves its input as it is', () => {
    const input = { scores: Float64Array.of(2, 1), signedWeights: Int8Array.of(1, -1) };
    sortByScore(input);
    expect(input).toEqual({ scores: Float64Array.of(2, 1), signedWeights: Int8Array.of(1, -1) });
  });
});
