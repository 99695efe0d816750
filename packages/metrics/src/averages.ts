import { MetricsError } from './errors.ts';
import type { MultilabelCounts } from './counts.ts';

/**
 * How label values become one number: pooled counts (`micro`), the plain mean over all labels (`macro`), the mean
 * weighted by support (`weighted`), the mean over rows (`samples`), or not at all (`none`).
 */
export type Average = 'micro' | 'macro' | 'weighted' | 'samples' | 'none';

/** The value of 0/0: `0`, `1` or `NaN`; with `NaN` such labels and rows leave the mean. */
export type ZeroDivision = number;

/** A ratio's numerator and denominator in terms of the three counts of a label, of a row, or of all cells. */
export type Ratio = (common: number, predicted: number, gold: number) => readonly [numerator: number, denominator: number];

/** Refuses a zero-division value other than 0, 1 and NaN. */
export function checkZeroDivision(zeroDivision: ZeroDivision): void {
  if (zeroDivision === 0 || zeroDivision === 1 || Number.isNaN(zeroDivision)) return;
  throw new MetricsError('MMHS_METRICS_OPTION', 'The zero-division value is not usable', {
    where: 'zeroDivision',
    got: String(zeroDivision),
    expected: '0, 1 or NaN',
  });
}

/** A ratio per label. */
export function ratioPerLabel(counts: MultilabelCounts, ratio: Ratio, zeroDivision: ZeroDivision): number[] {
  return Array.from(counts.truePositives, (common, column) =>
    divide(ratio(common, counts.predictedPositives[column]!, counts.goldPositives[column]!), zeroDivision),
  );
}

/** A ratio averaged over labels or rows as `average` says. */
export function averageRatio(
  counts: MultilabelCounts,
  ratio: Ratio,
  average: Exclude<Average, 'none'>,
  zeroDivision: ZeroDivision,
): number {
  switch (average) {
    case 'micro':
      return divide(
        ratio(sum(counts.truePositives), sum(counts.predictedPositives), sum(counts.goldPositives)),
        zeroDivision,
      );
    case 'macro':
      return weightedMean(ratioPerLabel(counts, ratio, zeroDivision));
    case 'weighted':
      return weightedMean(ratioPerLabel(counts, ratio, zeroDivision), counts.goldPositives);
    case 'samples': {
      const groups = counts.rowTally.groups();
      const values = groups.map((group) => divide(ratio(group.common, group.predicted, group.gold), zeroDivision));
      return weightedMean(values, groups.map((group) => group.weight));
    }
  }
}

/** Mean of the values that are numbers; plain when all their weights are zero; NaN when there is none. */
export function weightedMean(values: readonly number[], weights?: ArrayLike<number>): number {
  let total = 0;
  let totalWeight = 0;
  let plainTotal = 0;
  let present = 0;
  values.forEach((value, index) => {
    if (Number.isNaN(value)) return;
    const weight = weights === undefined ? 1 : weights[index]!;
    total += value * weight;
    totalWeight += weight;
    plainTotal += value;
    present += 1;
  });
  if (present === 0) return NaN;
  return totalWeight === 0 ? plainTotal / present : total / totalWeight;
}

/** Sum of numbers. */
export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function divide([numerator, denominator]: readonly [number, number], zeroDivision: ZeroDivision): number {
  return denominator === 0 ? zeroDivision : numerator / denominator;
}
