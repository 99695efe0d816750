import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAdapter, saveAdapter } from './adapter-folder.ts';
import { defineLoraConfig } from './config.ts';
import { initialiseAdapters } from './initialise.ts';
import { resolveAdapters } from './resolve-adapters.ts';
import { families, fixturePath, readFixture, specs } from './test-support.ts';

const { linears } = families.smolvlm;
const tensors = specs(families.smolvlm);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-lora-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('saveAdapter and loadAdapter', () => {
  it.each(['smolvlm-base', 'smolvlm-patterns', 'smolvlm-vision', 'smolvlm-modules-to-save'])(
    'read what PEFT wrote and write the same bytes: %s',
    async (name) => {
      const loaded = await loadAdapter({ folder: fixturePath(name), linears, tensors });
      await saveAdapter({ folder, config: loaded.config, parameters: loaded.parameters });
      const written = await readFile(join(folder, 'adapter_model.safetensors'));
      expect(written.equals(readFixture(`${name}/adapter_model.safetensors`))).toBe(true);
      expect(await loadAdapter({ folder, linears, tensors })).toMatchObject({ ...loaded, ignoredKeys: expect.any(Array) as unknown });
    },
  );

  it('carry a new all-linear adapter, written with the endings PEFT writes', async () => {
    const config = defineLoraConfig({ r: 2, target_modules: 'all-linear', exclude_modules: ['up_proj'] });
    const trainable = resolveAdapters({ linears, config });
    const parameters = initialiseAdapters({ trainable, linears, seed: 1 });
    await saveAdapter({ folder, config, parameters, linears, tensors, extraFiles: { 'label_map.json': '{}' } });
    const loaded = await loadAdapter({ folder, linears });
    expect(loaded.parameters).toEqual(parameters);
    expect(loaded.trainable).toEqual(trainable);
    expect(loaded.config.target_modules).toEqual(
      families.smolvlm.cases.find((entry) => entry.case === 'all-linear')?.target_modules_on_disk,
    );
    expect(await readFile(join(folder, 'label_map.json'), 'utf8')).toBe('{}');
  });

  it('name the file that is missing or broken', async () => {
    await expect(loadAdapter({ folder, linears })).rejects.toThrow(/adapter_config\.json/);
    await writeFile(join(folder, 'adapter_config.json'), '{"target_modules": ["q_proj"]}');
    await expect(loadAdapter({ folder, linears })).rejects.toThrow(/adapter_model\.safetensors/);
  });
});
