import { readFileSync } from 'node:fs';

import type { CheckpointFiles, Tokenizer, VlmModel } from '@mmhs/core';
import { createTokenizer } from '@mmhs/runtime';

import { parseQwenConfig, type QwenConfig } from '../config.ts';
import { openQwenModel } from '../family.ts';

/** Small files of the reference's tiny checkpoint, its tensors by their names on the hub, and the modules PEFT adapts in it. */
interface TinyCheckpoint {
  readonly config: Readonly<Record<string, unknown>>;
  readonly generationConfig: unknown;
  readonly preprocessorConfig: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly rank: number;
  readonly targets: readonly { readonly case: string; readonly modules: readonly string[]; readonly trainableParameters: number }[];
}

function readJson<Value>(name: string): Value {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as Value;
}

export const tiny = readJson<TinyCheckpoint>('tiny-checkpoint.json');

/** Prompts as the reference tokenises them, and positions as it counts them. */
export const prompts = readJson<{
  readonly cases: readonly {
    readonly case: string;
    readonly text: string;
    readonly classNames: readonly string[];
    readonly grid: readonly [number, number];
    readonly answer: string;
    readonly promptIds: readonly number[];
    readonly targetIds: readonly number[];
  }[];
  readonly positions: readonly {
    readonly inputIds: readonly number[];
    readonly grid: readonly [number, number];
    readonly positionIds: readonly number[];
  }[];
}>('prompts.json');

export function tinyConfig(changes: Readonly<Record<string, unknown>> = {}): QwenConfig {
  return parseQwenConfig({ ...tiny.config, ...changes }, tiny.generationConfig);
}

export function openTinyModel(changes: Readonly<Record<string, unknown>> = {}): VlmModel {
  return openQwenModel(tinyConfig(changes));
}

export const tinyFiles: CheckpointFiles = {
  config: tiny.config,
  generationConfig: tiny.generationConfig,
  preprocessorConfig: tiny.preprocessorConfig,
  processorConfig: undefined,
  tokenizer: readJson('tokenizer.json'),
  tokenizerConfig: undefined,
  chatTemplate: undefined,
};

export function tinyTokenizer(): Tokenizer {
  return createTokenizer({ tokenizer: tinyFiles.tokenizer });
}
