import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MmhsError, type CheckpointFiles, type Tokenizer } from '@mmhs/core';
import { openCheckpointTensors, type CheckpointTensors } from './checkpoint-tensors.ts';
import { isObject } from './json-access.ts';
import { createTokenizer } from './tokenizer.ts';

/** An opened checkpoint folder of the Hub's layout. */
export interface CheckpointFolder extends CheckpointTensors {
  readonly folder: string;
  readonly files: CheckpointFiles;
  readonly tokenizer: Tokenizer;
}

/**
 * Opens a folder as `transformers` saves it: `config.json`, `tokenizer.json`, the processor's files and safetensors
 * weights, single or sharded. Weights are read only when asked for.
 *
 * The chat template is that of `chat_template.jinja`, `chat_template.json` or `tokenizer_config.json`, whichever is found
 * first.
 *
 * @throws MmhsError `MMHS_CHECKPOINT_FILES` naming the missing or malformed file, and those of
 * {@link openCheckpointTensors} and {@link createTokenizer}.
 */
export async function openCheckpointFolder(options: { readonly folder: string }): Promise<CheckpointFolder> {
  const { folder } = options;
  const json = (name: string): Promise<unknown> => readJson(join(folder, name));
  const config = await json('config.json');
  if (config === undefined) throw missing(folder, 'config.json');
  const [generationConfig, preprocessorConfig, processorConfig, tokenizerJson, tokenizerConfig] = await Promise.all([
    json('generation_config.json'),
    json('preprocessor_config.json'),
    json('processor_config.json'),
    json('tokenizer.json'),
    json('tokenizer_config.json'),
  ]);
  if (tokenizerJson === undefined) throw missing(folder, 'tokenizer.json');
  const files: CheckpointFiles = {
    config,
    generationConfig,
    preprocessorConfig,
    processorConfig,
    tokenizer: tokenizerJson,
    tokenizerConfig,
    chatTemplate: await readChatTemplate(folder, tokenizerConfig),
  };
  const tokenizer = createTokenizer({ tokenizer: tokenizerJson, tokenizerConfig });
  return { folder, files, tokenizer, ...(await openCheckpointTensors({ folder })) };
}

async function readChatTemplate(folder: string, tokenizerConfig: unknown): Promise<unknown> {
  const jinja = await readText(join(folder, 'chat_template.jinja'));
  if (jinja !== undefined) return jinja;
  const json = await readJson(join(folder, 'chat_template.json'));
  if (isObject(json) && json.chat_template !== undefined) return json.chat_template;
  return isObject(tokenizerConfig) ? tokenizerConfig.chat_template : undefined;
}

async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new MmhsError('MMHS_CHECKPOINT_FILES', 'A file of the checkpoint is not JSON', {
      where: path,
      got: cause instanceof Error ? cause.message : String(cause),
      expected: 'JSON',
      cause,
    });
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (isObject(cause) && cause.code === 'ENOENT') return undefined;
    throw new MmhsError('MMHS_FILE_UNREADABLE', 'The file cannot be read', { where: path, cause });
  }
}

function missing(folder: string, name: string): MmhsError {
  return new MmhsError('MMHS_CHECKPOINT_FILES', 'A file of the checkpoint is missing', {
    where: folder,
    got: `no ${name}`,
    expected: 'a folder as transformers saves it',
    fix: 'give the folder that holds config.json, tokenizer.json and the .safetensors files',
  });
}
