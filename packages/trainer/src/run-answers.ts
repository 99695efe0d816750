import { join } from 'node:path';

import type { LabelSet, Prediction } from '@mmhs/core';
import { writeFileAtomically } from '@mmhs/runtime';

import type { PreparedPost } from './prepare-posts.ts';

/** One line a post for the first few answers: what was said and what was wanted. */
export function describeAnswers(options: {
  readonly posts: readonly PreparedPost[];
  readonly predictions: readonly Prediction[];
  readonly count: number;
}): string[] {
  const { posts, predictions, count } = options;
  return posts.slice(0, count).map(({ sample }, index) => {
    const { rawText = '' } = predictions[index] ?? {};
    return `  ${sample.id}: gold ${JSON.stringify(sample.labels)} answer ${JSON.stringify(rawText)}`;
  });
}

/**
 * Writes all answers of a split, one JSON object a line: `eval_predictions.jsonl` (the original's name) or `test_predictions.jsonl`.
 * Scores, where there are any, stand under their labels' names.
 */
export async function writeAnswers(options: {
  readonly folder: string;
  readonly split: 'val' | 'test';
  readonly labelSet: LabelSet;
  readonly posts: readonly PreparedPost[];
  readonly predictions: readonly Prediction[];
}): Promise<string> {
  const { folder, split, labelSet, posts, predictions } = options;
  const lines = posts.map(({ sample: { id, labels } }, index) => {
    const { labels: pred, rawText: raw, valid, scores: values, probability, missing } = predictions[index] as Prediction;
    // What was not computed is undefined, which JSON leaves out.
    const scores = values && Object.fromEntries(labelSet.map((label, place) => [label, values[place]]));
    return `${JSON.stringify({ id, gold: labels, pred, raw, valid, scores, probability, missing })}\n`;
  });
  const path = join(folder, split === 'val' ? 'eval_predictions.jsonl' : 'test_predictions.jsonl');
  await writeFileAtomically({ path, write: (file) => file.writeFile(lines.join('')) });
  return path;
}
