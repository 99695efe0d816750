import type { QuantizedWeight, Tensor } from '@mmhs/core';
import { Tensor as OrtTensor } from 'onnxruntime-node';
import { openCheckpointTensors, type CheckpointTensors } from './checkpoint-tensors.ts';
import { quantizeWeight } from './quantize-weight.ts';
import { storedNumbers, type StoredNumbers } from './stored-numbers.ts';

/** Weights in the worker: each is read when a session first needs it, and then shared by all sessions. */
export interface WorkerWeights {
  get(name: string): Promise<OrtTensor>;
  /** The weight for a session that makes its own copy of it: it is not kept here unless another session has it already. */
  readOnce(name: string): Promise<OrtTensor>;
  /** The weight's numbers, not kept either, for something to be made of them. */
  readNumbers(name: string): Promise<StoredNumbers>;
  /** A weight in fewer bits, made of the full one, which is not kept, when a session first needs it. */
  getQuantized(weight: QuantizedWeight): Promise<QuantizedTensors>;
}

/** A weight in fewer bits, as inputs of sessions. */
export interface QuantizedTensors {
  readonly values: OrtTensor;
  readonly scales: OrtTensor;
}

/** Weights of a checkpoint folder, widened to float32 and read lazily. */
export async function openWeights(options: {
  readonly folder: string;
  /** Canonical names by names in the files. */
  readonly renamed: ReadonlyMap<string, string>;
}): Promise<WorkerWeights> {
  const { folder, renamed } = options;
  const checkpoint: CheckpointTensors = await openCheckpointTensors({ folder, canonicalName: (name) => renamed.get(name) ?? name });
  const loaded = new Map<string, OrtTensor>();
  const readNumbers = async (name: string): Promise<StoredNumbers> => {
    const present = loaded.get(name);
    if (present !== undefined) return numbersIn(present);
    return storedNumbers(`${folder}: ${name}`, await checkpoint.readRaw(name));
  };
  return {
    async get(name) {
      const present = loaded.get(name);
      if (present !== undefined) return present;
      const tensor = toOrtTensor(await checkpoint.readTensor(name));
      loaded.set(name, tensor);
      return tensor;
    },
    readOnce: async (name) => loaded.get(name) ?? toOrtTensor(await checkpoint.readTensor(name)),
    readNumbers,
    getQuantized: keepQuantized(readNumbers),
  };
}

/** Makes each weight in fewer bits once. */
function keepQuantized(readNumbers: WorkerWeights['readNumbers']): WorkerWeights['getQuantized'] {
  const made = new Map<string, QuantizedTensors>();
  return async (weight) => {
    const name = weight.values.name;
    const present = made.get(name);
    if (present !== undefined) return present;
    const { values, scales } = quantizeWeight(weight, await readNumbers(weight.source));
    const tensors = {
      values: new OrtTensor(values instanceof Uint8Array ? 'uint8' : 'int8', values, weight.values.shape as readonly number[]),
      scales: new OrtTensor('float32', scales, weight.scales.shape as readonly number[]),
    };
    made.set(name, tensors);
    return tensors;
  };
}

/** Weights that were handed over in memory. */
export function holdWeights(tensors: Readonly<Record<string, Tensor>>): WorkerWeights {
  const held = new Map(Object.entries(tensors).map(([name, tensor]) => [name, toOrtTensor(tensor)]));
  const get = (name: string): Promise<OrtTensor> => {
    const tensor = held.get(name);
    return tensor === undefined ? Promise.reject(new Error(`no weight ${name}`)) : Promise.resolve(tensor);
  };
  const readNumbers = async (name: string): Promise<StoredNumbers> => numbersIn(await get(name));
  return { get, readOnce: get, readNumbers, getQuantized: keepQuantized(readNumbers) };
}

function numbersIn({ data }: OrtTensor): StoredNumbers {
  return { type: 'float32', data: data as Float32Array };
}

/** onnxruntime's view of a tensor, without a copy unless its memory is shared between threads. */
export function toOrtTensor(tensor: Tensor): OrtTensor {
  const data = tensor.data.buffer instanceof SharedArrayBuffer ? tensor.data.slice() : tensor.data;
  return new OrtTensor(tensor.type, data, tensor.shape);
}
