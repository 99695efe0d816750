import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { elementCount, type TensorSpec } from '@mmhs/core';
import { writeSafetensors, type RawTensor } from '@mmhs/runtime';

import { randomWeights } from '../random-weights.ts';

const shardElements = 2 ** 28;

/** Writes a checkpoint of random bfloat16 weights in shards, unless the folder holds one. */
export async function writeRandomCheckpoint(options: { readonly folder: string; readonly tensors: readonly TensorSpec[] }): Promise<void> {
  const { folder, tensors } = options;
  const index = join(folder, 'model.safetensors.index.json');
  if (await stat(index).catch(() => undefined)) return;
  await mkdir(folder, { recursive: true });
  const places: Record<string, string> = {};
  for (const [number, group] of groupTensors(tensors).entries()) {
    const file = `model-${number}.safetensors`;
    const shard = new Map<string, RawTensor>();
    for (const spec of group) {
      for (const [name, { shape, data }] of randomWeights([spec])) shard.set(name, { dtype: 'BF16', shape, bytes: upperHalves(data) });
      places[spec.name] = file;
    }
    await writeSafetensors({ path: join(folder, file), tensors: shard, metadata: { format: 'pt' } });
  }
  await writeFile(index, JSON.stringify({ weight_map: places }));
}

function groupTensors(tensors: readonly TensorSpec[]): TensorSpec[][] {
  const groups: TensorSpec[][] = [[]];
  let elements = 0;
  for (const spec of tensors) {
    elements += elementCount(spec.shape as readonly number[]);
    if (elements > shardElements && groups.at(-1)?.length !== 0) {
      groups.push([]);
      elements = elementCount(spec.shape as readonly number[]);
    }
    groups.at(-1)?.push(spec);
  }
  return groups;
}

/** bfloat16 is the upper half of a float32. */
function upperHalves(numbers: Float32Array): Uint8Array<ArrayBuffer> {
  const halves = new Uint16Array(numbers.buffer, numbers.byteOffset, numbers.length * 2);
  const result = new Uint16Array(numbers.length);
  for (let index = 0; index < result.length; index++) result[index] = halves[2 * index + 1] ?? 0;
  return new Uint8Array(result.buffer);
}
