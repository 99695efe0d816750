import { createHash } from 'node:crypto';

import { MmhsError } from '@mmhs/core';

import type { TrainingConfig } from './config.ts';
import type { PreparedPost } from './prepare-posts.ts';
import type { SplitName } from './run-data.ts';

/** Everything that decides a run's numbers, by name: a checkpoint may only be continued under the same. */
export type RunIdentity = Readonly<Record<string, unknown>>;

/** Settings that may change between interruption and continuation: places, appearance, and what only costs time. */
const free: readonly (keyof TrainingConfig)[] = [
  'calibration', 'config', 'dry_run', 'feature_cache', 'feature_cache_gb', 'image_root', 'log_eval_n_examples', 'log_eval_predictions',
  'model_id', 'out_dir', 'overwrite_out_dir', 'progress', 'resume', 'revision', 'save_eval_predictions', 'save_total_limit', 'test_csv',
  'train_csv', 'tune_thresholds', 'val_csv',
];

/** Collects what decides a run: settings, weights, and the content of the posts rather than their places. */
export function identifyRun(options: {
  readonly config: TrainingConfig;
  readonly posts: Readonly<Record<SplitName, readonly PreparedPost[]>>;
  /** Stands for the checkpoint's weights. */
  readonly weights: string;
}): RunIdentity {
  const { config, posts, weights } = options;
  const settings = Object.entries(config).filter(([name]) => !(free as readonly string[]).includes(name));
  return {
    ...Object.fromEntries(settings),
    'training posts': hashPosts(posts.train),
    'validation posts': hashPosts(posts.val),
    'weights of the model': weights,
  };
}

function hashPosts(posts: readonly PreparedPost[]): string {
  const hash = createHash('sha256');
  for (const { sample, encoded, image } of posts) {
    hash.update(JSON.stringify([sample.labels, [...encoded.inputIds], encoded.promptLength, image?.key ?? null]));
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * Refuses to continue a run under settings that would change its numbers.
 *
 * @throws MmhsError `MMHS_CONFIG_RESUME` naming each difference.
 */
export function checkSameRun(options: {
  readonly saved: RunIdentity;
  readonly current: RunIdentity;
  /** Folder of the checkpoint. */
  readonly where: string;
}): void {
  const { saved, current, where } = options;
  const names = [...new Set([...Object.keys(saved), ...Object.keys(current)])];
  const different = names.filter((name) => JSON.stringify(saved[name]) !== JSON.stringify(current[name]));
  if (different.length === 0) return;
  const list = (identity: RunIdentity): string => different.map((name) => `${name} ${JSON.stringify(identity[name])}`).join(', ');
  throw new MmhsError('MMHS_CONFIG_RESUME', 'The checkpoint belongs to a run with other settings', {
    where,
    got: list(current),
    expected: list(saved),
    fix: 'repeat the settings the run was started with, or start a new run in another --out_dir',
  });
}
