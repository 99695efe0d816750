import type { LabelSet } from '@mmhs/core';
import { scoreRows, type EvaluatedPost, type SplitName } from '../evaluated-post.ts';

/** A split as the sections of a report look at it. */
export interface SplitView {
  readonly name: SplitName;
  readonly labelSet: LabelSet;
  /** Threshold of each label, in the label set's order; Infinity for never. */
  readonly thresholds: readonly number[];
  readonly gold: readonly (readonly string[])[];
  readonly predicted: readonly (readonly string[])[];
  /** p(label | post): `[posts][labels]`; undefined unless every post has a finite one for every label. */
  readonly scores: readonly (readonly number[])[] | undefined;
  /** Share of answers that were not well-formed. */
  readonly invalidRate: number;
  readonly zeroDivision: 0 | 1;
}

/** Arranges the posts of a split for the metrics. */
export function viewSplit(options: Pick<SplitView, 'name' | 'labelSet' | 'thresholds' | 'zeroDivision'> & {
  readonly posts: readonly EvaluatedPost[];
}): SplitView {
  const { posts, ...rest } = options;
  return {
    ...rest,
    gold: posts.map((post) => post.gold),
    predicted: posts.map((post) => post.labels),
    scores: scoreRows(posts, rest.labelSet),
    invalidRate: posts.filter(({ valid }) => !valid).length / posts.length,
  };
}

/** One label's truth (0 or 1) and scores; undefined where there are no scores. */
export function columnOf({ labelSet, gold, scores }: SplitView, index: number): { gold: number[]; scores: number[] } | undefined {
  const label = labelSet[index] as string;
  return scores && {
    gold: gold.map((labels) => Number(labels.includes(label))),
    scores: scores.map((row) => row[index] as number),
  };
}
