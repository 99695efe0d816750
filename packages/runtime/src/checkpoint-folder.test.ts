import { cp, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpointFolder } from './checkpoint-folder.ts';
import { openCheckpointTensors } from './checkpoint-tensors.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-checkpoint-'));
  await cp(fileURLToPath(new URL('./__fixtures__/checkpoint', import.meta.url)), folder, { recursive: true });
});
afterEach(async () => rm(folder, { recursive: true }));

describe('openCheckpointFolder', () => {
  it('opens configuration, tokenizer and sharded weights', async () => {
    const checkpoint = await openCheckpointFolder({ folder });
    expect(checkpoint.files.config).toEqual({ model_type: 'tiny' });
    expect(checkpoint.files.generationConfig).toBeUndefined();
    expect(checkpoint.files.chatTemplate).toBe('{{ messages }}');
    expect(checkpoint.tokenizer.encode('ab<end>'.slice(0, 2))).toEqual([2]);
    expect([...checkpoint.tensors.keys()]).toEqual(['layer.0.weight', 'layer.1.weight']);
    expect(await checkpoint.readTensor('layer.0.weight')).toEqual({
      type: 'float32', shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5),
    });
    expect((await checkpoint.readTensor('layer.1.weight')).data).toEqual(Float32Array.of(0.5, -0.5));
    await expect(checkpoint.readTensor('layer.2.weight')).rejects.toThrow(/layer\.2\.weight/);
  });

  it('prefers a chat template in a file of its own', async () => {
    await writeFile(join(folder, 'chat_template.json'), '{"chat_template":"from json"}');
    expect((await openCheckpointFolder({ folder })).files.chatTemplate).toBe('from json');
    await writeFile(join(folder, 'chat_template.jinja'), 'from jinja');
    expect((await openCheckpointFolder({ folder })).files.chatTemplate).toBe('from jinja');
  });

  it('names the file that is missing or malformed', async () => {
    await writeFile(join(folder, 'config.json'), '{');
    await expect(openCheckpointFolder({ folder })).rejects.toThrow(/config\.json: .*not JSON/);
    await unlink(join(folder, 'config.json'));
    await expect(openCheckpointFolder({ folder })).rejects.toThrow(/no config\.json/);
  });

  it('refuses an index that names what no shard holds, or a file elsewhere', async () => {
    const index = join(folder, 'model.safetensors.index.json');
    await writeFile(index, '{"weight_map":{"other":"model-00001-of-00002.safetensors"}}');
    await expect(openCheckpointFolder({ folder })).rejects.toThrow(/model-00001-of-00002\.safetensors without other/);
    await writeFile(index, '{"weight_map":{"other":"../secret.safetensors"}}');
    await expect(openCheckpointFolder({ folder })).rejects.toThrow(/a file name/);
    await writeFile(index, '{}');
    await expect(openCheckpointFolder({ folder })).rejects.toThrow(/no weight_map/);
  });

  it('knows tensors by canonical names, and refuses two of one name', async () => {
    const canonicalName = (name: string) => name.replace('layer.', 'model.layers.');
    const checkpoint = await openCheckpointTensors({ folder, canonicalName });
    expect([...checkpoint.tensors.keys()]).toEqual(['model.layers.0.weight', 'model.layers.1.weight']);
    expect((await checkpoint.readTensor('model.layers.1.weight')).data).toEqual(Float32Array.of(0.5, -0.5));
    await expect(openCheckpointTensors({ folder, canonicalName: () => 'same' })).rejects.toThrow(/layer\.0\.weight and layer\.1\.weight/);
  });
});
