import type { ScoredAnswers } from './score-labels.ts';

/** Probabilities of labels and of whole answers, given that the model gives one of the answers. */
export interface LabelProbabilities {
  /**
   * p(label | post) for each label, in the label set's order: the share of the answers that hold it. Where not all answers were looked
   * at, the share among all answers and beginnings of answers that tell whether they hold it; off by at most `missing`.
   */
  readonly marginals: Float64Array;
  /**
   * Labels of the likeliest answer, ascending; of equals the one that comes first. Where not all answers were looked at, of those that
   * were, or, where none was, the labels with marginals of 0.5 or more.
   */
  readonly best: readonly number[];
  /** Largest probability of all answers together that were not looked at; 0 when all were. */
  readonly missing: number;
  /** Probability of an answer, given by its labels in ascending order; 0 for one that was not looked at. */
  probabilityOf(labels: readonly number[]): number;
}

/** Turns scores of answers into probabilities. */
export function labelProbabilities(scored: ScoredAnswers, labelCount: number): LabelProbabilities {
  const { answers, logProbabilities, unfinished, missing } = scored;
  const all = [
    ...answers.map(({ labels }, index) => ({ labels, isSingle: true, logProbability: logProbabilities[index] as number })),
    ...unfinished,
  ];
  const top = all.reduce((largest, { logProbability }) => Math.max(largest, logProbability), -Infinity);
  const weights = all.map(({ logProbability }) => Math.exp(logProbability - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const [holding, telling] = [new Float64Array(labelCount), new Float64Array(labelCount)];
  all.forEach(({ labels, isSingle }, index) => {
    const weight = weights[index] as number;
    // A beginning says nothing about labels after its last one.
    const told = isSingle ? labelCount : (labels.at(-1) ?? -1) + 1;
    for (let label = 0; label < told; label += 1) telling[label] = (telling[label] as number) + weight;
    for (const label of labels) holding[label] = (holding[label] as number) + weight;
  });
  const probabilities = new Map(answers.map(({ labels }, index) => [labels.join(), (weights[index] as number) / total]));
  const marginals = holding.map((weight, label) => (weight === 0 ? 0 : Math.min(1, weight / (telling[label] as number))));
  const best = logProbabilities.indexOf(logProbabilities.reduce((largest, value) => Math.max(largest, value), -Infinity));
  return {
    marginals,
    best: answers[best]?.labels ?? [...marginals.keys()].filter((label) => (marginals[label] as number) >= 0.5),
    missing,
    probabilityOf: (labels) => probabilities.get(labels.join()) ?? 0,
  };
}
