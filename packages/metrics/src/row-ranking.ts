import { weightedMean } from './averages.ts';
import { toScored, type ScoredLabels } from './score-matrix.ts';

/** One row's gold cells and scores. */
interface Row {
  readonly relevant: readonly number[];
  readonly irrelevant: readonly number[];
}

/**
 * For each true label, the share of true labels among those ranked at least as high; averaged over labels, then rows.
 *
 * As scikit-learn's `label_ranking_average_precision_score`: a row without true labels, or with all true, counts 1.
 */
export function labelRankingAveragePrecision(input: ScoredLabels): number {
  return rowMean(input, ({ relevant, irrelevant }) => {
    if (relevant.length === 0 || irrelevant.length === 0) return 1;
    const precisions = relevant.map((score) => {
      const better = countAtLeast(relevant, score);
      return better / (better + countAtLeast(irrelevant, score));
    });
    return weightedMean(precisions);
  });
}

/**
 * How many labels must be read from the top of the ranking to meet all true ones, on average over rows.
 *
 * As scikit-learn's `coverage_error`: labels tied with the lowest true one count; a row without true labels counts 0.
 */
export function coverageError(input: ScoredLabels): number {
  return rowMean(input, ({ relevant, irrelevant }) => {
    if (relevant.length === 0) return 0;
    const lowest = Math.min(...relevant);
    return relevant.length + countAtLeast(irrelevant, lowest);
  });
}

/**
 * Share of pairs of a true and a false label that are ranked the wrong way round or tied, on average over rows.
 *
 * As scikit-learn's `label_ranking_loss`: a row without true labels, or with all true, counts 0.
 */
export function labelRankingLoss(input: ScoredLabels): number {
  return rowMean(input, ({ relevant, irrelevant }) => {
    if (relevant.length === 0 || irrelevant.length === 0) return 0;
    let wrong = 0;
    for (const score of relevant) wrong += countAtLeast(irrelevant, score);
    return wrong / (relevant.length * irrelevant.length);
  });
}

function rowMean(input: ScoredLabels, metric: (row: Row) => number): number {
  const { gold, scores } = toScored(input);
  const values = Array.from({ length: gold.rows }, (_, row) => {
    const relevant: number[] = [];
    const irrelevant: number[] = [];
    for (let cell = row * gold.columns; cell < (row + 1) * gold.columns; cell += 1) {
      (gold.data[cell] === 1 ? relevant : irrelevant).push(scores.data[cell]!);
    }
    return metric({ relevant, irrelevant });
  });
  return weightedMean(values, input.sampleWeight);
}

function countAtLeast(scores: readonly number[], threshold: number): number {
  return scores.reduce((count, score) => count + (score >= threshold ? 1 : 0), 0);
}
