import { sum } from './averages.ts';
import { toCounts, type CountsSource } from './counts.ts';

/**
 * Share of rows whose labels are all right. As scikit-learn's `accuracy_score` on label indicators.
 *
 * A row without labels that was given none is right.
 */
export function subsetAccuracy(source: CountsSource): number {
  const counts = toCounts(source);
  const exact = counts.rowGroups.filter((group) => group.gold === group.common && group.predicted === group.common);
  return sum(exact.map((group) => group.weight)) / counts.rows;
}

/** Share of rows with at least one wrong label: 1 - subset accuracy. As scikit-learn's `zero_one_loss`. */
export function zeroOneLoss(source: CountsSource): number {
  return 1 - subsetAccuracy(source);
}

/** Share of wrong cells among rows x labels. As scikit-learn's `hamming_loss`. */
export function hammingLoss(source: CountsSource): number {
  const counts = toCounts(source);
  const wrong = sum(counts.goldPositives) + sum(counts.predictedPositives) - 2 * sum(counts.truePositives);
  return wrong / (counts.rows * counts.columns);
}
