import { describe, expect, it } from 'vitest';
import { goldenCases } from './__fixtures__/golden.ts';
import { countLabels, multilabelReport } from './index.ts';

const labels = ['racist', 'sexist', 'religion'];
const gold = [['racist'], ['racist', 'sexist'], []];
const predicted = [['racist'], ['racist'], []];

describe('multilabelReport', () => {
  it('takes sets of label names', () => {
    const report = multilabelReport({ gold, predicted, labels });
    expect(report).toMatchObject({ f1Micro: 0.8, f1Macro: 1 / 3, f1Samples: (1 + 2 / 3) / 3, subsetAccuracy: 2 / 3, hammingLoss: 1 / 9 });
    expect(report.perLabel[1]).toEqual({ label: 'sexist', precision: 0, recall: 0, f1: 0, support: 1 });
  });

  it("counts 0/0 as 1 with preset 'original'", () => {
    const report = multilabelReport({ gold, predicted, labels, preset: 'original' });
    expect(report.f1Macro).toBe(2 / 3);
    expect(report.zeroDivision).toBe(1);
  });

  it('names the labels that are neither true nor predicted', () => {
    expect(multilabelReport({ gold, predicted, labels }).undefinedLabels).toEqual(['religion']);
  });

  it('gives the same from counts as from labels', () => {
    const counts = countLabels({ gold, predicted, labels });
    expect(multilabelReport({ ...counts, labels })).toEqual(multilabelReport({ gold, predicted, labels }));
  });

  it('agrees with scikit-learn on every golden case', () => {
    for (const { name, yTrue, yPred, prf, subsetAccuracy } of goldenCases) {
      const report = multilabelReport({ gold: yTrue, predicted: yPred, zeroDivision: 1 });
      expect(report.f1Macro, name).toBeCloseTo(prf['macro/1']![2] as number, 12);
      expect(report.averages.weighted.precision, name).toBeCloseTo(prf['weighted/1']![0] as number, 12);
      expect(report.subsetAccuracy, name).toBeCloseTo(subsetAccuracy, 12);
    }
  });
});

describe('input', () => {
  it('refuses labels outside the list, and says where', () => {
    expect(() => multilabelReport({ gold, predicted: [[], ['other'], []], labels })).toThrow(
      /predicted, row 1: .*got "other"; expected one of \["racist"/,
    );
  });

  it('refuses sets without a list, ragged rows, other numbers, differing shapes and nothing', () => {
    expect(() => multilabelReport({ gold, predicted })).toThrow(/need the list/);
    expect(() => multilabelReport({ gold: [[1, 0], [1]], predicted: [[1, 0], [1, 0]] })).toThrow(/gold, row 1.*got 1 cells/);
    expect(() => multilabelReport({ gold: [[2]], predicted: [[1]] })).toThrow(/row 0, column 0.*got 2/);
    expect(() => multilabelReport({ gold: [[1]], predicted: [[1], [0]] })).toThrow(/got 2 x 1 predicted; expected 1 x 1/);
    expect(() => multilabelReport({ gold: [], predicted: [] })).toThrow(/nothing to measure/);
  });

  it('takes rows without any label when names are given', () => {
    expect(multilabelReport({ gold: [[], []], predicted: [[], []], labels }).subsetAccuracy).toBe(1);
  });
});
