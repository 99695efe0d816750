import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MmhsError, type FloatTensor } from '@mmhs/core';
import { openSafetensors, writeFileAtomically, writeSafetensors } from '@mmhs/runtime';
import { z } from 'zod';
import type { AdamWState } from './optimizer.ts';

const stateFile = 'trainer_state.json';
const optimizerFile = 'optimizer.safetensors';

/**
 * Progress of a training run, under the keys of the Hugging Face Trainer's `trainer_state.json` (transformers 5.18), so that
 * its tools read ours. Fields we have no use for keep that Trainer's defaults.
 */
export const TrainerStateSchema = z.object({
  best_global_step: z.int().nullable().default(null),
  best_metric: z.number().nullable().default(null),
  /** Name of the best checkpoint's folder. */
  best_model_checkpoint: z.string().nullable().default(null),
  /** Epochs done, with a fraction. */
  epoch: z.number().default(0),
  eval_steps: z.number().default(500),
  /** Updates done. */
  global_step: z.int().nonnegative().default(0),
  is_hyper_param_search: z.boolean().default(false),
  is_local_process_zero: z.boolean().default(true),
  is_world_process_zero: z.boolean().default(true),
  /** One row per logging or evaluation: `step`, `epoch` and what was measured. */
  log_history: z.array(z.record(z.string(), z.union([z.number(), z.string(), z.null()]))).default([]),
  logging_steps: z.number().default(500),
  max_steps: z.int().default(0),
  num_input_tokens_seen: z.int().default(0),
  num_train_epochs: z.number().default(0),
  save_steps: z.number().default(500),
  stateful_callbacks: z.record(z.string(), z.unknown()).default({}),
  total_flos: z.number().default(0),
  train_batch_size: z.int().nullable().default(null),
  trial_name: z.string().nullable().default(null),
  trial_params: z.record(z.string(), z.unknown()).nullable().default(null),
});

/** Progress of a training run; see {@link TrainerStateSchema}. */
export type TrainerState = z.infer<typeof TrainerStateSchema>;

/** Everything besides the adapter that a run continues from. */
export interface TrainingState {
  readonly trainerState: TrainerState;
  readonly optimizer: AdamWState;
  /** The training loop's own position (random numbers, sampler, early stopping): any JSON value. */
  readonly resume: unknown;
}

/**
 * Writes `trainer_state.json` and `optimizer.safetensors` into a checkpoint folder.
 *
 * All numbers come back bit for bit. `resume` lies in `stateful_callbacks.mmhs`, the one place where the Hugging Face
 * Trainer allows strangers.
 */
export async function saveTrainingState(options: TrainingState & { readonly folder: string }): Promise<void> {
  const { folder, trainerState, optimizer, resume } = options;
  const moments = [...momentTensors('exp_avg', optimizer.expAvg), ...momentTensors('exp_avg_sq', optimizer.expAvgSq)];
  await writeSafetensors({
    path: join(folder, optimizerFile),
    tensors: new Map(moments),
    metadata: { step: String(optimizer.step) },
  });
  const state = { ...trainerState, stateful_callbacks: { ...trainerState.stateful_callbacks, mmhs: resume } };
  const text = `${JSON.stringify(sortKeys(state), null, 2)}\n`;
  await writeFileAtomically({ path: join(folder, stateFile), write: (file) => file.writeFile(text) });
}

/**
 * Reads what {@link saveTrainingState} wrote.
 *
 * @throws MmhsError `MMHS_TRAINER_CHECKPOINT` naming the file that cannot be used.
 */
export async function loadTrainingState(options: { readonly folder: string }): Promise<TrainingState> {
  const { folder } = options;
  const trainerState = await readTrainerState(join(folder, stateFile));
  const { mmhs: resume, ...others } = trainerState.stateful_callbacks;
  return {
    trainerState: { ...trainerState, stateful_callbacks: others },
    optimizer: await readOptimizer(join(folder, optimizerFile)),
    resume,
  };
}

async function readTrainerState(path: string): Promise<TrainerState> {
  try {
    return TrainerStateSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw notUsable(path, cause instanceof Error ? cause.message : String(cause), 'the trainer_state.json of a checkpoint');
  }
}

async function readOptimizer(path: string): Promise<AdamWState> {
  const file = await openSafetensors({ path });
  const expAvg = new Map<string, Float32Array>();
  const expAvgSq = new Map<string, Float32Array>();
  for (const name of file.tensors.keys()) {
    const [, moment, parameter] = /^(exp_avg|exp_avg_sq)\.(.+)$/.exec(name) ?? [];
    if (parameter === undefined) throw notUsable(path, name, 'names that start with exp_avg. or exp_avg_sq.');
    const { data } = await file.readFloat32(name);
    (moment === 'exp_avg' ? expAvg : expAvgSq).set(parameter, data);
  }
  const step = Number(file.metadata.step ?? NaN);
  if (!Number.isInteger(step)) throw notUsable(path, `step ${file.metadata.step}`, 'the number of updates in its metadata');
  return { step, expAvg, expAvgSq };
}

function momentTensors(moment: string, arrays: AdamWState['expAvg']): [string, FloatTensor][] {
  return Array.from(arrays, ([name, data]) => [`${moment}.${name}`, { type: 'float32', shape: [data.length], data }]);
}

function sortKeys(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function notUsable(where: string, got: string, expected: string): MmhsError {
  return new MmhsError('MMHS_TRAINER_CHECKPOINT', 'The checkpoint cannot be resumed from', { where, got, expected });
}
