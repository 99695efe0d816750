import type { VlmFamily } from '@mmhs/core';
import { paligemmaFamily } from '@mmhs/models-paligemma';
import { qwenFamily } from '@mmhs/models-qwen';
import { smolFamily } from '@mmhs/models-smol';

/** The model families this app trains, the usual one first. Each app lists its own: no library knows them all, and nothing imports an app. */
export const families: readonly VlmFamily[] = [smolFamily, qwenFamily, paligemmaFamily];
