import { MmhsError, type FloatTensor, type LinearModule, type LoraModule, type TensorSpec, type TrainableTensors } from '@mmhs/core';
import type { LoraConfig } from './config.ts';
import { matchModules } from './match-modules.ts';
import { adapterSettings, parameterShapes } from './resolve-adapters.ts';

const filePrefix = 'base_model.model.';
const loraName = /^(.+)\.lora_([AB])\.weight$/;

/** An adapter in memory: what it trains and the values. */
export interface AdapterTensors {
  readonly trainable: TrainableTensors;
  /** Values by parameter name. */
  readonly parameters: ReadonlyMap<string, FloatTensor>;
}

/** The names an adapter file uses for parameters, sorted as PEFT's files are. */
export function toFileTensors(options: {
  readonly parameters: ReadonlyMap<string, FloatTensor>;
}): Map<string, FloatTensor> {
  const named = [...options.parameters].map(([name, tensor]) => [filePrefix + name, tensor] as const);
  return new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Reads the tensors of an adapter file: the file says which modules have adapters, the settings say how they are scaled.
 *
 * `canonicalName` turns a key without `base_model.model.` of any version into the model's; ranks and scalings are looked up under
 * the file's own name, for which the settings were written.
 *
 * @throws MmhsError `MMHS_LORA_UNKNOWN_TENSOR`, `MMHS_LORA_MISSING_TENSOR` or `MMHS_LORA_SHAPE` naming the tensor.
 */
export function fromFileTensors(options: {
  readonly fileTensors: ReadonlyMap<string, FloatTensor>;
  readonly config: LoraConfig;
  readonly linears: readonly LinearModule[];
  readonly tensors?: readonly TensorSpec[];
  readonly canonicalName?: (name: string) => string;
  readonly where?: string;
}): AdapterTensors {
  const { fileTensors, config, linears, tensors = [], canonicalName = (name) => name } = options;
  const { where = 'adapter_model.safetensors' } = options;
  const settingsOf = adapterSettings(config);
  const paths = new Set(linears.map(({ path }) => path));
  const tensorNames = new Set(tensors.map(({ name }) => name));
  const adapters = new Map<string, LoraModule>();
  const full = new Set<string>();
  const parameters = new Map<string, FloatTensor>();
  let renamed = false;

  for (const [key, tensor] of fileTensors) {
    const oldName = key.startsWith(filePrefix) ? key.slice(filePrefix.length) : undefined;
    if (oldName === undefined) throw unknownTensor(key, where, `a name that starts with ${filePrefix}`);
    const name = canonicalName(oldName);
    renamed ||= name !== oldName;
    const path = loraName.exec(name)?.[1];
    if (path !== undefined) {
      if (!paths.has(path)) throw unknownTensor(key, where, 'a linear of this model');
      adapters.set(path, settingsOf(loraName.exec(oldName)?.[1] ?? path));
      addOnce(parameters, name, tensor, `${where}: ${key}`);
    } else {
      if (!tensorNames.has(name)) throw unknownTensor(key, where, 'lora_A or lora_B of a linear, or a tensor of modules_to_save');
      full.add(name);
      addOnce(parameters, name, tensor, `${where}: ${key}`);
    }
  }

  // Settings of an older version name older modules, so that only today's names can be checked for completeness.
  const trainable = { adapters: inModelOrder(adapters, linears), full };
  if (!renamed) checkTargets({ config, linears, adapters, where });
  const ordered = checkParameters({ trainable, linears, tensors, parameters, where });
  return { trainable, parameters: ordered };
}

function addOnce(parameters: Map<string, FloatTensor>, name: string, tensor: FloatTensor, where: string): void {
  if (parameters.has(name)) {
    throw new MmhsError('MMHS_LORA_UNKNOWN_TENSOR', 'Two tensors of the adapter belong to the same parameter', { where, got: name });
  }
  parameters.set(name, tensor);
}

function inModelOrder(adapters: ReadonlyMap<string, LoraModule>, linears: readonly LinearModule[]): Map<string, LoraModule> {
  const ordered = new Map<string, LoraModule>();
  for (const { path } of linears) {
    const adapter = adapters.get(path);
    if (adapter !== undefined) ordered.set(path, adapter);
  }
  return ordered;
}

/** Every module the settings ask for must be in the file: PEFT would leave a missing one silently at its start. */
function checkTargets(options: {
  readonly config: LoraConfig;
  readonly linears: readonly LinearModule[];
  readonly adapters: ReadonlyMap<string, LoraModule>;
  readonly where: string;
}): void {
  const { config, linears, adapters, where } = options;
  for (const { path } of matchModules({ linears, config })) {
    if (!adapters.has(path)) throw missingTensor(`${path}.lora_A.weight`, where);
  }
}

function checkParameters(options: {
  readonly trainable: TrainableTensors;
  readonly linears: readonly LinearModule[];
  readonly tensors: readonly TensorSpec[];
  readonly parameters: ReadonlyMap<string, FloatTensor>;
  readonly where: string;
}): Map<string, FloatTensor> {
  const { parameters, where } = options;
  const ordered = new Map<string, FloatTensor>();
  for (const { name, shape } of parameterShapes(options)) {
    const tensor = parameters.get(name);
    if (tensor === undefined) throw missingTensor(name, where);
    if (tensor.shape.length !== shape.length || tensor.shape.some((size, axis) => size !== shape[axis])) {
      throw new MmhsError('MMHS_LORA_SHAPE', 'An adapter tensor has the wrong shape', {
        where: `${where}: ${filePrefix}${name}`,
        got: `[${tensor.shape.join(', ')}]`,
        expected: `[${shape.join(', ')}]`,
        fix: 'check that the adapter belongs to this base model and to its adapter_config.json',
      });
    }
    ordered.set(name, tensor);
  }
  return ordered;
}

function unknownTensor(key: string, where: string, expected: string): MmhsError {
  return new MmhsError('MMHS_LORA_UNKNOWN_TENSOR', 'A tensor of the adapter belongs to nothing in the model', {
    where: `${where}: ${key}`,
    expected,
    fix: 'check that the adapter was trained on this base model',
  });
}

function missingTensor(name: string, where: string): MmhsError {
  return new MmhsError('MMHS_LORA_MISSING_TENSOR', 'The adapter lacks a tensor its settings ask for', {
    where: `${where}: ${filePrefix}${name}`,
  });
}
