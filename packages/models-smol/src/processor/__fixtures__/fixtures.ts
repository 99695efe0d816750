import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { CheckpointFiles, PostProcessor, ProcessedImage, Tokenizer } from '@mmhs/core';
import { createTokenizer } from '@mmhs/runtime';

import { parseSmolConfig, type SmolConfig } from '../../config.ts';
import type { SmolImageLayout } from '../image-layout.ts';
import { createSmolProcessor } from '../smol-processor.ts';

/** Tiny checkpoints of both classes, with the real special tokens and template. */
export const checkpoints = ['smolvlm', 'smolvlm2'] as const;

export type Checkpoint = (typeof checkpoints)[number];

/** Path of a fixture. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** A JSON fixture. */
export function readJson<Value>(name: string): Value {
  return JSON.parse(readFileSync(fixturePath(name), 'utf8')) as Value;
}

export function readFiles(checkpoint: Checkpoint): CheckpointFiles {
  const read = (name: string): unknown => readJson(`${checkpoint}/${name}.json`);
  return {
    config: read('config'),
    generationConfig: read('generation_config'),
    preprocessorConfig: read('preprocessor_config'),
    processorConfig: read('processor_config'),
    tokenizer: read('tokenizer'),
    tokenizerConfig: undefined,
    chatTemplate: undefined,
  };
}

export function readConfig(checkpoint: Checkpoint): SmolConfig {
  const { config, generationConfig } = readFiles(checkpoint);
  return parseSmolConfig(config, generationConfig);
}

export function readTokenizer(checkpoint: Checkpoint): Tokenizer {
  return createTokenizer({ tokenizer: readFiles(checkpoint).tokenizer });
}

export function openProcessor(checkpoint: Checkpoint, longestEdge?: number): PostProcessor {
  return createSmolProcessor({
    files: readFiles(checkpoint),
    tokenizer: readTokenizer(checkpoint),
    config: readConfig(checkpoint),
    ...(longestEdge === undefined ? {} : { imageSize: { longestEdge } }),
  });
}

/** A processed picture of which only the layout matters. */
export function pictureOf(layout: SmolImageLayout): ProcessedImage {
  return { tensors: {}, featureRows: layout.tiles * 4, layout };
}

/** The system instruction for a list of labels. */
export function instructions(classNames: readonly string[]): string {
  const list = classNames.map((name) => JSON.stringify(name)).join(', ');
  return [
    'You are a strict multi-label safety classifier. You MUST respond with a JSON array (no prose) containing zero or more' +
      ' labels selected ONLY from this list:',
    `[${list}]`,
    'Return [] if none apply. Do not include any text outside JSON.',
  ].join('\n');
}
