import type { BinaryScores } from './score-matrix.ts';
import { sortRows } from './sorted-rows.ts';

/** What predicting `score >= threshold` would give, for every distinct score from the highest to the lowest. */
export interface ThresholdCounts {
  readonly thresholds: Float64Array;
  /** Positives among the rows at or above each threshold. */
  readonly truePositives: Float64Array;
  /** Negatives among the rows at or above each threshold. */
  readonly falsePositives: Float64Array;
}

/** Counts positives and negatives at or above every distinct score; equal scores are one threshold. */
export function thresholdCounts(input: BinaryScores): ThresholdCounts {
  const { scores, signedWeights } = sortRows(input);
  const thresholds = new Float64Array(scores.length);
  const truePositives = new Float64Array(scores.length);
  const falsePositives = new Float64Array(scores.length);
  let [positives, negatives, size] = [0, 0, 0];
  for (let row = scores.length - 1; row >= 0; row -= 1) {
    const weight = signedWeights[row]!;
    positives += Math.max(weight, 0);
    negatives += Math.max(-weight, 0);
    if (row > 0 && scores[row - 1] === scores[row]) continue;
    thresholds[size] = scores[row]!;
    truePositives[size] = positives;
    falsePositives[size] = negatives;
    size += 1;
  }
  return {
    thresholds: thresholds.subarray(0, size),
    truePositives: truePositives.subarray(0, size),
    falsePositives: falsePositives.subarray(0, size),
  };
}
