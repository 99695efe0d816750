import { MmhsError, type MmhsErrorDetails, type VlmModel } from '@mmhs/core';

import type { TrainingTargets } from './adapter-setup.ts';
import type { TrainingConfig } from './config.ts';

/** Whether image features change while training, so that they can neither be cached nor rounded. */
export function isTowerTrained({ trainable }: TrainingTargets, model: VlmModel): boolean {
  const parts = new Map(model.linears.map(({ path, part }) => [path, part]));
  const isTower = (path: string): boolean => ['vision', 'connector'].includes(parts.get(path) ?? 'language');
  const towerTensors = new Set(model.visionGraph({ trainable: { adapters: new Map(), full: new Set() } }).weights.map(({ name }) => name));
  return [...trainable.adapters.keys()].some(isTower) || [...trainable.full].some((name) => towerTensors.has(name));
}

/** How frozen linears of the decoder's layers are computed, in training and evaluation alike. */
export function languagePrecision({ load_in_4bit }: Pick<TrainingConfig, 'load_in_4bit'>): 'float32' | 'weights-nf4' {
  return load_in_4bit ? 'weights-nf4' : 'float32';
}

/**
 * Refuses fewer bits where weights themselves are trained.
 *
 * @throws MmhsError `MMHS_CONFIG_PRECISION` naming the setting.
 */
export function checkPrecision(options: {
  readonly config: Pick<TrainingConfig, 'vision_products' | 'load_in_4bit' | 'use_lora' | 'device'>;
  readonly targets: TrainingTargets;
  readonly model: VlmModel;
}): void {
  const { config, targets, model } = options;
  if (config.vision_products !== 'float32' && isTowerTrained(targets, model)) {
    throw unusable('A vision tower that is trained must be computed in float32', {
      where: '--vision_products',
      got: `${config.vision_products}, and ${config.use_lora ? 'something of the tower or the projector among what is trained' : '--use_lora false'}`,
      fix: 'leave --vision_products out, or leave tower and projector out of --lora_target_modules and --modules_to_save',
    });
  }
  if (config.load_in_4bit) checkFourBits(options);
}

function checkFourBits({ config, targets, model }: Parameters<typeof checkPrecision>[0]): void {
  const where = '--load_in_4bit';
  if (!config.use_lora) {
    throw unusable('Weights of 4 bits cannot be trained themselves', { where, got: '--use_lora false', fix: 'train an adapter, or leave --load_in_4bit out' });
  }
  const linears = model.linears.filter(({ part }) => part === 'language').map(({ path }) => `${path}.weight`);
  const trained = linears.find((name) => targets.trainable.full.has(name));
  if (trained !== undefined) {
    throw unusable('Weights of 4 bits cannot be trained themselves', { where, got: `${trained} among --modules_to_save`, fix: 'put an adapter on that module' });
  }
  if (config.device !== 'cpu') {
    throw unusable('Weights of 4 bits are for the CPU', { where, got: `--device ${config.device}`, fix: 'leave one of both out' });
  }
}

function unusable(message: string, details: MmhsErrorDetails): MmhsError {
  return new MmhsError('MMHS_CONFIG_PRECISION', message, details);
}
