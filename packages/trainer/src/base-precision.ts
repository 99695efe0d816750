import { MmhsError, type VlmModel } from '@mmhs/core';

import type { TrainingTargets } from './adapter-setup.ts';
import type { TrainingConfig } from './config.ts';

/** Whether image features change while training, so that they can neither be cached nor rounded. */
export function isTowerTrained({ trainable }: TrainingTargets, model: VlmModel): boolean {
  const parts = new Map(model.linears.map(({ path, part }) => [path, part]));
  const isTower = (path: string): boolean => ['vision', 'connector'].includes(parts.get(path) ?? 'language');
  const towerTensors = new Set(model.visionGraph({ trainable: { adapters: new Map(), full: new Set() } }).weights.map(({ name }) => name));
  return [...trainable.adapters.keys()].some(isTower) || [...trainable.full].some((name) => towerTensors.has(name));
}

/**
 * Refuses fewer bits where gradients are needed.
 *
 * @throws MmhsError `MMHS_CONFIG_PRECISION` naming the setting.
 */
export function checkPrecision(options: {
  readonly config: Pick<TrainingConfig, 'vision_products' | 'use_lora'>;
  readonly targets: TrainingTargets;
  readonly model: VlmModel;
}): void {
  const { config, targets, model } = options;
  if (config.vision_products === 'float32' || !isTowerTrained(targets, model)) return;
  throw new MmhsError('MMHS_CONFIG_PRECISION', 'A vision tower that is trained must be computed in float32', {
    where: '--vision_products',
    got: `${config.vision_products}, and ${config.use_lora ? 'something of the tower or the projector among what is trained' : '--use_lora false'}`,
    fix: 'leave --vision_products out, or leave tower and projector out of --lora_target_modules and --modules_to_save',
  });
}
