import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MmhsError, type FloatTensor, type LinearModule, type TensorSpec } from '@mmhs/core';
import { openSafetensors, writeFileAtomically, writeSafetensors } from '@mmhs/runtime';
import { fromFileTensors, toFileTensors, type AdapterTensors } from './adapter-tensors.ts';
import { formatLoraConfig, parseLoraConfig, type LoraConfig } from './config.ts';
import { allLinearTargets } from './minimal-targets.ts';

const tensorFile = 'adapter_model.safetensors';
const configFile = 'adapter_config.json';

/** An adapter read from a folder. */
export interface LoadedAdapter extends AdapterTensors {
  readonly config: LoraConfig;
  /** Keys of `adapter_config.json` that have no effect here. */
  readonly ignoredKeys: readonly string[];
}

/**
 * Writes `adapter_config.json` and `adapter_model.safetensors` as PEFT does, each file atomically; makes the folder.
 *
 * `all-linear` is written as the path endings it stands for, as PEFT writes it, when `linears` are given.
 *
 * @param options.parameters values by parameter name
 * @param options.extraFiles texts by file name, written beside the adapter (label map, prompt)
 */
export async function saveAdapter(options: {
  readonly folder: string;
  readonly config: LoraConfig;
  readonly parameters: ReadonlyMap<string, FloatTensor>;
  readonly linears?: readonly LinearModule[];
  readonly tensors?: readonly TensorSpec[];
  readonly extraFiles?: Readonly<Record<string, string>>;
}): Promise<void> {
  const { folder, config, extraFiles = {} } = options;
  const texts = { ...extraFiles, [configFile]: formatLoraConfig({ ...config, target_modules: writtenTargets(options) }) };
  await mkdir(folder, { recursive: true });
  await writeSafetensors({ path: join(folder, tensorFile), tensors: toFileTensors(options), metadata: { format: 'pt' } });
  for (const [name, text] of Object.entries(texts)) {
    await writeFileAtomically({ path: join(folder, name), write: (file) => file.writeFile(text) });
  }
}

/**
 * Reads a PEFT adapter folder for a model; values are widened to float32.
 *
 * The modules come from the tensors in the file, so that adapters whose `target_modules` name another version's modules
 * load too. Every tensor must find its place and every module the settings ask for must be there.
 *
 * @param options.tensors the model's checkpoint tensors; needed for adapters with `modules_to_save`
 * @param options.canonicalName the model's own name for a key (without `base_model.model.`) of any version
 * @throws MmhsError `MMHS_LORA_CONFIG`, or `MMHS_LORA_UNKNOWN_TENSOR`, `MMHS_LORA_MISSING_TENSOR`, `MMHS_LORA_SHAPE` naming
 * the tensor.
 */
export async function loadAdapter(options: {
  readonly folder: string;
  readonly linears: readonly LinearModule[];
  readonly tensors?: readonly TensorSpec[];
  readonly canonicalName?: (name: string) => string;
  readonly signal?: AbortSignal;
}): Promise<LoadedAdapter> {
  const { folder, signal } = options;
  const configPath = join(folder, configFile);
  const { config, ignoredKeys } = parseLoraConfig({ json: await readJson(configPath), where: configPath });
  const path = join(folder, tensorFile);
  const file = await openSafetensors({ path });
  const fileTensors = new Map<string, FloatTensor>();
  for (const name of file.tensors.keys()) {
    signal?.throwIfAborted();
    fileTensors.set(name, await file.readFloat32(name));
  }
  return { config, ignoredKeys, ...fromFileTensors({ ...options, fileTensors, config, where: path }) };
}

function writtenTargets(options: {
  readonly config: LoraConfig;
  readonly linears?: readonly LinearModule[];
  readonly tensors?: readonly TensorSpec[];
}): LoraConfig['target_modules'] {
  const { config, linears = [], tensors = [] } = options;
  const { target_modules: targets } = config;
  if (Array.isArray(targets)) return targets.toSorted();
  if (targets?.toLowerCase() !== 'all-linear' || linears.length === 0) return targets;
  return allLinearTargets({ linears, tensors });
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new MmhsError('MMHS_LORA_CONFIG', 'The settings of the adapter cannot be read', {
      where: path,
      got: cause instanceof Error ? cause.message : String(cause),
      expected: "the adapter_config.json of a PEFT adapter's folder",
      cause,
    });
  }
}
