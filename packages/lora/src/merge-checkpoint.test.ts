import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@mmhs/core';
import { openCheckpointTensors, toBfloat16, writeSafetensors } from '@mmhs/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAdapter } from './adapter-folder.ts';
import { mergeAdapter } from './merge.ts';
import { mergeCheckpoint } from './merge-checkpoint.ts';
import { families, fixturePath, specs } from './test-support.ts';

const { linears, tensors: shapes } = families.smolvlm;
const { trainable, parameters } = await loadAdapter({ folder: fixturePath('smolvlm-modules-to-save'), linears, tensors: specs(families.smolvlm) });
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mmhs-merge-'));
});
afterEach(() => rm(root, { recursive: true }));

/** A base checkpoint with random bfloat16 weights. */
async function writeBase(): Promise<void> {
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const random = createRandom([5, name]);
    const values = Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, random.normal);
    return [name, { dtype: 'BF16', shape, bytes: new Uint8Array(toBfloat16(values).buffer) }] as const;
  });
  await writeSafetensors({ path: join(root, 'model.safetensors'), tensors: new Map(tensors) });
  await writeFile(join(root, 'config.json'), '{"model_type": "idefics3"}');
}

describe('mergeCheckpoint', () => {
  it.each([
    ['base', 'BF16'],
    ['float32', 'F32'],
  ] as const)('writes shards, keeping what no adapter changes (stored as %s)', async (storeAs, dtype) => {
    await writeBase();
    const folder = join(root, 'merged');
    const result = await mergeCheckpoint({ baseFolder: root, folder, trainable, parameters, storeAs, shardBytes: 100_000 });
    expect(result.files.length).toBeGreaterThan(2);
    expect((await readdir(folder)).sort()).toEqual([...result.files, 'config.json', 'model.safetensors.index.json'].sort());

    const base = await openCheckpointTensors({ folder: root });
    const written = await openCheckpointTensors({ folder });
    expect(new Set(written.tensors.keys())).toEqual(new Set(base.tensors.keys()));
    const merged = mergeAdapter({ trainable, parameters });
    for (const name of base.tensors.keys()) {
      if (!merged.isChanged(name)) expect(await written.readRaw(name), name).toEqual(await base.readRaw(name));
      else {
        expect(written.tensors.get(name)?.dtype).toBe(dtype);
        const { data } = merged.merge(name, await base.readTensor(name));
        const stored = (await written.readTensor(name)).data;
        if (storeAs === 'float32') expect(stored, name).toEqual(data);
        else expect(toBfloat16(stored), name).toEqual(toBfloat16(data));
      }
    }
    expect(result.changed).toHaveLength(trainable.adapters.size + 1);
  });

  it('writes one file when it fits, and refuses a checkpoint without the adapted weights', async () => {
    await writeBase();
    const folder = join(root, 'merged');
    expect((await mergeCheckpoint({ baseFolder: root, folder, trainable, parameters })).files).toEqual(['model.safetensors']);
    expect(await readFile(join(folder, 'config.json'), 'utf8')).toContain('idefics3');
    const canonicalName = (name: string) => `elsewhere.${name}`;
    await expect(mergeCheckpoint({ baseFolder: root, folder, trainable, parameters, canonicalName })).rejects.toThrow(/0 of them/);
    await expect(mergeCheckpoint({ baseFolder: root, folder: root, trainable, parameters })).rejects.toThrow(/onto itself/);
  });
});
