import { join } from 'node:path';

import type { VlmFamily } from '@mmhs/core';

import { chooseTargets } from './adapter-setup.ts';
import { writeLabelMap, writeResolvedConfig, type Evaluation } from './artifacts.ts';
import { checkPrecision } from './base-precision.ts';
import type { TrainingConfig } from './config.ts';
import { findCheckpoint } from './find-checkpoint.ts';
import { openModel, type OpenedModel } from './open-model.ts';
import type { ProgressReporter } from './progress.ts';
import type { SplitName } from './run-data.ts';
import { clearRunFolder } from './run-folder.ts';
import { describeRun } from './run-plan-table.ts';
import { imageSizeOf, setUpRun } from './run-setup.ts';
import { TrainingRun } from './training-run.ts';

/** What a training run needs from its caller. */
export interface RunTrainingOptions {
  readonly config: TrainingConfig;
  readonly family: VlmFamily;
  /** Folder of the checkpoint. @default what `config.model_id` is the path or the Hub's name of */
  readonly modelFolder?: string | undefined;
  readonly progress: ProgressReporter;
  /** Versions to be written into the resolved configuration, by name. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** What a training run leaves behind. */
export interface TrainingResult {
  /** Folder of the run. */
  readonly folder: string;
  /** Folder of the adapter (or of all trained tensors). */
  readonly adapterFolder: string;
  /** Step whose tensors were kept. */
  readonly bestStep: number | null;
  readonly evaluations: Readonly<Partial<Record<SplitName, Evaluation>>>;
}

/**
 * Trains, evaluates and writes `runs/<experiment>`: the whole job behind the `trainer` app.
 *
 * Interrupted through `signal` it saves a checkpoint first and then throws the signal's reason; `config.resume` continues
 * from the last whole checkpoint, and the result is the uninterrupted run's, bit for bit.
 *
 * @throws MmhsError `MMHS_CONFIG_OUT_DIR` when a fresh run would overwrite another one's results, `MMHS_CONFIG_RESUME` when a
 * checkpoint is continued under other settings, `MMHS_CONFIG_PRECISION` when what is trained cannot be computed as asked, and what
 * reading data, pictures and model throws.
 */
export async function runTraining(options: RunTrainingOptions): Promise<TrainingResult> {
  const { config, family, progress, signal } = options;
  const folder = config.out_dir ?? join('runs', `${family.name}_lora`);
  if (!config.resume && !config.dry_run) await clearRunFolder({ folder, overwrite: config.overwrite_out_dir });
  const modelId = config.model_id ?? family.defaultModelId;
  const opened = await openModel({
    folder: options.modelFolder ?? (await findCheckpoint({ modelId, revision: config.revision, progress, signal })),
    family,
    imageSize: imageSizeOf(config),
    device: config.device,
    threads: config.threads,
    signal,
  });
  try {
    return await trainOpened(options, opened, folder);
  } finally {
    await opened.close();
  }
}

async function trainOpened(options: RunTrainingOptions, opened: OpenedModel, folder: string): Promise<TrainingResult> {
  const { config, progress, versions = {} } = options;
  const targets = chooseTargets({ config, family: options.family, model: opened.model });
  checkPrecision({ config, targets, model: opened.model });
  const parts = await setUpRun({ ...options, opened, targets, folder });
  for (const line of describeRun({ ...opened, trainable: targets.trainable, posts: parts.posts.train, plan: parts.plan })) {
    progress.note(line);
  }
  if (config.dry_run) return { folder, adapterFolder: '', bestStep: null, evaluations: {} };
  const run = new TrainingRun({ ...options, parts, opened, targets, folder });
  await run.start();
  try {
    await writeResolvedConfig({ folder, config: { ...config, out_dir: folder }, versions });
    await writeLabelMap({ folder, labelSet: config.class_names });
    await run.train();
    return await run.finish();
  } finally {
    await run.close();
  }
}
