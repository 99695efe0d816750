import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MmhsError, type VlmFamily } from '@mmhs/core';
import type { TrainingConfig } from './config.ts';
import { findCheckpoint, type FindCheckpointOptions } from './find-checkpoint.ts';
import { suggestName } from './flags-suggest.ts';

/**
 * Picks a model family by name, or with `auto` by the `model_type` in the checkpoint's `config.json`.
 *
 * @throws MmhsError `MMHS_CONFIG_INVALID` for an unknown name, `MMHS_MODEL_NOT_FOUND` when `auto` finds no `config.json`,
 * `MMHS_MODEL_CONFIG` when no family reads its `model_type`.
 */
export async function chooseFamily(options: {
  readonly families: readonly VlmFamily[];
  /** Name of a family, or `auto`. */
  readonly name: string;
  /** Checkpoint folder; null for the first family's usual one. */
  readonly folder: string | null;
}): Promise<VlmFamily> {
  const { families, name, folder } = options;
  const [usual] = families;
  if (name === 'auto' && folder === null && usual !== undefined) return usual;
  const modelType = name === 'auto' ? await readModelType(folder ?? '') : undefined;
  const family = families.find((each) => (modelType === undefined ? each.name === name : each.modelTypes.includes(modelType)));
  if (family !== undefined) return family;
  if (modelType === undefined) throw unknownFamily(name, families);
  throw new MmhsError('MMHS_MODEL_CONFIG', 'No model family reads this checkpoint', {
    where: join(folder ?? '', 'config.json'),
    got: `model_type ${JSON.stringify(modelType)}`,
    expected: families.flatMap((each) => each.modelTypes).join(', '),
  });
}

/** A family and a checkpoint for it. */
export interface FoundModel {
  readonly family: VlmFamily;
  /** Folder of the checkpoint. */
  readonly folder: string;
}

/**
 * Picks the family as {@link chooseFamily} does, and finds its checkpoint as {@link findCheckpoint} does.
 *
 * @throws MmhsError what the two throw; an unknown family is found out before anything is downloaded.
 */
export async function findModel(options: Omit<FindCheckpointOptions, 'modelId'> & {
  readonly families: readonly VlmFamily[];
  /** Name of a family, or `auto`. */
  readonly name: string;
  /** Folder or name on the Hub; null for the family's usual checkpoint. */
  readonly modelId: string | null;
}): Promise<FoundModel> {
  const { families, name, modelId } = options;
  const named = name === 'auto' && modelId !== null ? undefined : await chooseFamily({ families, name, folder: null });
  const folder = await findCheckpoint({ ...options, modelId: modelId ?? named?.defaultModelId ?? '' });
  return { folder, family: named ?? (await chooseFamily({ families, name, folder })) };
}

async function readModelType(folder: string): Promise<string> {
  const path = join(folder, 'config.json');
  try {
    const { model_type: modelType } = JSON.parse(await readFile(path, 'utf8')) as { readonly model_type?: unknown };
    return String(modelType);
  } catch (cause) {
    throw new MmhsError('MMHS_MODEL_NOT_FOUND', 'The checkpoint cannot be opened', {
      where: path,
      got: cause instanceof Error ? cause.message : String(cause),
      expected: 'a folder with config.json, tokenizer.json and *.safetensors',
      cause,
    });
  }
}

function unknownFamily(name: string, families: readonly VlmFamily[]): MmhsError {
  const names = families.map((family) => family.name);
  const nearest = suggestName(name, names);
  return new MmhsError('MMHS_CONFIG_INVALID', 'There is no such model family', {
    where: '--model',
    got: JSON.stringify(name),
    expected: ['auto', ...names].join(', '),
    ...(nearest === undefined ? {} : { fix: `did you mean ${nearest}?` }),
  });
}

/** Fills in what the settings leave to the family: its checkpoint and the folder `runs/FAMILY_lora`. */
export function completeConfig(options: {
  readonly config: TrainingConfig;
  readonly family: Pick<VlmFamily, 'name' | 'defaultModelId'>;
  readonly cwd: string;
}): TrainingConfig & { readonly model_id: string; readonly out_dir: string } {
  const { config, family, cwd } = options;
  return {
    ...config,
    model: family.name,
    model_id: config.model_id ?? family.defaultModelId,
    out_dir: config.out_dir ?? resolve(cwd, 'runs', `${family.name}_lora`),
  };
}
