import { checkBinary, type BinaryScores } from './score-matrix.ts';
import { thresholdCounts } from './threshold-counts.ts';

/** Points of a ROC curve from (0, 0) to (1, 1). */
export interface RocCurve {
  readonly falsePositiveRate: number[];
  readonly truePositiveRate: number[];
  /** Scores at or above which a row counts as positive; the first is Infinity, where none does. */
  readonly thresholds: number[];
}

/** Points of a precision-recall curve, thresholds ascending; the last point (precision 1, recall 0) has no threshold. */
export interface PrecisionRecallCurve {
  readonly precision: number[];
  readonly recall: number[];
  readonly thresholds: number[];
}

/**
 * The ROC curve of one label. As scikit-learn's `roc_curve`.
 *
 * @param options.dropIntermediate - Leave out points on straight lines. @default true
 * @throws MetricsError `MMHS_METRICS_SHAPE` or `MMHS_METRICS_VALUE` for unusable input. Without positives (negatives) the
 * true (false) positive rate is NaN.
 */
export function rocCurve(options: BinaryScores & { readonly dropIntermediate?: boolean }): RocCurve {
  checkBinary(options);
  const { thresholds, truePositives, falsePositives } = thresholdCounts(options);
  const last = thresholds.length - 1;
  const kept = [...thresholds.keys()].filter(
    (index) =>
      options.dropIntermediate === false || index === 0 || index === last ||
      bends(truePositives, index) || bends(falsePositives, index),
  );
  const rate = (counts: Float64Array): number[] => {
    const total = counts[last]!;
    return [0, ...kept.map((index) => counts[index]!)].map((count) => (total === 0 ? NaN : count / total));
  };
  return {
    falsePositiveRate: rate(falsePositives),
    truePositiveRate: rate(truePositives),
    thresholds: [Infinity, ...kept.map((index) => thresholds[index]!)],
  };
}

function bends(counts: Float64Array, index: number): boolean {
  return counts[index + 1]! - counts[index]! !== counts[index]! - counts[index - 1]!;
}

/**
 * The precision-recall curve of one label. As scikit-learn's `precision_recall_curve`.
 *
 * Without positives the recall is 1 everywhere but at the last point.
 */
export function precisionRecallCurve(options: BinaryScores): PrecisionRecallCurve {
  checkBinary(options);
  const { thresholds, truePositives, falsePositives } = thresholdCounts(options);
  const positives = truePositives.at(-1)!;
  const descending = [...thresholds.keys()].reverse();
  return {
    precision: [...descending.map((index) => truePositives[index]! / (truePositives[index]! + falsePositives[index]!)), 1],
    recall: [...descending.map((index) => (positives === 0 ? 1 : truePositives[index]! / positives)), 0],
    thresholds: descending.map((index) => thresholds[index]!),
  };
}
