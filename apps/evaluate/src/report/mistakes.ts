import type { LabelSet, Sample } from '@mmhs/core';
import type { EvaluatedPost } from '../evaluated-post.ts';

/** A label that a post was wrongly given, or wrongly not given. */
export interface Mistake {
  readonly post: EvaluatedPost;
  readonly sample: Sample;
  readonly label: string;
  /** p(label | post); undefined where no scores were computed. */
  readonly score: number | undefined;
}

/** The worst mistakes of a split. */
export interface Mistakes {
  /** Labels given with the highest probabilities that are not true. */
  readonly falsePositives: readonly Mistake[];
  /** Labels not given with the lowest probabilities that are true. */
  readonly falseNegatives: readonly Mistake[];
}

/** Finds the mistakes that the model was surest of; without scores the first ones of the file. */
export function findMistakes(options: {
  readonly samples: readonly Sample[];
  readonly posts: readonly EvaluatedPost[];
  readonly labelSet: LabelSet;
  /** Most of each kind. */
  readonly count: number;
}): Mistakes {
  const { samples, posts, labelSet, count } = options;
  const all = posts.flatMap((post, index) => labelSet
    .filter((label) => post.gold.includes(label) !== post.labels.includes(label))
    .map((label): Mistake => ({ post, sample: samples[index] as Sample, label, score: post.scores?.[label] })));
  const isGiven = ({ post, label }: Mistake): boolean => post.labels.includes(label);
  return {
    falsePositives: all.filter(isGiven).sort((a, b) => (b.score ?? 0) - (a.score ?? 0)).slice(0, count),
    falseNegatives: all.filter((mistake) => !isGiven(mistake)).sort((a, b) => (a.score ?? 0) - (b.score ?? 0)).slice(0, count),
  };
}
