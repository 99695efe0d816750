import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anyLabel,
  anyLabelScores,
  applyThresholds,
  bootstrapInterval,
  f1Score,
  fleissKappa,
  generalizedMean,
  krippendorffAlpha,
  pairedBootstrap,
  subgroupBias,
  subsetAccuracy,
  tuneThresholds,
  type MultilabelCounts,
} from './index.ts';

describe('tuneThresholds', () => {
  const scored = fc.array(fc.record({ gold: fc.constantFrom(0, 1), score: fc.integer({ min: 0, max: 9 }) }), { minLength: 2, maxLength: 30 });

  it('finds the best F1 any threshold gives', () => {
    fc.assert(
      fc.property(scored, (rows) => {
        const gold = rows.map((row) => [row.gold]);
        const scores = rows.map((row) => [row.score / 10]);
        const f1At = (threshold: number): number => f1Score({ gold, predicted: applyThresholds({ scores, thresholds: [threshold] }), average: 'micro' });
        const best = Math.max(...Array.from({ length: 11 }, (_, step) => f1At(step / 10)));
        const [tuned] = tuneThresholds({ gold, scores, folds: 2 });
        expect(tuned!.inSample).toBeCloseTo(best, 12);
        expect(f1At(tuned!.threshold)).toBeCloseTo(best, 12);
      }),
    );
  });

  it('admits that thresholds tuned on noise are worth nothing', () => {
    // Each score occurs once and says nothing about the label: precision among the kept rows cannot be kept on others.
    const gold = Array.from({ length: 60 }, (_, row) => [(row * 7) % 3 === 0 ? 1 : 0]);
    const scores = Array.from({ length: 60 }, (_, row) => [((row * 37) % 60) / 60]);
    const [tuned] = tuneThresholds({ gold, scores, objective: { kind: 'precision-at-recall', recall: 0.05 } });
    expect(tuned!.inSample).toBeGreaterThan(tuned!.honest);
  });

  it('weighs mistakes by cost, and keeps a recall', () => {
    const data = { gold: [[0], [1], [0], [1]], scores: [[0.1], [0.4], [0.6], [0.9]], folds: 2 };
    const [cheapMisses] = tuneThresholds({ ...data, objective: { kind: 'cost', falsePositive: 10, falseNegative: 1 } });
    expect(cheapMisses).toMatchObject({ threshold: 0.75, inSample: 0.25 });
    const [fullRecall] = tuneThresholds({ ...data, objective: { kind: 'precision-at-recall', recall: 1 } });
    expect(fullRecall).toMatchObject({ threshold: 0.25, inSample: 2 / 3 });
  });
});

describe('bootstrap', () => {
  const metric = (counts: MultilabelCounts): number => subsetAccuracy(counts);
  const gold = Array.from({ length: 200 }, () => [1]);
  const predicted = gold.map((_, row) => [row % 4 === 0 ? 0 : 1]);

  it('gives about the interval that the normal approximation gives for a share', () => {
    const interval = bootstrapInterval({ gold, predicted, metric, resamples: 2000 });
    const margin = 1.96 * Math.sqrt((0.75 * 0.25) / 200);
    expect(interval.value).toBe(0.75);
    expect(interval.low).toBeCloseTo(0.75 - margin, 1.5);
    expect(interval.high).toBeCloseTo(0.75 + margin, 1.5);
  });

  it('repeats itself for a seed', () => {
    const draw = (seed: number) => bootstrapInterval({ gold, predicted, metric, resamples: 50, seed });
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('sees a clear difference, and none between equal systems', () => {
    const clear = pairedBootstrap({ gold, predicted, other: gold, metric, resamples: 200 });
    expect(clear.value).toBe(0.25);
    expect(clear.pValue).toBeCloseTo(2 / 201, 12);
    expect(pairedBootstrap({ gold, predicted, other: predicted, metric, resamples: 200 }).pValue).toBe(1);
  });

  it('stops when told to', () => {
    expect(() => bootstrapInterval({ gold, predicted, metric, signal: AbortSignal.abort(new Error('enough')) })).toThrow('enough');
  });
});

describe('agreement of raters', () => {
  it("Fleiss' kappa of his worked example (14 raters, 5 categories) is 0.210", () => {
    const ratings = [
      [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ];
    expect(fleissKappa(ratings)).toBeCloseTo(0.20993, 5);
  });

  it("Krippendorff's alpha of his worked example is 0.743 nominal and 0.849 interval", () => {
    const rows = ['123321412...', '1233224125.3', '.3332342251.', '12332441251.'];
    const units = Array.from({ length: 12 }, (_, unit) =>
      rows.map((row) => (row[unit] === '.' ? undefined : Number(row[unit]))),
    );
    expect(krippendorffAlpha({ units })).toBeCloseTo(0.743, 3);
    expect(krippendorffAlpha({ units, distance: (left, right) => (left - right) ** 2 })).toBeCloseTo(0.849, 3);
  });

  it('refuses items with another number of raters', () => {
    expect(() => fleissKappa([[2, 0], [1, 0]])).toThrow(/item 1.*got 1 raters/);
  });
});

describe('subgroupBias', () => {
  it('shows harmless mention of a group that scores too high', () => {
    const [bias] = subgroupBias({
      gold: [1, 1, 0, 0, 1, 0],
      scores: [0.6, 0.7, 0.1, 0.2, 0.9, 0.8],
      subgroups: { stand_in: [0, 0, 0, 0, 1, 1] },
    });
    expect(bias).toEqual({ subgroup: 'stand_in', rows: 2, subgroupAuc: 1, bpsnAuc: 0, bnspAuc: 1 });
  });

  it('draws the mean over groups towards the worst', () => {
    expect(generalizedMean([0.5, 1])).toBeCloseTo(((0.5 ** -5 + 1) / 2) ** (-1 / 5), 15);
    expect(generalizedMean([0.8, 0.8, NaN])).toBeCloseTo(0.8, 12);
  });
});

describe('anyLabel', () => {
  it('asks only whether a row has any label', () => {
    const view = anyLabel({ gold: [['a'], [], ['b']], predicted: [['b'], ['a'], []], labels: ['a', 'b'] });
    expect([...view.gold.data]).toEqual([1, 0, 1]);
    expect([...view.predicted.data]).toEqual([1, 1, 0]);
    expect([...anyLabelScores([[0.2, 0.7], [0.1, 0]]).data]).toEqual([0.7, 0.1]);
  });
});
