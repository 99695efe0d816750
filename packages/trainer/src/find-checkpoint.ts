import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { MmhsError } from '@mmhs/core';
import { downloadModel, isHubId, readHubSettings } from '@mmhs/runtime';

import type { ProgressReporter } from './progress.ts';

/** Options of {@link findCheckpoint}. */
export interface FindCheckpointOptions {
  /** A folder, or the name of a model on the Hub. */
  readonly modelId: string;
  /** Branch, tag or commit of a model on the Hub. @default 'main' */
  readonly revision?: string | null | undefined;
  /** Folder that a relative one starts from. @default the process's */
  readonly cwd?: string | undefined;
  /** Environment, for `HF_HOME`, `HF_TOKEN` and the like. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Shows a download. */
  readonly progress?: ProgressReporter | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds the folder of a checkpoint: `modelId` itself where it is a folder, otherwise the Hugging Face cache, into which the
 * model is downloaded as far as it is not there.
 *
 * @throws MmhsError `MMHS_MODEL_NOT_FOUND` when it is neither a folder nor a name that the Hub could have, and what
 * `downloadModel` of @mmhs/runtime throws.
 */
export async function findCheckpoint(options: FindCheckpointOptions): Promise<string> {
  const { modelId, revision, cwd = '', env = process.env, progress, signal } = options;
  const folder = resolve(cwd, modelId);
  const facts = await stat(folder).catch(() => undefined);
  if (facts?.isDirectory()) return folder;
  if (!isHubId(modelId)) throw noCheckpoint(modelId, folder);
  const show = progress && showDownload(progress);
  try {
    const model = await downloadModel({
      id: modelId,
      revision: revision ?? undefined,
      settings: await readHubSettings({ env }),
      onProgress: show,
      onNotice: (text) => progress?.note(text),
      signal,
    });
    return model.folder;
  } finally {
    progress?.stop();
  }
}

/** Counts megabytes, in a phase that begins with the first byte. */
function showDownload(progress: ProgressReporter): (sizes: { readonly doneBytes: number; readonly totalBytes: number }) => void {
  let begun = false;
  return ({ doneBytes, totalBytes }) => {
    const done = Math.floor(doneBytes / 1e6);
    const total = Math.max(1, Math.floor(totalBytes / 1e6));
    if (!begun) progress.start({ name: 'download MB', total, done });
    begun = true;
    progress.update({ done: doneBytes === totalBytes ? total : done });
  };
}

function noCheckpoint(modelId: string, folder: string): MmhsError {
  return new MmhsError('MMHS_MODEL_NOT_FOUND', 'There is no such model', {
    where: '--model_id',
    got: modelId === folder ? modelId : `${modelId}, and no folder ${folder}`,
    expected: 'a folder with config.json, tokenizer.json and *.safetensors, or the name of a model on the Hub, organisation/name',
    fix: 'correct the path, or pass a name such as organisation/name',
  });
}
