import { join } from 'node:path';
import { resolveTrainingConfig } from '@mmhs/trainer';
import { describe, expect, it } from 'vitest';

const repository = join(import.meta.dirname, '../../..');

async function read(name: string) {
  const argv = ['--', '--config', `apps/trainer/configs/${name}.yaml`];
  return resolveTrainingConfig({ argv, env: {}, cwd: repository });
}

describe('the settings of the original', () => {
  it.each([
    ['qwen2-vl-2b', { model: 'qwen', model_id: 'Qwen/Qwen2-VL-2B-Instruct', lora_r: 4, per_device_train_batch_size: 4, max_pixels: 200_704 }],
    ['paligemma2-3b', { model: 'paligemma', model_id: 'google/paligemma2-3b-pt-224', lora_r: 4, per_device_train_batch_size: 8 }],
    ['smolvlm2-2.2b', { model: 'smol', model_id: 'HuggingFaceTB/SmolVLM2-2.2B-Instruct', lora_r: 1, per_device_train_batch_size: 1 }],
  ])('of %s are usable as they are', async (name, own) => {
    const { config, notices } = await read(name);
    expect(config).toMatchObject({
      ...own, lora_alpha: 32, lora_dropout: 0.05, learning_rate: 2e-4, warmup_ratio: 0.03, num_train_epochs: 1, load_in_4bit: true,
      class_names: ['racist', 'sexist', 'homophobe', 'religion', 'otherhate'],
      train_csv: join(repository, 'data/mmhs150k/train.csv'),
    });
    expect(notices).toEqual([]);
  });
});
