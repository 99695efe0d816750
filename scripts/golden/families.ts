import type { VlmFamily } from '@mmhs/core';
import { paligemmaFamily } from '@mmhs/models-paligemma';
import { qwenFamily } from '@mmhs/models-qwen';
import { smolFamily } from '@mmhs/models-smol';

/** The model families that exist. */
export const families: readonly VlmFamily[] = [paligemmaFamily, qwenFamily, smolFamily];

/** The family that reads a `model_type`. */
export function findFamily(modelType: string): VlmFamily | undefined {
  return families.find((family) => family.modelTypes.includes(modelType));
}
