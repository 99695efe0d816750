import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { MmhsError, type ImageSizeOptions, type LinearPrecision, type PostProcessor, type Tokenizer, type VlmFamily, type VlmModel } from '@mmhs/core';
import { createRuntime, openCheckpointFolder, type CheckpointHandle, type Device, type Runtime } from '@mmhs/runtime';

/** A checkpoint opened for training or evaluation. */
export interface OpenedModel {
  /** Folder of the checkpoint. */
  readonly folder: string;
  readonly runtime: Runtime;
  readonly model: VlmModel;
  readonly processor: PostProcessor;
  readonly tokenizer: Tokenizer;
  readonly weights: CheckpointHandle;
  /** What decides image features besides picture and precision: the weights and the image settings. */
  readonly featureIdentity: string;
  /** The checkpoint's chat template as text, part of the prompt's fingerprint. */
  readonly chatTemplate: string;
  close(): Promise<void>;
}

/** What decides image features when the tower's products are computed in a precision. */
export function featureIdentity({ featureIdentity: identity }: OpenedModel, precision: LinearPrecision): string {
  return precision === 'float32' ? identity : `${identity} ${precision}`;
}

/** Opens a checkpoint folder with a family and starts the runtime. */
export async function openModel(options: {
  readonly folder: string;
  readonly family: VlmFamily;
  readonly imageSize: ImageSizeOptions;
  readonly device: Device;
  /** 0 for one a core. */
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
}): Promise<OpenedModel> {
  const { folder, family, imageSize, device, threads, signal } = options;
  await requireFolder(folder);
  const checkpoint = await openCheckpointFolder({ folder });
  const { files, tokenizer } = checkpoint;
  const model = family.openModel(files);
  const processor = family.openProcessor({ files, tokenizer, imageSize });
  const runtime = await createRuntime({
    device, ...(threads > 0 ? { threads } : {}), ...(signal === undefined ? {} : { signal }),
  });
  try {
    const weights = await runtime.loadCheckpoint({ folder, canonicalName: model.canonicalName });
    return {
      folder,
      runtime,
      model,
      processor,
      tokenizer,
      weights,
      featureIdentity: await identify(folder, imageSize),
      chatTemplate: typeof files.chatTemplate === 'string' ? files.chatTemplate : JSON.stringify(files.chatTemplate ?? null),
      close: () => runtime.close(),
    };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

async function requireFolder(folder: string): Promise<void> {
  const facts = await stat(folder).catch(() => undefined);
  if (facts?.isDirectory()) return;
  throw new MmhsError('MMHS_MODEL_NOT_FOUND', 'The checkpoint folder is not there', {
    where: '--model_id',
    got: folder,
    expected: 'a folder with config.json, tokenizer.json and *.safetensors',
  });
}

/** Size and time of the weight files stand for their content, which takes too long to hash. */
async function identify(folder: string, imageSize: ImageSizeOptions): Promise<string> {
  const names = ['model.safetensors', 'model.safetensors.index.json', 'preprocessor_config.json', 'config.json'];
  const facts = await Promise.all(names.map(async (name) => {
    const found = await stat(join(folder, name)).catch(() => undefined);
    return found === undefined ? `${name}: none` : `${name}: ${found.size} ${found.mtimeMs}`;
  }));
  return createHash('sha256').update(JSON.stringify({ folder, facts, imageSize })).digest('hex');
}
