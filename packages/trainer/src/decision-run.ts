import { join } from 'node:path';

import type { LabelSet, Prediction } from '@mmhs/core';

import { writeJsonFile } from './artifacts.ts';
import { compareRules, formatRules } from './decision-comparison.ts';
import { writeDecision } from './decision-file.ts';
import { tuneDecision } from './decision-tuning.ts';
import type { Predictor } from './predict.ts';
import type { PreparedPost } from './prepare-posts.ts';
import type { ProgressReporter } from './progress.ts';

/**
 * The end of a run with `tune_thresholds`: chooses thresholds on the validation posts, keeps them beside the adapter, and compares
 * all decision rules on the test posts in `test_decisions.json`.
 */
export async function tuneRunDecision(options: {
  readonly folder: string;
  readonly adapterFolder: string;
  readonly labelSet: LabelSet;
  readonly calibration: 'none' | 'platt';
  readonly zeroDivision: 0 | 1;
  readonly posts: { readonly val: readonly PreparedPost[]; readonly test: readonly PreparedPost[] };
  /** Freely generated answers to the test posts. */
  readonly generated: readonly Prediction[] | undefined;
  readonly predictor: Predictor;
  readonly progress: ProgressReporter;
  readonly signal?: AbortSignal | undefined;
}): Promise<void> {
  const { folder, adapterFolder, labelSet, calibration, posts, predictor, progress, signal } = options;
  if (posts.val.length < 2) {
    progress.note('Thresholds are not tuned: there are no validation posts to tune them on');
    return;
  }
  const predictions = await predictor.predict({ posts: posts.val, rule: 'array', signal });
  const gold = posts.val.map(({ sample }) => sample.labels);
  const tuned = tuneDecision({ gold, predictions, labelSet, calibration });
  progress.note(`Tuned thresholds: ${await writeDecision({ folder: adapterFolder, labelSet, tuned })}`);
  if (posts.test.length === 0) return;
  const rules = await compareRules({ ...options, posts: posts.test, decision: tuned });
  await writeJsonFile({ path: join(folder, 'test_decisions.json'), contents: rules });
  for (const line of ['Decision rules on the test posts:', ...formatRules(rules)]) progress.note(line);
}
