import type { ScoredAnswers } from './score-labels.ts';

/** Probabilities of labels and of whole answers, given that the model gives one of the answers. */
export interface LabelProbabilities {
  /** p(label | post) for each label, in the label set's order: the share of the answers that hold it. */
  readonly marginals: Float64Array;
  /** Labels of the likeliest answer, ascending; of equals the one that comes first. */
  readonly best: readonly number[];
  /** Probability of an answer, given by its labels in ascending order; 0 for one that was not looked at. */
  probabilityOf(labels: readonly number[]): number;
}

/** Turns scores of answers into probabilities. */
export function labelProbabilities(scored: ScoredAnswers, labelCount: number): LabelProbabilities {
  const { answers, logProbabilities } = scored;
  const top = logProbabilities.reduce((largest, value) => Math.max(largest, value), -Infinity);
  const weights = logProbabilities.map((value) => Math.exp(value - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const marginals = new Float64Array(labelCount);
  const byLabels = new Map<string, number>();
  answers.forEach(({ labels }, index) => {
    const probability = (weights[index] as number) / total;
    byLabels.set(labels.join(), probability);
    for (const label of labels) marginals[label] = (marginals[label] as number) + probability;
  });
  const best = logProbabilities.indexOf(top);
  return {
    // Rounding may lead a hair above 1.
    marginals: marginals.map((value) => Math.min(1, value)),
    best: answers[best]?.labels ?? [],
    probabilityOf: (labels) => byLabels.get(labels.join()) ?? 0,
  };
}
