import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { LabelSet, Prediction } from '@mmhs/core';

import { writeJsonFile } from './artifacts.ts';
import { compareRules, formatRules } from './decision-comparison.ts';
import { decisionFile, writeDecision } from './decision-file.ts';
import { tuneDecision } from './decision-tuning.ts';
import { nameOfLabel } from './label-name.ts';
import type { Predictor } from './predict.ts';
import type { PreparedPost } from './prepare-posts.ts';
import type { ProgressReporter } from './progress.ts';

const comparisonFile = 'test_decisions.json';

/** Removes what an earlier end of the run tuned: it was for other weights. */
export async function forgetRunDecision(options: { readonly folder: string; readonly adapterFolder: string }): Promise<void> {
  await rm(join(options.adapterFolder, decisionFile), { force: true });
  await rm(join(options.folder, comparisonFile), { force: true });
}

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
  const path = await writeDecision({ folder: adapterFolder, labelSet, tuned });
  progress.note(`Tuned on ${posts.val.length} validation posts: ${describeThresholds(labelSet, tuned.thresholds)} (${path})`);
  if (posts.test.length === 0) return;
  const rules = await compareRules({ ...options, posts: posts.test, decision: tuned });
  await writeJsonFile({ path: join(folder, comparisonFile), contents: rules });
  for (const line of ['Decision rules on the test posts:', ...formatRules(rules)]) progress.note(line);
}

/** All are in the file. */
const mostNamed = 8;

/** Thresholds other than 0.5 by label: `threshold of "rude" 0.31, of "spam" never reached, of others 0.5`. */
export function describeThresholds(labelSet: LabelSet, thresholds: readonly number[]): string {
  const changed = labelSet.flatMap((label, index) => {
    const threshold = thresholds[index] as number;
    if (threshold === 0.5) return [];
    return [`of "${nameOfLabel(label)}" ${Number.isFinite(threshold) ? threshold.toPrecision(3) : 'never reached'}`];
  });
  if (changed.length === 0) return 'thresholds stay at 0.5, as no others did better on posts kept apart';
  const [some, more] = [changed.slice(0, mostNamed), changed.length - mostNamed];
  const rest = [...(more > 0 ? [`of ${more} more its own`] : []), ...(changed.length < labelSet.length ? ['of others 0.5'] : [])];
  return `threshold ${[...some, ...rest].join(', ')}`;
}
