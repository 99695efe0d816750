import type { VlmFamily } from '@mmhs/core';
import { smolFamily } from '@mmhs/models-smol';

/** The model families that exist. */
export const families: readonly VlmFamily[] = [smolFamily];

/** The family that reads a `model_type`. */
export function findFamily(modelType: string): VlmFamily | undefined {
  return families.find((family) => family.modelTypes.includes(modelType));
}
