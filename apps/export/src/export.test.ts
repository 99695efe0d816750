import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineLoraConfig, initialiseAdapters, resolveAdapters, saveAdapter } from '@mmhs/lora';
import { openCheckpointFolder } from '@mmhs/runtime';
import { exportModel, type ExportType, type ProgressReporter } from '@mmhs/trainer';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
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

describe('a folder of an earlier export', () => {
  /** Exports without an adapter, and stops at so many megabytes. */
  async function write(folder: string, types: readonly ExportType[], stopAt = Infinity): Promise<{ readonly done: number; readonly total: number }> {
    const stop = new AbortController();
    const seen = { done: 0, total: 0 };
    const progress: ProgressReporter = {
      start: ({ total }) => void (seen.total = total),
      update: ({ done }) => {
        seen.done = done;
        if (done >= stopAt) stop.abort(new Error('enough'));
      },
      note: () => undefined,
      stop: () => undefined,
    };
    await exportModel({ adapterFolder: null, modelId: checkpoint, families, folder, types, progress, signal: stop.signal });
    return seen;
  }

  const endings = async (folder: string): Promise<Set<string>> =>
    new Set((await readdir(join(folder, 'onnx'))).map((file) => file.replace(/_data(_\d+)?$/, '').replace(/^.*?(_fp16|_quantized|_q4)?\.onnx$/, '$1')));

  it('holds the new variants alone afterwards, and none when stopped half way', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mmhs-export-again-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await write(folder, ['q8', 'fp16']);
    expect(await endings(folder)).toEqual(new Set(['_quantized', '_fp16']));
    const { done, total } = await write(folder, ['fp32']);
    expect(await endings(folder)).toEqual(new Set(['']));
    expect(done).toBe(total);
    await expect(write(folder, ['fp32'], total / 2)).rejects.toThrow('enough');
    expect(await readdir(join(folder, 'onnx'))).toEqual([]);
  });
});
