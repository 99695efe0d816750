import { describe, expect, it } from 'vitest';
import { goldenCases, largestDifference } from './__fixtures__/golden.ts';
import {
  f1Score,
  fbetaScore,
  hammingLoss,
  jaccardScore,
  precisionScore,
  recallScore,
  subsetAccuracy,
  zeroOneLoss,
  type Average,
} from './index.ts';

const tolerance = 1e-12;

/** Splits "macro/NaN" into what our functions take. */
function settings(key: string): { average: Average; zeroDivision: number } {
  const [average, zeroDivision] = key.split('/');
  return { average: average as Average, zeroDivision: Number(zeroDivision) };
}

describe.each(goldenCases)('scikit-learn, case $name', (golden) => {
  const pairs = { gold: golden.yTrue, predicted: golden.yPred };

  it('gives the same precision, recall and F1 for every average and zero division', () => {
    for (const [key, expected] of Object.entries(golden.prf)) {
      const options = { ...pairs, ...settings(key) };
      const actual = [precisionScore(options), recallScore(options), f1Score(options)];
      expect(largestDifference(actual, expected), key).toBeLessThan(tolerance);
    }
  });

  it('gives the same Jaccard score', () => {
    for (const [key, expected] of Object.entries(golden.jaccard)) {
      expect(largestDifference(jaccardScore({ ...pairs, ...settings(key) }), expected), key).toBeLessThan(tolerance);
    }
  });

  it('gives the same subset accuracy and Hamming loss', () => {
    expect(subsetAccuracy(pairs)).toBeCloseTo(golden.subsetAccuracy, 12);
    expect(zeroOneLoss(pairs)).toBeCloseTo(1 - golden.subsetAccuracy, 12);
    expect(hammingLoss(pairs)).toBeCloseTo(golden.hammingLoss, 12);
  });
});

it.each(goldenCases.filter((golden) => golden.fbeta !== undefined))('scikit-learn, case $name: the same F-beta', (golden) => {
  for (const [key, expected] of Object.entries(golden.fbeta ?? {})) {
    const [beta, average] = key.split('/');
    const pairs = { gold: golden.yTrue, predicted: golden.yPred };
    const actual = fbetaScore({ ...pairs, beta: Number(beta), average: average as Average });
    expect(largestDifference(actual, expected), key).toBeLessThan(tolerance);
  }
});

describe('options', () => {
  const pairs = { gold: [[1, 0]], predicted: [[1, 1]] };

  it('takes beta 0 for precision and beta infinity for recall', () => {
    expect(fbetaScore({ ...pairs, beta: 0, average: 'micro' })).toBe(0.5);
    expect(fbetaScore({ ...pairs, beta: Infinity, average: 'micro' })).toBe(1);
  });

  it('refuses a negative beta and a zero division of one half', () => {
    expect(() => fbetaScore({ ...pairs, beta: -1, average: 'micro' })).toThrow(/beta: .*got -1/);
    expect(() => f1Score({ ...pairs, average: 'micro', zeroDivision: 0.5 })).toThrow(/zeroDivision: .*got 0\.5/);
  });
});

describe('sample weights', () => {
  it('count a row as often as its weight says', () => {
    const weighted = { gold: [[1, 0], [0, 1]], predicted: [[1, 1], [0, 0]], sampleWeight: [3, 2] };
    const repeated = {
      gold: [[1, 0], [1, 0], [1, 0], [0, 1], [0, 1]],
      predicted: [[1, 1], [1, 1], [1, 1], [0, 0], [0, 0]],
    };
    for (const average of ['micro', 'macro', 'weighted', 'samples'] as const) {
      expect(f1Score({ ...weighted, average })).toBeCloseTo(f1Score({ ...repeated, average }), 14);
    }
    expect(hammingLoss(weighted)).toBeCloseTo(hammingLoss(repeated), 14);
    expect(subsetAccuracy(weighted)).toBeCloseTo(subsetAccuracy(repeated), 14);
  });

  it('are refused when negative, too few or all zero', () => {
    const pairs = { gold: [[1], [0]], predicted: [[1], [1]] };
    expect(() => hammingLoss({ ...pairs, sampleWeight: [1, -1] })).toThrow(/row 1.*got -1/);
    expect(() => hammingLoss({ ...pairs, sampleWeight: [1] })).toThrow(/got 1; expected 2/);
    expect(() => hammingLoss({ ...pairs, sampleWeight: [0, 0] })).toThrow(/All weights are zero/);
  });
});
