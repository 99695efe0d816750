import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averagePrecision, bootstrapInterval, bootstrapIntervals, countLabels, f1Score, holmCorrection, logLoss, pairedBootstrap, pairedBootstraps, rocAuc,
  subsetAccuracy, type MultilabelCounts, type Resample,
} from './index.ts';

const rows = 60;
/** Labels and scores with ties, from a fixed pattern. */
const gold = Array.from({ length: rows }, (_, row) => [row % 3 === 0 ? 1 : 0, row % 7 === 0 ? 1 : 0]);
const scores = gold.map((labels, row) => labels.map((label, column) => (((row * (5 + column)) % 11) + 3 * label) / 14));
const predicted = scores.map((row) => row.map((score) => (score > 0.5 ? 1 : 0)));
const microF1 = (counts: MultilabelCounts): number => f1Score({ ...counts, average: 'micro' });

/** Row numbers that a resample drew, from its weights. */
const drawnRows = ({ sampleWeight = new Float64Array(rows) }: Resample): number[] =>
  [...sampleWeight].flatMap((times, row) => Array.from({ length: times }, () => row));

describe('bootstrapIntervals', () => {
  it('gives each metric what it has on its own', () => {
    const metrics = { microF1, accuracy: (counts: MultilabelCounts) => subsetAccuracy(counts) };
    const both = bootstrapIntervals({ gold, predicted, metrics, resamples: 50, seed: 3 });
    expect(both.microF1).toEqual(bootstrapInterval({ gold, predicted, metric: microF1, resamples: 50, seed: 3 }));
    expect(both.accuracy).toEqual(bootstrapInterval({ gold, predicted, metric: metrics.accuracy, resamples: 50, seed: 3 }));
  });

  it.each(['micro', 'macro', 'weighted', 'samples'] as const)('gives metrics of scores the rows that were drawn: average %s', (average) => {
    bootstrapIntervals({
      gold, predicted, scores, resamples: 20,
      metrics: {
        areas: (resample) => {
          const drawn = resample.sampleWeight === undefined ? gold.map((_, row) => row) : drawnRows(resample);
          expect(drawn).toHaveLength(rows);
          const repeated = { gold: drawn.map((row) => gold[row] as number[]), scores: drawn.map((row) => scores[row] as number[]) };
          expect(averagePrecision({ ...resample, average })).toBeCloseTo(averagePrecision({ ...repeated, average }), 12);
          expect(rocAuc({ ...resample, average, skipUndefined: true })).toBeCloseTo(rocAuc({ ...repeated, average, skipUndefined: true }), 12);
          return 0;
        },
        counts: (resample) => {
          const drawn = resample.sampleWeight === undefined ? gold.map((_, row) => row) : drawnRows(resample);
          const repeated = countLabels({ gold: drawn.map((row) => gold[row] as number[]), predicted: drawn.map((row) => predicted[row] as number[]) });
          expect(microF1(resample)).toBe(microF1(repeated));
          expect(logLoss(resample)).toEqual(logLoss({ gold: drawn.map((row) => gold[row] as number[]), scores: drawn.map((row) => scores[row] as number[]) }).map((loss) => expect.closeTo(loss, 12) as number));
          return 0;
        },
      },
    });
  });

  it('leaves out, for each metric alone, the resamples in which it is not a number', () => {
    const [rare] = [gold.map((_, row) => [row === 0 ? 1 : 0])];
    const data = { gold: rare as number[][], predicted: predicted.map(([first]) => [first as number]), scores: scores.map(([first]) => [first as number]) };
    let without = 0;
    const { area, present, never } = bootstrapIntervals({
      ...data, resamples: 300,
      metrics: {
        area: (resample) => rocAuc({ ...resample, average: 'macro', skipUndefined: true }),
        present: ({ goldPositives }) => (goldPositives[0] === 0 ? ((without += 1), 0) : 1),
        never: () => NaN,
      },
    });
    // A row of 60 is missing in about 0.37 of the resamples: an area that counted as 0 there would reach down to 0.
    expect(without).toBeGreaterThan(60);
    expect(present).toEqual({ value: 1, low: 0, high: 1 });
    expect(area.low).toBeGreaterThan(0);
    expect(never).toEqual({ value: NaN, low: NaN, high: NaN });
  });
});

describe('pairedBootstraps', () => {
  const other = predicted.map((row, index) => (index % 4 === 0 ? (gold[index] as number[]) : row));

  it('gives each metric what it has on its own', () => {
    const { microF1: difference } = pairedBootstraps({ gold, predicted, other, metrics: { microF1, rows: ({ rows: size }) => size }, resamples: 100 });
    expect(difference).toEqual(pairedBootstrap({ gold, predicted, other, metric: microF1, resamples: 100 }));
    expect(difference.values).toEqual([f1Score({ gold, predicted, average: 'micro' }), f1Score({ gold, predicted: other, average: 'micro' })]);
    expect(difference.value).toBe(difference.values[1] - difference.values[0]);
  });

  it('compares the scores of both systems', () => {
    const otherScores = gold.map((labels) => labels.map((label) => 0.8 * label + 0.1));
    const { area } = pairedBootstraps({
      gold, predicted, other, scores, otherScores, metrics: { area: (resample) => rocAuc({ ...resample, average: 'macro' }) }, resamples: 100,
    });
    expect(area.value).toBeCloseTo(1 - rocAuc({ gold, scores, average: 'macro' }), 12);
    expect(area.pValue).toBeCloseTo(2 / 101, 12);
  });
});

describe('holmCorrection', () => {
  it("gives R's p.adjust(c(0.01, 0.04, 0.03, 0.005), 'holm')", () => {
    expect(holmCorrection([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
  });

  it('keeps a single value, passes over NaN, and never exceeds 1', () => {
    expect(holmCorrection([0.3])).toEqual([0.3]);
    expect(holmCorrection([0.02, NaN, 0.9])).toEqual([0.04, NaN, 0.9]);
    expect(holmCorrection([0.6, 0.7])).toEqual([1, 1]);
  });

  it('never makes a value smaller, keeps the order, and is at most Bonferroni', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }), (values) => {
      const corrected = holmCorrection(values);
      values.forEach((value, index) => {
        expect(corrected[index]).toBeGreaterThanOrEqual(value);
        expect(corrected[index]).toBeLessThanOrEqual(Math.min(1, value * values.length));
        values.forEach((second, other) => {
          if (value < second) expect(corrected[index]).toBeLessThanOrEqual(corrected[other] as number);
        });
      });
    }));
  });
});

describe('averagePrecision', () => {
  it('leaves out labels without positives when asked to', () => {
    const data = { gold: [[1, 0], [0, 0]], scores: [[0.9, 0.2], [0.1, 0.3]] };
    expect(averagePrecision({ ...data, average: 'macro' })).toBe(0.5);
    expect(averagePrecision({ ...data, average: 'macro', skipUndefined: true })).toBe(1);
    expect(averagePrecision({ ...data, average: 'none', skipUndefined: true })).toEqual([1, NaN]);
  });
});
