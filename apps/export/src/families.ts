import type { VlmFamily } from '@mmhs/core';
import { paligemmaFamily } from '@mmhs/models-paligemma';
import { qwenFamily } from '@mmhs/models-qwen';
import { smolFamily } from '@mmhs/models-smol';

/** The model families this app exports, the usual one first. */
export const families: readonly VlmFamily[] = [smolFamily, qwenFamily, paligemmaFamily];
