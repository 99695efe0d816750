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
      const groups = counts.rowGroups;
      const values = groups.map((group) => divide(ratio(group.common, group.predicted, group.gold), zeroDivision));
      return weightedMean(values, groups.map((group) => group.weight));
    }
  }
}

/** Mean of the values that are numbers; plain when all their weights are zero; NaN when there is none. */
export function weightedMean(values: readonly number[], weights?: ArrayLike<number>): number {
  const present = [...values.keys()].filter((index) => !Number.isNaN(values[index]!));
  if (present.length === 0) return NaN;
  const weightOf = (index: number): number => (weights === undefined ? 1 : weights[index]!);
  const totalWeight = sum(present.map(weightOf));
  if (totalWeight === 0) return sum(present.map((index) => values[index]!)) / present.length;
  return sum(present.map((index) => values[index]! * weightOf(index))) / totalWeight;
}

// Below this many numbers NumPy adds with eight running sums.
const blockSize = 128;

/** Sum of numbers, added in NumPy's order so that the last digit is scikit-learn's too. */
export function sum(values: ArrayLike<number>, start = 0, end = values.length): number {
  const size = end - start;
  if (size < 8) {
    let total = 0;
    for (let index = start; index < end; index += 1) total += values[index]!;
    return total;
  }
  if (size > blockSize) {
    const half = Math.floor(size / 2);
    const middle = start + half - (half % 8);
    return sum(values, start, middle) + sum(values, middle, end);
  }
  const lanes = Array.from({ length: 8 }, (_, lane) => values[start + lane]!);
  const whole = end - (size % 8);
  for (let index = start + 8; index < whole; index += 1) lanes[(index - start) % 8]! += values[index]!;
  const [a, b, c, d, e, f, g, h] = lanes as [number, number, number, number, number, number, number, number];
  let total = a + b + (c + d) + (e + f + (g + h));
  for (let index = whole; index < end; index += 1) total += values[index]!;
  return total;
}

/** A fraction's value, or the zero-division value. */
export function divide([numerator, denominator]: readonly [number, number], zeroDivision: ZeroDivision): number {
  return denominator === 0 ? zeroDivision : numerator / denominator;
}
