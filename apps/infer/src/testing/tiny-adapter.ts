import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeConfig, resolveTrainingConfig, runTraining, type ProgressReporter } from '@mmhs/trainer';
import { families } from '../families.ts';

/** The demo's embedded checkpoint and posts. */
export const demoFolder = join(import.meta.dirname, '../../../../data/demo');

const silent: ProgressReporter = { start: () => {}, update: () => {}, note: () => {}, stop: () => {} };

/** An adapter trained for one step on the demo's tiny checkpoint, in a temporary folder. */
export async function trainTinyAdapter(): Promise<{ readonly folder: string; readonly adapter: string; readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'mmhs-infer-'));
  const settings = {
    model_id: join(demoFolder, 'checkpoint'),
    train_csv: join(demoFolder, 'val.csv'),
    image_root: demoFolder,
    class_names: join(demoFolder, 'class_names.txt'),
    out_dir: join(folder, 'tiny'),
    max_steps: 1, per_device_train_batch_size: 2, gradient_accumulation_steps: 1, lora_r: 2, threads: 1,
  };
  const argv = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  const { config } = await resolveTrainingConfig({ argv, env: {}, cwd: process.cwd() });
  const [family] = families;
  if (family === undefined) throw new Error('There is no family');
  await runTraining({ config: completeConfig({ config, family, cwd: process.cwd() }), family, progress: silent });
  return { folder, adapter: join(folder, 'tiny/lora_adapter'), remove: () => rm(folder, { recursive: true }) };
}
