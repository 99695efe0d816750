import { resolve } from 'node:path';
import type { LabelSet, Prediction, Sample } from '@mmhs/core';
import { loadSplit } from '@mmhs/data';
import { columnsOf, findAdapterModel, openLabeller, precisionOptions, type Evaluation, type ProgressReporter } from '@mmhs/trainer';
import type { EvaluatedPost, SplitName } from './evaluated-post.ts';
import { families } from './families.ts';
import type { ReadSettings } from './read-settings.ts';
import type { EvaluateSettings } from './settings.ts';

/** An evaluated split: its posts, what was said about them, and the numbers. */
export interface SplitResult {
  readonly name: SplitName;
  readonly path: string;
  readonly samples: readonly Sample[];
  readonly posts: readonly EvaluatedPost[];
  readonly evaluation: Evaluation;
}

/** What an adapter did on its splits. */
export interface RunResult {
  readonly labelSet: LabelSet;
  /** Threshold of each label, in the label set's order. */
  readonly thresholds: readonly number[];
  readonly calibrated: boolean;
  readonly splits: readonly SplitResult[];
}

/** Opens the adapter and labels every split. Throws what reading posts and opening models throws. */
export async function evaluateSplits(options: ReadSettings & {
  /** Instead of what the settings and the adapter say. */
  readonly precision?: 'float32';
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly progress: ProgressReporter;
  readonly signal: AbortSignal;
}): Promise<RunResult> {
  const { settings, adapterFolder, files, precision, cwd, env, progress, signal } = options;
  const labeller = await openLabeller({
    adapterFolder,
    modelId: await findAdapterModel({
      adapterFolders: [adapterFolder], modelId: settings.model_id, revision: settings.revision, cwd, env, progress, signal,
    }),
    families,
    device: settings.device,
    threads: settings.threads,
    batchSize: settings.per_device_eval_batch_size,
    maxNewTokens: settings.max_new_tokens,
    rule: settings.rule,
    exactUpTo: settings.exact_up_to,
    ...(precision === undefined ? precisionOptions(settings) : { precision, visionPrecision: precision }),
    signal,
  });
  try {
    const { labelSet, thresholds, calibrated } = labeller;
    // Bad rows of any file come to light before the model runs.
    const loaded = await Promise.all([...files].map(async ([name, path]) =>
      ({ name, path, samples: await readPosts({ path, settings, labelSet, cwd, progress, signal }) })));
    const splits: SplitResult[] = [];
    for (const { name, path, samples } of loaded) {
      const { evaluation, predictions } = await labeller.evaluate({
        name, samples, scores: settings.scores, zeroDivision: settings.zero_division, progress, signal,
      });
      noteEstimates(predictions, progress);
      splits.push({ name, path, samples, evaluation, posts: samples.map((sample, index) => toPost(sample, predictions[index] as Prediction, labelSet)) });
    }
    return { labelSet, thresholds, calibrated, splits };
  } finally {
    await labeller.close();
  }
}

async function readPosts(options: {
  readonly path: string;
  readonly settings: EvaluateSettings;
  readonly labelSet: LabelSet;
  readonly cwd: string;
  readonly progress: ProgressReporter;
  readonly signal: AbortSignal;
}): Promise<readonly Sample[]> {
  const { path, settings, labelSet, cwd, progress, signal } = options;
  const { samples } = await loadSplit({
    path,
    ...(settings.image_root === null ? {} : { imageRoot: resolve(cwd, settings.image_root) }),
    labelSet,
    columns: columnsOf(settings),
    onBadRow: settings.on_bad_row,
    onUnknownLabel: settings.on_unknown_label,
    onProblem: ({ reason }) => progress.note(reason),
    signal,
  });
  return samples;
}

/** Says how far probabilities may be off, where not all label arrays could be looked at. */
function noteEstimates(predictions: readonly Prediction[], progress: ProgressReporter): void {
  const missing = predictions.flatMap((prediction) => prediction.missing ?? []);
  if (missing.length === 0) return;
  const percent = (100 * Math.max(...missing)).toPrecision(2);
  progress.note(`Probabilities of ${missing.length} of ${predictions.length} posts are estimates: label arrays that were not looked at can have up to ${percent} % of the probability`);
}

function toPost({ id, labels: gold }: Sample, prediction: Prediction, labelSet: LabelSet): EvaluatedPost {
  const { labels, scores, probability, missing, rawText, valid } = prediction;
  return {
    id, gold, labels, rawText, valid, probability, missing,
    scores: scores && Object.fromEntries(labelSet.map((label, index) => [label, scores[index] as number])),
  };
}
