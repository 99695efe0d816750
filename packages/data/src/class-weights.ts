import type { LabelSet } from '@mmhs/core';

/** How much each label weighs when rare labels are to count more. */
export interface ClassWeights {
  /** Samples that have the label, in the label set's order. */
  readonly counts: readonly number[];
  /**
   * `samples / (2 * count)` for each label: 1 when half the samples have it, as scikit-learn's `balanced`; `Infinity` when
   * none has.
   */
  readonly balanced: readonly number[];
  /** Negatives per positive of each label, the `pos_weight` of PyTorch's BCEWithLogitsLoss; `Infinity` when none has it. */
  readonly positive: readonly number[];
}

/** Counts labels and derives the usual weights from the counts. */
export function computeClassWeights(options: {
  readonly labels: readonly (readonly string[])[];
  readonly labelSet: LabelSet;
}): ClassWeights {
  const { labels, labelSet } = options;
  const found = new Map<string, number>(labelSet.map((label) => [label, 0]));
  for (const row of labels) {
    for (const label of new Set(row)) found.set(label, (found.get(label) ?? 0) + 1);
  }
  const counts = labelSet.map((label) => found.get(label) ?? 0);
  return {
    counts,
    balanced: counts.map((count) => labels.length / (2 * count)),
    positive: counts.map((count) => (labels.length - count) / count),
  };
}
