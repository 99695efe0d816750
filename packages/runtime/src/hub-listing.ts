import { listFiles, modelInfo } from '@huggingface/hub';
import { MmhsError } from '@mmhs/core';
import { unreachableError, type HubTarget } from './hub-errors.ts';
import { chooseModelFiles, missingModelFiles, type HubFile } from './hub-files.ts';
import { isCommit } from './hub-id.ts';

/** What the Hub says about a revision of a model. */
export interface HubListing {
  readonly commit: string;
  /** The files that a checkpoint is opened from. */
  readonly files: readonly HubFile[];
}

/**
 * Asks the Hub for the commit of a revision and for its files.
 *
 * @throws MmhsError `MMHS_HUB_FILES` when it is no checkpoint that can be opened.
 */
export async function listModel(options: {
  readonly target: HubTarget;
  readonly fetch: typeof globalThis.fetch;
  readonly signal?: AbortSignal | undefined;
}): Promise<HubListing> {
  const { target, fetch, signal } = options;
  const { id, revision, endpoint } = target;
  const common = { hubUrl: endpoint, fetch };
  try {
    const { sha } = await modelInfo({ ...common, name: id, revision, additionalFields: ['sha'] });
    if (!isCommit(sha)) throw unreachableError(target, `the commit ${JSON.stringify(sha)}`);
    const files: HubFile[] = [];
    for await (const { type, path: name, lfs, oid, size } of listFiles({ ...common, repo: { type: 'model', name: id }, revision: sha })) {
      const etag = lfs?.oid ?? oid;
      if (type === 'file' && etag !== undefined) files.push({ name, size: lfs?.size ?? size, etag });
    }
    return { commit: sha, files: requireCheckpoint(target, files) };
  } catch (error) {
    signal?.throwIfAborted();
    if (MmhsError.isInstance(error)) throw error;
    throw unreachableError(target, `an answer that is not the Hub's (${error instanceof Error ? error.message : String(error)})`, error);
  }
}

function requireCheckpoint({ id }: HubTarget, all: readonly HubFile[]): HubFile[] {
  const files = chooseModelFiles(all);
  const missing = missingModelFiles(files.map(({ name }) => name));
  // The names of blobs become paths.
  const odd = files.find(({ etag }) => !/^[0-9a-f]{40,64}$/.test(etag));
  if (missing.length === 0 && odd === undefined) return files;
  throw new MmhsError('MMHS_HUB_FILES', 'The model is not one that can be opened', {
    where: id,
    got: odd === undefined ? `no ${missing.join(', no ')}` : `checksum ${JSON.stringify(odd.etag)} of ${odd.name}`,
    expected: 'config.json, tokenizer.json and safetensors weights, as transformers saves them',
  });
}
