import type { LabelSet } from '@mmhs/core';

/** A split by its usual name. */
export type SplitName = 'val' | 'test';

/** A post of an evaluated split: what is true, and what was said about it. */
export interface EvaluatedPost {
  /** Unique within its split. */
  readonly id: string;
  /** Gold labels in the label set's order. */
  readonly gold: readonly string[];
  /** Predicted labels in the label set's order. */
  readonly labels: readonly string[];
  /** p(label | post) by label; undefined where no scores were computed. */
  readonly scores: Readonly<Record<string, number>> | undefined;
  /** Probability of `labels` as the whole answer; undefined like `scores`. */
  readonly probability: number | undefined;
  /** What label arrays that were not looked at can have of all probability; undefined where that is next to nothing. */
  readonly missing?: number | undefined;
  readonly rawText: string;
  /** Whether the text was a JSON array of known labels and nothing else. */
  readonly valid: boolean;
}

/** Posts of one or more splits. */
export type EvaluatedSplits = ReadonlyMap<SplitName, readonly EvaluatedPost[]>;

/** p(label | post) as `[posts][labels]`; undefined unless every post has a finite one for every label. */
export function scoreRows(posts: readonly Pick<EvaluatedPost, 'scores'>[], labelSet: LabelSet): number[][] | undefined {
  // Sums of probabilities may exceed 1 by rounding.
  const rows = posts.map(({ scores }) => labelSet.map((label) => Math.min(scores?.[label] ?? NaN, 1)));
  return rows.every((row) => row.every(Number.isFinite)) ? rows : undefined;
}
