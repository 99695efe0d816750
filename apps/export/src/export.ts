import { dirname, join, relative, resolve } from 'node:path';
import {
  createProgress, exportModel, listSettings, mergeSettings, parseFlags, renderHelp, type CommandContext,
} from '@mmhs/trainer';
import { families } from './families.ts';
import { exportSchema } from './settings.ts';

/** Writes the folder that the flags ask for, and prints the paths of its graphs. */
export async function exportFolder({ argv, env, cwd, signal }: CommandContext): Promise<void> {
  const flags = parseFlags({ argv, settings: listSettings(exportSchema) });
  const { settings } = mergeSettings({ schema: exportSchema, layers: [flags] });
  const { adapter, model_id: modelId, out, format, dtype: types, progress: mode } = settings;
  const progress = createProgress({ stream: process.stderr, mode, env });
  const adapterFolder = adapter === null ? null : resolve(cwd, adapter);
  const folder = out === null ? join(adapterFolder === null ? cwd : dirname(adapterFolder), format) : resolve(cwd, out);
  const { graphs } = await exportModel({ adapterFolder, modelId, families, folder, types, progress, signal, cwd, env });
  process.stdout.write(`${graphs.map((path) => join(relative(cwd, folder), path)).join('\n')}\n`);
}

/** What --help prints. */
export function help(): string {
  const command = 'pnpm --filter export start --adapter runs/demo/lora_adapter --export transformersjs';
  return renderHelp({
    schema: exportSchema,
    summary: 'Write a model with its adapter merged as a folder for another library.',
    usage: 'pnpm --filter export start --adapter FOLDER [--export transformersjs] [--out FOLDER] [flags]',
    examples: [
      { command, purpose: "the demo's adapter, for @huggingface/transformers, in all variants: runs/demo/transformersjs" },
      { command: `${command} --dtype q4 --out exported`, purpose: 'the smallest variant alone' },
    ],
    notes: ['Exit codes: 0 done; 1 failed; 2 settings not usable; 3 data not usable; 4 model not usable; 130 stopped by Ctrl-C.'],
  });
}
