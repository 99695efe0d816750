import { weightedMean, type Average } from './averages.ts';
import type { Averaged } from './label-scores.ts';
import type { LabelMatrix } from './label-matrix.ts';
import type { PositivesAbove, RankedLabels } from './label-ranking.ts';
import { checkBinary, columnOf, toScored, type BinaryScores, type ScoredLabels, type ScoreMatrix } from './score-matrix.ts';
import { thresholdCounts } from './threshold-counts.ts';

/** A metric of one label, from how many positives and negatives lie above each threshold. */
type BinaryMetric = (above: PositivesAbove) => number;

type Scored = ScoredLabels | RankedLabels;

/**
 * Area under the ROC curve of one label: the chance that a positive scores higher than a negative, ties counting half.
 *
 * @returns NaN when all rows are positive or all negative.
 */
export function binaryRocAuc(input: BinaryScores): number {
  checkBinary(input);
  return areaUnderRoc(thresholdCounts(input));
}

/** Average precision of one label: sum of precision x gain in recall, without interpolation; 0 without positives. */
export function binaryAveragePrecision(input: BinaryScores): number {
  checkBinary(input);
  return areaUnderPrecisionRecall(thresholdCounts(input));
}

/**
 * Area under the ROC curve, averaged. As scikit-learn's `roc_auc_score` on label indicators.
 *
 * A label that is true (or false) in every row has no area: NaN, and NaN in the macro average unless
 * `skipUndefined` leaves it out.
 *
 * @param options.average - `micro` takes all cells as one label, `samples` takes each row as one.
 * @param options.skipUndefined - Average over the labels (rows) that have an area. @default false
 */
export function rocAuc<Kind extends Average>(
  options: ScoredLabels & { readonly average: Kind; readonly skipUndefined?: boolean },
): Averaged<Kind> {
  return averageScore(options, areaUnderRoc);
}

/**
 * Average precision, averaged. As scikit-learn's `average_precision_score`: a label without positives counts 0.
 *
 * @param options.skipUndefined - Leave such labels (rows) out of the average instead; NaN for `none`, and when none is left. @default false
 */
export function averagePrecision<Kind extends Average>(
  options: ScoredLabels & { readonly average: Kind; readonly skipUndefined?: boolean },
): Averaged<Kind> {
  const { skipUndefined = false } = options;
  return averageScore(options, (above) =>
    skipUndefined && !(above.truePositives[above.truePositives.length - 1]! > 0) ? NaN : areaUnderPrecisionRecall(above));
}

function averageScore<Kind extends Average>(
  options: Scored & { readonly average: Kind; readonly skipUndefined?: boolean },
  metric: BinaryMetric,
): Averaged<Kind> {
  const { gold, scores } = 'above' in options ? options : toScored(options);
  const average: Average = options.average;
  const value = average === 'none' ? perLabel(options, gold, scores, metric) : averaged(options, average, gold, scores, metric);
  return value as Averaged<Kind>;
}

function averaged(
  options: Scored & { readonly skipUndefined?: boolean },
  average: Exclude<Average, 'none'>,
  gold: LabelMatrix,
  scores: ScoreMatrix,
  metric: BinaryMetric,
): number {
  const { sampleWeight, skipUndefined = false } = options;
  switch (average) {
    case 'micro': {
      if ('above' in options) return metric(options.above('all'));
      const weights = sampleWeight && Float64Array.from(gold.data, (_, cell) => sampleWeight[Math.floor(cell / gold.columns)]!);
      return metric(thresholdCounts({ gold: gold.data, scores: scores.data, sampleWeight: weights }));
    }
    case 'macro':
      return mean(perLabel(options, gold, scores, metric), undefined, skipUndefined);
    case 'weighted': {
      const support = supports(gold, sampleWeight);
      if (support.every((weight) => weight === 0)) return 0;
      return mean(perLabel(options, gold, scores, metric), support, skipUndefined);
    }
    case 'samples':
      return mean(perRow(gold, scores, metric), sampleWeight, skipUndefined);
  }
}

function perLabel(options: Scored, gold: LabelMatrix, scores: ScoreMatrix, metric: BinaryMetric): number[] {
  return Array.from({ length: gold.columns }, (_, column) =>
    metric('above' in options
      ? options.above(column)
      : thresholdCounts({ ...columnOf(gold, scores, column), sampleWeight: options.sampleWeight })),
  );
}

function perRow(gold: LabelMatrix, scores: ScoreMatrix, metric: BinaryMetric): number[] {
  return Array.from({ length: gold.rows }, (_, row) => {
    const [start, end] = [row * gold.columns, (row + 1) * gold.columns];
    return metric(thresholdCounts({ gold: gold.data.subarray(start, end), scores: scores.data.subarray(start, end) }));
  });
}

/** The weight of a label's true rows. */
function supports(gold: LabelMatrix, weights: ArrayLike<number> | undefined): number[] {
  const totals = new Array<number>(gold.columns).fill(0);
  gold.data.forEach((cell, index) => {
    totals[index % gold.columns]! += cell * (weights === undefined ? 1 : weights[Math.floor(index / gold.columns)]!);
  });
  return totals;
}

/** Values of weight zero do not count, even when they are NaN. */
function mean(values: readonly number[], weights: ArrayLike<number> | undefined, skipUndefined: boolean): number {
  const counted = values.map((value, index) => (weights !== undefined && weights[index] === 0 ? 0 : value));
  return !skipUndefined && counted.some(Number.isNaN) ? NaN : weightedMean(counted, weights);
}

function areaUnderRoc({ truePositives, falsePositives }: PositivesAbove): number {
  const positives = truePositives[truePositives.length - 1] ?? 0;
  const negatives = falsePositives[falsePositives.length - 1] ?? 0;
  if (positives === 0 || negatives === 0) return NaN;
  let area = 0;
  let [lastTrue, lastFalse] = [0, 0];
  for (let index = 0; index < truePositives.length; index += 1) {
    area += ((falsePositives[index]! - lastFalse) * (truePositives[index]! + lastTrue)) / 2;
    lastTrue = truePositives[index]!;
    lastFalse = falsePositives[index]!;
  }
  return area / (positives * negatives);
}

function areaUnderPrecisionRecall({ truePositives, falsePositives }: PositivesAbove): number {
  const positives = truePositives[truePositives.length - 1] ?? 0;
  if (positives === 0) return 0;
  let area = 0;
  let lastTrue = 0;
  for (let index = 0; index < truePositives.length; index += 1) {
    const found = truePositives[index]!;
    if (found === lastTrue) continue;
    area += ((found - lastTrue) * found) / (found + falsePositives[index]!);
    lastTrue = found;
  }
  return area / positives;
}
