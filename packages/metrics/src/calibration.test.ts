import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { goldenCases, largestDifference } from './__fixtures__/golden.ts';
import { calibrationError, fitIsotonic, fitPlatt, fitTemperature, reliabilityBins } from './index.ts';

const reference = JSON.parse(readFileSync(new URL('__fixtures__/calibrators.json', import.meta.url), 'utf8')) as {
  gold: number[];
  scores: number[];
  weights: number[];
  query: number[];
  isotonic: number[];
  isotonicWeighted: number[];
  plattA: number;
  plattB: number;
};
const { gold, scores, weights, query } = reference;

it.each(goldenCases.filter((golden) => golden.ecePerLabel !== undefined))('calibration errors are the reference\'s, case $name', (golden) => {
  const columns = golden.ecePerLabel!.map((_, column) => ({
    gold: golden.yTrue.map((row) => row[column]!),
    scores: golden.yScore!.map((row) => row[column]!),
  }));
  const errors = columns.map((column) => calibrationError(column));
  expect(largestDifference(errors.map((error) => error.expected), golden.ecePerLabel)).toBeLessThan(1e-12);
  expect(largestDifference(errors.map((error) => error.largest), golden.mcePerLabel)).toBeLessThan(1e-12);
  const flat = calibrationError({ gold: golden.yTrue.flat(), scores: golden.yScore!.flat() });
  expect(flat.expected).toBeCloseTo(golden.eceFlat!, 12);
});

it('reliability bins hold every row once', () => {
  const bins = reliabilityBins({ gold: [0, 1, 1], scores: [0, 0.55, 1], bins: 2 });
  expect(bins.map((bin) => bin.weight)).toEqual([1, 2]);
  expect(bins[1]).toEqual({ low: 0.5, high: 1, weight: 2, meanProbability: 0.775, positiveShare: 1 });
});

describe('fitIsotonic', () => {
  it("gives scikit-learn's values, with and without weights", () => {
    expect(largestDifference(query.map(fitIsotonic({ gold, scores }).apply), reference.isotonic)).toBeLessThan(1e-12);
    const weighted = fitIsotonic({ gold, scores, sampleWeight: weights });
    expect(largestDifference(query.map(weighted.apply), reference.isotonicWeighted)).toBeLessThan(1e-12);
  });
});

describe('fitPlatt', () => {
  it("finds scikit-learn's parameters", () => {
    const { slope, intercept } = fitPlatt({ gold, scores });
    expect(slope).toBeCloseTo(-reference.plattA, 4);
    expect(intercept).toBeCloseTo(-reference.plattB, 4);
  });

  it('stays finite on separable rows, and refuses rows of one kind', () => {
    expect(Number.isFinite(fitPlatt({ gold: [0, 0, 1, 1], scores: [-2, -1, 1, 2] }).slope)).toBe(true);
    expect(() => fitPlatt({ gold: [1, 1], scores: [0, 1] })).toThrow(/positive rows only/);
  });
});

describe('fitTemperature', () => {
  it('undoes a temperature that was put on calibrated logits', () => {
    // Half of 1 / (1 + exp(-ln 3)) = 3/4: three of four rows are on the side of their logit.
    const logit = Math.log(3);
    const rows = { gold: [1, 1, 1, 0, 0, 0, 0, 1], scores: [logit, logit, logit, logit, -logit, -logit, -logit, -logit] };
    expect(fitTemperature(rows).temperature).toBeCloseTo(1, 9);
    const stretched = { ...rows, scores: rows.scores.map((score) => score * 2.5) };
    expect(fitTemperature(stretched).temperature).toBeCloseTo(2.5, 9);
    expect(fitTemperature(stretched).apply(2.5 * logit)).toBeCloseTo(0.75, 9);
  });

  it('refuses logits that are always right', () => {
    expect(() => fitTemperature({ gold: [0, 1], scores: [-1, 1] })).toThrow(/No temperature fits/);
  });
});
