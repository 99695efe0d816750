import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { MmhsError, type FloatTensor, type VlmModel } from '@mmhs/core';
import { loadAdapter, saveAdapter } from '@mmhs/lora';
import type { PromptRecord } from '@mmhs/prompts';
import { openSafetensors, writeSafetensors, type ParameterStore } from '@mmhs/runtime';

import { copyValues, type TrainingTargets } from './adapter-setup.ts';
import { writeJsonFile } from './artifacts.ts';
import { removeRemains } from './checkpoint-folders.ts';
import { findLatestCheckpoint, rotateCheckpoints, writeCheckpoint } from './checkpoint.ts';
import { loadTrainingState, saveTrainingState, TrainerStateSchema, type TrainerState } from './checkpoint-state.ts';
import type { EarlyStoppingState } from './early-stopping.ts';
import type { AdamW, AdamWState } from './optimizer.ts';
import { precisionFile, type PrecisionRecord } from './precision-record.ts';
import type { RunIdentity } from './run-identity.ts';
import type { LogWindow, RunRecorder } from './run-recorder.ts';

/** File of the trained tensors when there is no adapter to hold them. */
const parameterFile = 'parameters.safetensors';

/** Where a run stands besides weights and optimiser: plain JSON. */
export interface RunPosition {
  /** Updates done. */
  readonly step: number;
  /** Whether the evaluation and saving that follow this step are still to be done. */
  readonly pending: boolean;
  /** Whether early stopping ended the training at this step. */
  readonly stopped: boolean;
  /** Decides which checkpoint is best. */
  readonly best: EarlyStoppingState;
  /** Decides when to stop. */
  readonly stopping: EarlyStoppingState;
  readonly window: LogWindow;
  /** What must be equal for an exact continuation. */
  readonly identity: RunIdentity;
}

/** A run read back from a checkpoint. */
export interface RestoredRun {
  readonly position: RunPosition;
  readonly optimizer: AdamWState;
  readonly parameters: ReadonlyMap<string, FloatTensor>;
  readonly history: RunRecorder['history'];
  readonly folder: string;
}

/** Saves and restores a run's checkpoints. */
export interface RunCheckpoints {
  save(position: RunPosition, epoch: number): Promise<string>;
  /** The latest whole checkpoint; undefined when there is none. Damaged ones are told to `note`. */
  restore(note: (message: string) => void): Promise<RestoredRun | undefined>;
  /** Trained tensors of a checkpoint or adapter folder. */
  readParameters(folder: string): Promise<ReadonlyMap<string, FloatTensor>>;
  /** Writes `trainer_state.json` into the run folder: the history of the whole run. */
  writeState(folder: string, position: RunPosition, epoch: number): Promise<void>;
  /** Writes the trained tensors as the run's result. */
  writeResult(folder: string): Promise<void>;
}

/** Binds checkpoints to the parts of a run that they hold. */
export function createRunCheckpoints(options: {
  readonly runFolder: string;
  readonly limit: number | undefined;
  readonly model: VlmModel;
  readonly targets: TrainingTargets;
  readonly parameters: ParameterStore;
  readonly optimizer: () => AdamW;
  readonly recorder: () => RunRecorder;
  readonly prompt: PromptRecord;
  readonly precision: PrecisionRecord;
}): RunCheckpoints {
  const { runFolder, limit, model, targets, parameters, prompt, precision } = options;
  const writeParameters = async (folder: string): Promise<void> => {
    if (targets.lora === undefined) {
      await mkdir(folder, { recursive: true });
      await writeSafetensors({ path: join(folder, parameterFile), tensors: copyValues(parameters), metadata: { format: 'pt' } });
      return;
    }
    await saveAdapter({
      folder,
      config: targets.lora,
      parameters: copyValues(parameters),
      linears: model.linears,
      tensors: model.tensors,
      extraFiles: {
        'label_map.json': `${JSON.stringify({ class_names: prompt.labelSet }, null, 2)}\n`,
        'prompt.json': `${JSON.stringify(prompt, null, 2)}\n`,
        ...precisionFile(precision),
      },
    });
  };
  const readParameters = async (folder: string): Promise<ReadonlyMap<string, FloatTensor>> =>
    targets.lora === undefined
      ? readParameterFile(join(folder, parameterFile))
      : (await loadAdapter({ folder, ...model })).parameters;

  return {
    readParameters,
    writeResult: writeParameters,
    async writeState(folder, position, epoch) {
      const contents = describeState(position, epoch, options.recorder().history);
      await writeJsonFile({ path: join(folder, 'trainer_state.json'), contents });
    },
    async save(position, epoch) {
      const trainerState = describeState(position, epoch, options.recorder().history);
      const folder = await writeCheckpoint({
        runFolder,
        step: position.step,
        write: async (unfinished) => {
          await writeParameters(unfinished);
          await saveTrainingState({
            folder: unfinished,
            optimizer: options.optimizer().state(),
            resume: position,
            trainerState,
          });
        },
      });
      await rotateCheckpoints({ runFolder, limit, best: trainerState.best_model_checkpoint ?? undefined });
      return folder;
    },
    async restore(note) {
      await removeRemains(runFolder);
      const { latest, broken } = await findLatestCheckpoint({ runFolder });
      for (const { folder, reason } of broken) note(`${folder} is not whole (${reason}); it is passed over`);
      if (latest === undefined) return undefined;
      const state = await loadTrainingState({ folder: latest.folder });
      return {
        position: readPosition(state.resume, latest.folder),
        optimizer: state.optimizer,
        parameters: await readParameters(latest.folder),
        history: state.trainerState.log_history.map((row) => ({ ...row, step: Number(row['step']) })),
        folder: latest.folder,
      };
    },
  };
}

function describeState({ step, best }: RunPosition, epoch: number, history: RunRecorder['history']): TrainerState {
  return TrainerStateSchema.parse({
    global_step: step,
    epoch,
    best_metric: best.best,
    best_global_step: best.bestStep,
    best_model_checkpoint: best.bestStep === null ? null : `checkpoint-${best.bestStep}`,
    log_history: history,
  });
}

function readPosition(resume: unknown, folder: string): RunPosition {
  if (typeof resume === 'object' && resume !== null && 'step' in resume && 'identity' in resume) {
    return resume as RunPosition;
  }
  throw new MmhsError('MMHS_TRAINER_CHECKPOINT', 'The checkpoint does not say where its run stood', {
    where: folder, expected: "a checkpoint of this trainer", fix: 'start a new run in another --out_dir',
  });
}

async function readParameterFile(path: string): Promise<ReadonlyMap<string, FloatTensor>> {
  const file = await openSafetensors({ path });
  const names = [...file.tensors.keys()];
  return new Map(await Promise.all(names.map(async (name) => [name, await file.readFloat32(name)] as const)));
}

/** Reads the prompt record beside an adapter. */
export async function readPromptRecord(folder: string): Promise<PromptRecord> {
  const path = join(folder, 'prompt.json');
  try {
    return JSON.parse(await readFile(path, 'utf8')) as PromptRecord;
  } catch (cause) {
    throw new MmhsError('MMHS_PROMPT_RECORD', 'The prompt that the adapter was trained with is not recorded', {
      where: path, expected: 'the prompt.json that training writes beside an adapter', cause,
    });
  }
}
