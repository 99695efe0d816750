import { dirname } from 'node:path';

import type { Sample } from '@mmhs/core';
import { checkImages, loadSplit, type DataProblem } from '@mmhs/data';

import { columnsOf, type TrainingConfig } from './config.ts';
import type { ImageLoader } from './image-loader.ts';
import type { ProgressReporter } from './progress.ts';

/** A split's name in messages and file names. */
export type SplitName = 'train' | 'val' | 'test';

/** Posts of a run; a split without a file is empty. */
export type RunSamples = Readonly<Record<SplitName, readonly Sample[]>>;

/** How many problems are listed one by one before only their number is given. */
const problemsListed = 20;

/** What is needed to read a run's files. */
export type DataConfig = Pick<
  TrainingConfig,
  'train_csv' | 'val_csv' | 'test_csv' | 'image_root' | 'class_names' | 'text_column' | 'image_column' | 'labels_column'
  | 'id_column' | 'on_bad_row' | 'on_unknown_label' | 'on_bad_image'
>;

/** Reads all splits of a run; skipped rows and dropped labels are listed and counted. */
export async function loadRunSamples(options: {
  readonly config: DataConfig;
  readonly progress: ProgressReporter;
  readonly signal?: AbortSignal | undefined;
}): Promise<RunSamples> {
  const { config, progress, signal } = options;
  const load = async (path: string | null): Promise<readonly Sample[]> => {
    if (path === null) return [];
    const { samples, problems } = await loadSplit({
      path,
      imageRoot: config.image_root ?? dirname(path),
      labelSet: config.class_names,
      columns: columnsOf(config),
      onBadRow: config.on_bad_row,
      onUnknownLabel: config.on_unknown_label,
      ...(signal === undefined ? {} : { signal }),
    });
    reportProblems(problems, `${path}: ${problems.length} rows skipped or labels dropped`, progress);
    return samples;
  };
  return { train: await load(config.train_csv), val: await load(config.val_csv), test: await load(config.test_csv) };
}

/**
 * Decodes every picture before any training step, so that a bad one is found now and not after an hour.
 *
 * @returns the posts to use, and the pictures that a blank one stands in for.
 */
export async function checkRunImages(options: {
  readonly samples: RunSamples;
  readonly images: ImageLoader;
  readonly onBadImage: DataConfig['on_bad_image'];
  readonly progress: ProgressReporter;
  readonly signal?: AbortSignal | undefined;
}): Promise<{ readonly samples: RunSamples; readonly blankImages: ReadonlySet<string> }> {
  const { samples, images, onBadImage, progress, signal } = options;
  const all = [...samples.train, ...samples.val, ...samples.test];
  progress.start({ name: 'check pictures', total: all.filter((sample) => sample.imagePath !== undefined).length });
  const checked = await checkImages({
    samples: all,
    decode: (path) => images.load(path, { signal }),
    onBadImage,
    onProgress: ({ checked: done }) => progress.update({ done }),
    ...(signal === undefined ? {} : { signal }),
  });
  progress.stop();
  const what = onBadImage === 'skip' ? 'skipped' : 'shown as a blank picture';
  reportProblems(checked.problems, `${checked.problems.length} posts with an unusable picture ${what}`, progress);
  const usable = new Set(checked.samples);
  const keep = (split: readonly Sample[]): readonly Sample[] => split.filter((sample) => usable.has(sample));
  return {
    samples: { train: keep(samples.train), val: keep(samples.val), test: keep(samples.test) },
    blankImages: checked.blankImages,
  };
}

function reportProblems(problems: readonly DataProblem[], summary: string, progress: ProgressReporter): void {
  if (problems.length === 0) return;
  for (const problem of problems.slice(0, problemsListed)) progress.note(problem.reason);
  if (problems.length > problemsListed) progress.note(`... and ${problems.length - problemsListed} more`);
  progress.note(summary);
}
