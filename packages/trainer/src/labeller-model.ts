import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { MmhsError } from '@mmhs/core';
import { parseLoraConfig } from '@mmhs/lora';

import { findCheckpoint, type FindCheckpointOptions } from './find-checkpoint.ts';

/** The checkpoint that an adapter names. */
interface BaseModel {
  readonly modelId: string;
  readonly revision: string | null;
}

/**
 * Finds the checkpoint folder for adapters, as `findCheckpoint` does: the named one, or else the one that they name.
 *
 * @throws MmhsError `MMHS_LORA_CONFIG` when a folder is no adapter, `MMHS_MODEL_NOT_FOUND` when an adapter names no model,
 * `MMHS_LABELLER_ADAPTERS` when they name different ones, and what `findCheckpoint` throws.
 */
export async function findAdapterModel(options: Omit<FindCheckpointOptions, 'modelId'> & {
  readonly adapterFolders: readonly string[];
  /** Folder or name on the Hub; null for the one that the adapters name. */
  readonly modelId: string | null;
}): Promise<string> {
  const { adapterFolders, modelId, revision } = options;
  if (modelId !== null) return findCheckpoint({ ...options, modelId });
  const base = await commonBaseModel(adapterFolders);
  return findCheckpoint({ ...options, modelId: base.modelId, revision: revision ?? base.revision });
}

async function commonBaseModel(adapterFolders: readonly string[]): Promise<BaseModel> {
  const [first = '', ...others] = adapterFolders;
  const base = await readBaseModel(first);
  for (const folder of others) {
    const other = await readBaseModel(folder);
    if (describe(other) !== describe(base)) throw differentAdapters(folder, describe(other), `${describe(base)}, as in ${first}`);
  }
  return base;
}

async function readBaseModel(adapterFolder: string): Promise<BaseModel> {
  const where = join(adapterFolder, 'adapter_config.json');
  const { config } = parseLoraConfig({ json: await readJson(where), where });
  const { base_model_name_or_path: modelId, revision } = config;
  if (modelId !== null) return { modelId, revision };
  throw new MmhsError('MMHS_MODEL_NOT_FOUND', 'The adapter does not name its model', { where, fix: 'pass --model_id' });
}

async function readJson(where: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(where, 'utf8')) as unknown;
  } catch (cause) {
    throw new MmhsError('MMHS_LORA_CONFIG', 'The settings of the adapter cannot be read', {
      where,
      got: cause instanceof Error ? cause.message : String(cause),
      expected: 'the adapter_config.json of an adapter that training wrote',
      fix: "name the adapter's own folder: in that of a run it is called lora_adapter",
      cause,
    });
  }
}

function describe({ modelId, revision }: BaseModel): string {
  return `model ${modelId}${revision === null ? '' : `, revision ${revision}`}`;
}

/** The error for adapters that one model cannot serve. */
export function differentAdapters(where: string, got: string, expected: string): MmhsError {
  return new MmhsError('MMHS_LABELLER_ADAPTERS', 'The adapters cannot share one model', {
    where, got, expected, fix: 'open them one by one',
  });
}
