import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MmhsError, type FloatTensor, type TrainableTensors } from '@mmhs/core';
import { openCheckpointTensors, toBfloat16, toFloat16, writeFileAtomically, writeSafetensors, type CheckpointTensors, type RawTensor } from '@mmhs/runtime';
import { mergeAdapter, type MergedTensors } from './merge.ts';

/** What {@link mergeCheckpoint} wrote. */
export interface MergedCheckpoint {
  /** Weight files, by name. */
  readonly files: readonly string[];
  /** Names of the tensors that differ from the base. */
  readonly changed: readonly string[];
}

/**
 * Writes a base checkpoint with an adapter merged into it as a new checkpoint folder, shard by shard.
 *
 * Unchanged tensors are copied bit for bit and the small files (configuration, tokenizer) are copied as they are. Changed
 * tensors are computed in float32 and stored in the base tensor's type, as PEFT does, unless `storeAs` is `float32`.
 *
 * @param options.canonicalName the model's own name for a tensor as the base checkpoint spells it
 * @param options.shardBytes largest size of a weight file in bytes, 2 GB by default; also about the memory needed
 * @throws MmhsError `MMHS_LORA_UNKNOWN_TENSOR` when the checkpoint lacks a weight the adapter changes.
 */
export async function mergeCheckpoint(options: {
  readonly baseFolder: string;
  readonly folder: string;
  readonly trainable: TrainableTensors;
  readonly parameters: ReadonlyMap<string, FloatTensor>;
  readonly canonicalName?: (name: string) => string;
  readonly storeAs?: 'base' | 'float32';
  readonly shardBytes?: number;
  readonly signal?: AbortSignal;
}): Promise<MergedCheckpoint> {
  const { baseFolder, folder, trainable, storeAs = 'base', shardBytes = 2e9, canonicalName = (name) => name, signal } = options;
  if (resolve(baseFolder) === resolve(folder)) {
    throw new MmhsError('MMHS_LORA_MERGE', 'A checkpoint cannot be merged onto itself', { where: folder, fix: 'name another folder' });
  }
  const base = await openCheckpointTensors({ folder: baseFolder });
  const merged = underFileNames(mergeAdapter(options), canonicalName);
  const changed = [...base.tensors.keys()].filter((name) => merged.isChanged(name));
  const expected = trainable.adapters.size + trainable.full.size;
  if (changed.length !== expected) throw weightsMissing(baseFolder, changed.length, expected);

  await mkdir(folder, { recursive: true });
  await copySmallFiles(baseFolder, folder);
  const shards = planShards({ base, merged, storeAs, shardBytes });
  for (const { file, names } of shards) {
    const tensors = new Map<string, RawTensor>();
    for (const name of names) {
      signal?.throwIfAborted();
      tensors.set(name, await mergedTensor({ base, merged, storeAs, name }));
    }
    await writeSafetensors({ path: join(folder, file), tensors, metadata: { format: 'pt' } });
  }
  if (shards.length > 1) await writeIndex(folder, shards);
  return { files: shards.map(({ file }) => file), changed };
}

/** The same values, asked for by the names in the base checkpoint's files. */
function underFileNames(merged: MergedTensors, canonicalName: (name: string) => string): MergedTensors {
  return {
    isChanged: (name) => merged.isChanged(canonicalName(name)),
    merge: (name, weight) => merged.merge(canonicalName(name), weight),
  };
}

interface Shard {
  readonly file: string;
  readonly names: readonly string[];
  readonly bytes: number;
}

interface MergeSource {
  readonly base: CheckpointTensors;
  readonly merged: MergedTensors;
  readonly storeAs: 'base' | 'float32';
}

function planShards(options: MergeSource & { readonly shardBytes: number }): Shard[] {
  const { base, merged, storeAs, shardBytes } = options;
  const groups: { names: string[]; bytes: number }[] = [];
  for (const [name, { shape, byteLength }] of base.tensors) {
    const widened = storeAs === 'float32' && merged.isChanged(name);
    const bytes = widened ? 4 * shape.reduce((product, size) => product * size, 1) : byteLength;
    const last = groups.at(-1);
    if (last === undefined || last.bytes + bytes > shardBytes) groups.push({ names: [name], bytes });
    else {
      last.names.push(name);
      last.bytes += bytes;
    }
  }
  const five = (number: number): string => String(number).padStart(5, '0');
  return groups.map((group, index) => ({
    ...group,
    file: groups.length === 1 ? 'model.safetensors' : `model-${five(index + 1)}-of-${five(groups.length)}.safetensors`,
  }));
}

async function mergedTensor(options: MergeSource & { readonly name: string }): Promise<RawTensor> {
  const { base, merged, storeAs, name } = options;
  if (!merged.isChanged(name)) return base.readRaw(name);
  const { shape, data } = merged.merge(name, await base.readTensor(name));
  const dtype = storeAs === 'float32' ? 'F32' : base.tensors.get(name)?.dtype;
  if (dtype === 'BF16') return { dtype, shape, bytes: new Uint8Array(toBfloat16(data).buffer) };
  if (dtype === 'F16') return { dtype, shape, bytes: new Uint8Array(toFloat16(data).buffer) };
  return { dtype: 'F32', shape, bytes: new Uint8Array(Float32Array.from(data).buffer) };
}

async function copySmallFiles(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const isWeights = /\.(safetensors|bin|pt|pth|onnx|gguf)$|\.safetensors\.index\.json$/.test(entry.name);
    if (!entry.isDirectory() && !isWeights) await copyFile(join(from, entry.name), join(to, entry.name));
  }
}

async function writeIndex(folder: string, shards: readonly Shard[]): Promise<void> {
  const pairs = shards.flatMap(({ file, names }) => names.map((name) => [name, file] as const));
  const index = {
    metadata: { total_size: shards.reduce((sum, { bytes }) => sum + bytes, 0) },
    weight_map: Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  await writeFileAtomically({
    path: join(folder, 'model.safetensors.index.json'),
    write: (file) => file.writeFile(`${JSON.stringify(index, null, 2)}\n`),
  });
}

function weightsMissing(where: string, found: number, expected: number): MmhsError {
  return new MmhsError('MMHS_LORA_UNKNOWN_TENSOR', 'The checkpoint lacks weights that the adapter changes', {
    where,
    got: `${found} of them`,
    expected: `${expected}`,
    fix: 'check that the adapter belongs to this base model',
  });
}
