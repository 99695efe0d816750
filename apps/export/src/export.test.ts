import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineLoraConfig, initialiseAdapters, resolveAdapters, saveAdapter } from '@mmhs/lora';
import { openCheckpointFolder } from '@mmhs/runtime';
import { expect, it, onTestFinished, vi } from 'vitest';
import { exportFolder } from './export.ts';
import { families } from './families.ts';

const checkpoint = join(import.meta.dirname, '../../../data/demo/checkpoint');

/** A run's folder with an adapter in it. */
async function writeRun(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mmhs-export-run-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { files } = await openCheckpointFolder({ folder: checkpoint });
  const [smol] = families as [(typeof families)[number]];
  const { linears, tensors } = smol.openModel(files);
  const config = defineLoraConfig({ base_model_name_or_path: checkpoint, r: 2, target_modules: ['q_proj'] });
  const parameters = initialiseAdapters({ trainable: resolveAdapters({ linears, config, tensors }), linears, seed: 0 });
  await saveAdapter({ folder: join(folder, 'lora_adapter'), config, parameters, linears, tensors });
  return folder;
}

it.each([
  ['--export transformersjs', ['--export', 'transformersjs'], 'transformersjs'],
  ['no format, and a place', ['--out', 'here'], 'here'],
])('writes the adapter with its model: %s', async (_, flags, place) => {
  const run = await writeRun();
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  onTestFinished(() => printed.mockRestore());
  const argv = ['--adapter', 'lora_adapter', ...flags, '--dtype', 'q8', '--progress', 'off'];
  await exportFolder({ argv, env: {}, cwd: run, signal: new AbortController().signal });
  expect(await readdir(join(run, place, 'onnx'))).toContain('decoder_model_merged_quantized.onnx');
  expect(printed.mock.calls.flat().join('')).toContain(join(place, 'onnx/embed_tokens_quantized.onnx'));
});
