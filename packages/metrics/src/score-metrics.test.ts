import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goldenCases, largestDifference } from './__fixtures__/golden.ts';
import {
  averagePrecision,
  binaryAveragePrecision,
  binaryRocAuc,
  brierScore,
  coverageError,
  labelRankingAveragePrecision,
  labelRankingLoss,
  logLoss,
  precisionRecallCurve,
  rocAuc,
  rocCurve,
  type Average,
} from './index.ts';

const tolerance = 1e-12;
const scored = goldenCases.filter((golden) => golden.rocAuc !== undefined);

describe.each(scored)('scikit-learn, case $name', (golden) => {
  const input = { gold: golden.yTrue, scores: golden.yScore! };

  it('gives the same ROC AUC and average precision for every average', () => {
    for (const [average, expected] of Object.entries(golden.rocAuc ?? {})) {
      expect(largestDifference(rocAuc({ ...input, average: average as Average }), expected), average).toBeLessThan(tolerance);
    }
    for (const [average, expected] of Object.entries(golden.averagePrecision ?? {})) {
      const actual = averagePrecision({ ...input, average: average as Average });
      expect(largestDifference(actual, expected), average).toBeLessThan(tolerance);
    }
  });

  it('gives the same ranking metrics', () => {
    expect(labelRankingAveragePrecision(input)).toBeCloseTo(golden.lrap!, 12);
    expect(coverageError(input)).toBeCloseTo(golden.coverageError!, 12);
    expect(labelRankingLoss(input)).toBeCloseTo(golden.rankingLoss!, 12);
  });
});

it.each(scored.filter((golden) => golden.brierPerLabel !== undefined))(
  'scikit-learn, case $name: the same Brier score and log loss',
  (golden) => {
    const input = { gold: golden.yTrue, scores: golden.yScore! };
    expect(largestDifference(brierScore(input), golden.brierPerLabel)).toBeLessThan(tolerance);
    expect(largestDifference(logLoss(input), golden.logLossPerLabel)).toBeLessThan(tolerance);
  },
);

describe('curves', () => {
  const gold = [0, 0, 1, 1];
  const scores = [0.1, 0.4, 0.35, 0.8];

  it('rocCurve gives the example of its scikit-learn documentation', () => {
    expect(rocCurve({ gold, scores })).toEqual({
      falsePositiveRate: [0, 0, 0.5, 0.5, 1],
      truePositiveRate: [0, 0.5, 0.5, 1, 1],
      thresholds: [Infinity, 0.8, 0.4, 0.35, 0.1],
    });
  });

  it('precisionRecallCurve gives the example of its scikit-learn documentation', () => {
    expect(precisionRecallCurve({ gold, scores })).toEqual({
      precision: [0.5, 2 / 3, 0.5, 1, 1],
      recall: [1, 1, 0.5, 0.5, 0],
      thresholds: [0.1, 0.35, 0.4, 0.8],
    });
  });

  it('leaves out points on straight lines unless asked not to', () => {
    const flat = { gold: [1, 1, 1, 0, 0, 0], scores: [6, 5, 4, 3, 2, 1] };
    expect(rocCurve(flat).thresholds).toEqual([Infinity, 6, 4, 1]);
    expect(rocCurve({ ...flat, dropIntermediate: false }).thresholds).toEqual([Infinity, 6, 5, 4, 3, 2, 1]);
  });
});

describe('the ROC AUC of one label', () => {
  const rows = fc.array(fc.record({ gold: fc.constantFrom(0, 1), score: fc.integer({ min: 0, max: 6 }), weight: fc.integer({ min: 0, max: 3 }) }), {
    minLength: 1,
  });

  it('is the share of pairs ranked rightly, ties counting half', () => {
    fc.assert(
      fc.property(rows, (posts) => {
        const [positives, negatives] = [1, 0].map((truth) => posts.filter((post) => post.gold === truth));
        const wins = positives!.flatMap((positive) =>
          negatives!.map((negative): number => (positive.score > negative.score ? 1 : positive.score === negative.score ? 0.5 : 0)),
        );
        const expected = wins.reduce((sum, win) => sum + win, 0) / wins.length;
        const actual = binaryRocAuc({ gold: posts.map((post) => post.gold), scores: posts.map((post) => post.score) });
        expect(largestDifference(actual, expected)).toBeLessThan(tolerance);
      }),
    );
  });

  it('and average precision take weights as repetitions', () => {
    fc.assert(
      fc.property(rows.filter((posts) => posts.some((post) => post.weight > 0)), (posts) => {
        const repeated = posts.flatMap((post) => Array.from({ length: post.weight }, () => post));
        const columns = (list: typeof posts) => ({ gold: list.map((post) => post.gold), scores: list.map((post) => post.score) });
        const weighted = { ...columns(posts), sampleWeight: posts.map((post) => post.weight) };
        expect(largestDifference(binaryRocAuc(weighted), binaryRocAuc(columns(repeated)))).toBeLessThan(tolerance);
        const difference = largestDifference(binaryAveragePrecision(weighted), binaryAveragePrecision(columns(repeated)));
        expect(difference).toBeLessThan(tolerance);
      }),
    );
  });
});

it('skipUndefined leaves labels without an area out of the mean', () => {
  const input = { gold: [[1, 1], [0, 1]], scores: [[0.9, 0.1], [0.2, 0.3]], average: 'macro' as const };
  expect(rocAuc(input)).toBeNaN();
  expect(rocAuc({ ...input, skipUndefined: true })).toBe(1);
});

it('refuses scores that are not finite, and probabilities outside 0 to 1', () => {
  expect(() => rocAuc({ gold: [[1, 0]], scores: [[NaN, 1]], average: 'micro' })).toThrow(/row 0, column 0.*got NaN/);
  expect(() => logLoss({ gold: [[1]], scores: [[1.5]] })).toThrow(/got 1\.5; expected a number from 0 to 1/);
});
