import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MmhsError, type FloatTensor } from '@mmhs/core';
import { isObject } from './json-access.ts';
import { openSafetensors, type RawTensor, type SafetensorsFile } from './safetensors.ts';
import type { SafetensorsEntry } from './safetensors-header.ts';

/** The tensors of a checkpoint folder, in one file or in shards. */
export interface CheckpointTensors {
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  /** Reads one tensor as float32; see {@link SafetensorsFile.readFloat32}. */
  readTensor(name: string): Promise<FloatTensor>;
  /** Reads one tensor's bytes as they are. */
  readRaw(name: string): Promise<RawTensor>;
}

/**
 * Opens `model.safetensors`, or the shards that `model.safetensors.index.json` lists, and reads their headers only.
 *
 * @param options.canonicalName the name by which a tensor is known here, by its name in the file; the same by default
 * @throws MmhsError `MMHS_CHECKPOINT_FILES` when the folder holds neither, the index names what no shard holds, or two tensors
 * have one canonical name.
 */
export async function openCheckpointTensors(options: {
  readonly folder: string;
  readonly canonicalName?: ((name: string) => string) | undefined;
}): Promise<CheckpointTensors> {
  const { folder, canonicalName = (name) => name } = options;
  const index = await readIndex(join(folder, 'model.safetensors.index.json'));
  const files = new Map<string, SafetensorsFile>();
  if (index === undefined) {
    const file = await openSafetensors({ path: join(folder, 'model.safetensors') });
    for (const name of file.tensors.keys()) files.set(name, file);
  } else {
    await openShards(folder, index, files);
  }

  const tensors = new Map<string, SafetensorsEntry>();
  const places = new Map<string, { readonly file: SafetensorsFile; readonly nameInFile: string }>();
  for (const [nameInFile, file] of files) {
    const name = canonicalName(nameInFile);
    const other = places.get(name)?.nameInFile;
    if (other !== undefined) throw twice(folder, name, [other, nameInFile]);
    tensors.set(name, file.tensors.get(nameInFile) as SafetensorsEntry);
    places.set(name, { file, nameInFile });
  }
  const placeOf = (name: string): { readonly file: SafetensorsFile; readonly nameInFile: string } => {
    const place = places.get(name);
    if (place !== undefined) return place;
    throw new MmhsError('MMHS_TENSOR_MISSING', 'The checkpoint does not hold the tensor', {
      where: folder,
      got: name,
      expected: `one of its ${files.size} tensors`,
    });
  };
  return {
    tensors,
    readTensor: async (name) => {
      const { file, nameInFile } = placeOf(name);
      return file.readFloat32(nameInFile);
    },
    readRaw: async (name) => {
      const { file, nameInFile } = placeOf(name);
      return file.readRaw(nameInFile);
    },
  };
}

async function openShards(folder: string, index: Map<string, string>, files: Map<string, SafetensorsFile>): Promise<void> {
  const shards = new Map<string, SafetensorsFile>();
  for (const [name, shard] of index) {
    // A path out of the folder is never right in an index, and would let a checkpoint read other files.
    if (basename(shard) !== shard) throw indexError(folder, `${name} in ${JSON.stringify(shard)}`, 'a file name');
    const file = shards.get(shard) ?? (await openSafetensors({ path: join(folder, shard) }));
    shards.set(shard, file);
    if (!file.tensors.has(name)) throw indexError(folder, `${shard} without ${name}`, 'every listed tensor in its shard');
    files.set(name, file);
  }
}

async function readIndex(path: string): Promise<Map<string, string> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw indexError(path, cause instanceof Error ? cause.message : String(cause), 'JSON');
  }
  const map = isObject(parsed) ? parsed.weight_map : undefined;
  if (!isObject(map)) throw indexError(path, 'no weight_map', 'an object of tensor names and file names');
  return new Map(
    Object.entries(map).map(([name, shard]) => {
      if (typeof shard !== 'string') throw indexError(path, `${name}: ${JSON.stringify(shard)}`, 'a file name');
      return [name, shard];
    }),
  );
}

function twice(where: string, name: string, namesInFiles: readonly string[]): MmhsError {
  return new MmhsError('MMHS_CHECKPOINT_FILES', 'Two tensors of the checkpoint are the same one of the model', {
    where, got: namesInFiles.join(' and '), expected: `one tensor for ${name}`,
  });
}

function indexError(where: string, got: string, expected: string): MmhsError {
  return new MmhsError('MMHS_CHECKPOINT_FILES', 'The index of the shards is not usable', { where, got, expected });
}
