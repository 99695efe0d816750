import { sum, weightedMean } from './averages.ts';
import { checkProbabilities, toScored, type ScoredLabels } from './score-matrix.ts';

// As scikit-learn since 1.5: the precision of a float64. It bounds the loss of a confident mistake at 36.04.
const smallestProbability = Number.EPSILON;

/**
 * Mean negative logarithm of the probability given to the truth, per label; natural logarithm.
 *
 * As scikit-learn's `log_loss` on each label, with probabilities below 2^-52 taken as 2^-52.
 *
 * @throws MetricsError `MMHS_METRICS_VALUE` for scores outside 0 to 1.
 */
export function logLoss(input: ScoredLabels): number[] {
  return perLabelMean(input, (truth, probability) =>
    -Math.log(Math.max(truth === 1 ? probability : 1 - probability, smallestProbability)),
  );
}

/** Mean squared distance of probability and truth, per label. As scikit-learn's `brier_score_loss` on each label. */
export function brierScore(input: ScoredLabels): number[] {
  return perLabelMean(input, (truth, probability) => (probability - truth) ** 2);
}

function perLabelMean(input: ScoredLabels, loss: (truth: number, probability: number) => number): number[] {
  const { gold, scores } = toScored(input);
  checkProbabilities(scores);
  return Array.from({ length: gold.columns }, (_, column) => {
    const losses = Array.from({ length: gold.rows }, (_, row) => {
      const cell = row * gold.columns + column;
      return loss(gold.data[cell]!, scores.data[cell]!);
    });
    return input.sampleWeight === undefined ? sum(losses) / gold.rows : weightedMean(losses, input.sampleWeight);
  });
}
