import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { largestDifference } from './__fixtures__/golden.ts';
import {
  averagePrecision,
  binaryAveragePrecision,
  binaryRocAuc,
  brierScore,
  classificationReport,
  coverageError,
  f1Score,
  fbetaScore,
  hammingLoss,
  jaccardScore,
  labelConfusion,
  labelRankingAveragePrecision,
  labelRankingLoss,
  logLoss,
  precisionRecallCurve,
  precisionScore,
  recallScore,
  rocAuc,
  rocCurve,
  subsetAccuracy,
  zeroOneLoss,
  type Average,
  type BinaryScores,
  type LabelPairs,
  type ScoredLabels,
} from './index.ts';

interface EdgeCase {
  readonly name: string;
  readonly gold: number[][];
  readonly predicted: number[][];
  readonly scores: number[][];
  readonly sampleWeight: number[] | null;
  /** Results by name, average (or another option) and zero division: `prf/macro/NaN`. */
  readonly expected: Record<string, unknown>;
}

const numbers: Readonly<Record<string, number>> = { NaN, Inf: Infinity };
const text = readFileSync(new URL('__fixtures__/edge-cases.json', import.meta.url), 'utf8');
const { cases } = JSON.parse(text, (_key, value: unknown) => (typeof value === 'string' ? (numbers[value] ?? value) : value)) as {
  cases: EdgeCase[];
};

function compute(edge: EdgeCase, key: string): unknown {
  const [name, option = '', zero = '0'] = key.split('/');
  const weights = edge.sampleWeight === null ? {} : { sampleWeight: edge.sampleWeight };
  const pairs: LabelPairs = { gold: edge.gold, predicted: edge.predicted, ...weights };
  const scored: ScoredLabels = { gold: edge.gold, scores: edge.scores, ...weights };
  const first: BinaryScores = { gold: edge.gold.map((row) => row[0]!), scores: edge.scores.map((row) => row[0]!), ...weights };
  const options = { ...pairs, average: option as Average, zeroDivision: Number(zero) };
  switch (name) {
    case 'prf':
      return [precisionScore(options), recallScore(options), f1Score(options)];
    case 'fbeta2':
      return fbetaScore({ ...options, beta: 2 });
    case 'jaccard':
      return jaccardScore(options);
    case 'report':
      return classificationReport({ ...pairs, zeroDivision: Number(option) });
    case 'subsetAccuracy':
      return subsetAccuracy(pairs);
    case 'hammingLoss':
      return hammingLoss(pairs);
    case 'confusion':
      return labelConfusion(pairs);
    case 'rocAuc':
      return rocAuc({ ...scored, average: option as Average });
    case 'averagePrecision':
      return averagePrecision({ ...scored, average: option as Average });
    case 'lrap':
      return labelRankingAveragePrecision(scored);
    case 'coverageError':
      return coverageError(scored);
    case 'rankingLoss':
      return labelRankingLoss(scored);
    case 'logLoss':
      return logLoss(scored);
    case 'brier':
      return brierScore(scored);
    case 'rocCurve': {
      const curve = rocCurve({ ...first, dropIntermediate: option === 'true' });
      return [curve.falsePositiveRate, curve.truePositiveRate, curve.thresholds];
    }
    case 'precisionRecallCurve': {
      const curve = precisionRecallCurve(first);
      return [curve.precision, curve.recall, curve.thresholds];
    }
    default:
      throw new Error(`No function for ${key}`);
  }
}

describe.each(cases)('scikit-learn: $name', (edge) => {
  it('gives the same numbers and the same report', () => {
    for (const [key, expected] of Object.entries(edge.expected)) {
      const actual = compute(edge, key);
      if (typeof expected === 'string') expect(actual, key).toBe(expected);
      else expect(largestDifference(actual, expected), key).toBeLessThan(1e-12);
    }
  });
});

describe("the examples of scikit-learn's documentation", () => {
  it('label sets', () => {
    const jaccard = { gold: [[0, 1, 1], [1, 1, 0]], predicted: [[1, 1, 1], [1, 0, 0]] };
    expect(jaccardScore({ ...jaccard, average: 'samples' })).toBeCloseTo(0.5833, 4);
    expect(jaccardScore({ ...jaccard, average: 'macro' })).toBeCloseTo(0.6666, 3);
    expect(jaccardScore({ ...jaccard, average: 'none' })).toEqual([0.5, 0.5, 1]);
    const f1 = { gold: [[0, 0, 0], [1, 1, 1], [0, 1, 1]], predicted: [[0, 0, 0], [1, 1, 1], [1, 1, 0]] };
    expect(f1Score({ ...f1, average: 'none' })).toEqual([2 / 3, 1, 2 / 3]);
    expect(hammingLoss({ gold: [[0, 1], [1, 1]], predicted: [[0, 0], [0, 0]] })).toBe(0.75);
    expect(zeroOneLoss({ gold: [[0, 1], [1, 1]], predicted: [[1, 1], [1, 1]] })).toBe(0.5);
    expect(subsetAccuracy({ gold: [[0, 1], [1, 1]], predicted: [[1, 1], [1, 1]] })).toBe(0.5);
  });

  it('rankings', () => {
    const ranking = { gold: [[1, 0, 0], [0, 0, 1]], scores: [[0.75, 0.5, 1], [1, 0.2, 0.1]] };
    expect(labelRankingAveragePrecision(ranking)).toBeCloseTo(5 / 12, 12);
    expect(coverageError(ranking)).toBe(2.5);
    expect(labelRankingLoss(ranking)).toBe(0.75);
    expect(labelRankingLoss({ ...ranking, scores: [[1, 0.1, 0.2], [0.1, 0.2, 0.9]] })).toBe(0);
  });

  it('scores of one label', () => {
    expect(binaryAveragePrecision({ gold: [0, 0, 1, 1], scores: [0.1, 0.4, 0.35, 0.8] })).toBeCloseTo(0.8333, 4);
    expect(binaryAveragePrecision({ gold: [0, 0, 0, 1], scores: [1, 1, 1, 1] })).toBe(0.25);
    expect(binaryRocAuc({ gold: [0, 1, 0, 1], scores: [1, 1, 1, 1] })).toBe(0.5);
    expect(binaryRocAuc({ gold: [0, 1], scores: [1, 0] })).toBe(0);
    expect(brierScore({ gold: [[0], [1], [1], [0]], scores: [[0.1], [0.9], [0.8], [0.3]] })[0]).toBeCloseTo(0.0375, 12);
    expect(logLoss({ gold: [[1], [0], [0], [1]], scores: [[0.9], [0.1], [0.2], [0.65]] })[0]).toBeCloseTo(0.21616, 5);
  });
});
