import { MmhsError } from '@mmhs/core';
import type { HubFile } from './hub-files.ts';

/** The model that requests are about, for messages. */
export interface HubTarget {
  readonly endpoint: string;
  readonly id: string;
  readonly revision: string;
  readonly hasToken: boolean;
}

/** Whether a later try may succeed where this one failed. */
export function isTransient(error: unknown): boolean {
  return MmhsError.isInstance(error) && error.code === 'MMHS_HUB_UNREACHABLE';
}

/** The error for an answer that is a refusal: the Hub says more in its headers than in the status. */
export function refusedError(target: HubTarget, response: Response): MmhsError {
  const { id, revision, hasToken } = target;
  const { status, headers } = response;
  const code = headers.get('X-Error-Code');
  const message = headers.get('X-Error-Message');
  const got = `HTTP ${status}${message === null ? '' : `, ${message}`}`;
  if (status === 408 || status === 429 || status >= 500) return unreachableError(target, got);
  if (code === 'RevisionNotFound') {
    return new MmhsError('MMHS_HUB_NOT_FOUND', 'The model has no such revision', { where: id, got: revision, expected: 'a branch, a tag or a commit' });
  }
  if (code === 'EntryNotFound') return new MmhsError('MMHS_HUB_FILES', 'The model lacks a file that it lists', { where: response.url, got });
  if (status === 401 && hasToken && (message ?? '').startsWith('Invalid credentials')) return tokenError(target, got);
  if (code === 'GatedRepo' || status === 403) return gatedError(target, got);
  if (code === 'RepoNotFound' || status === 401 || status === 404) return notFoundError(target, got);
  return new MmhsError('MMHS_HUB_REFUSED', 'The Hub refuses the request', { where: response.url, got });
}

function gatedError(target: HubTarget, got: string): MmhsError {
  const { id, hasToken } = target;
  return new MmhsError('MMHS_HUB_GATED', 'The model may only be downloaded by those who accepted its licence', {
    where: id,
    got,
    expected: hasToken ? 'a token of an account with access' : 'a token, in HF_TOKEN or the token file',
    fix: howToSignIn(target),
  });
}

function notFoundError(target: HubTarget, got: string): MmhsError {
  const { id, endpoint } = target;
  return new MmhsError('MMHS_HUB_NOT_FOUND', 'There is no such public model', {
    where: id,
    got: `${got} from ${endpoint}`,
    expected: 'the name of a model, or a folder with a checkpoint',
    fix: `check the name; if the model is private or gated: ${howToSignIn(target)}`,
  });
}

function tokenError({ id, endpoint }: HubTarget, got: string): MmhsError {
  return new MmhsError('MMHS_HUB_TOKEN', 'The Hub does not know this access token', {
    where: id, got, expected: 'a valid token',
    fix: `make a token at ${endpoint}/settings/tokens and set HF_TOKEN to it, or unset HF_TOKEN for public models`,
  });
}

function howToSignIn({ id, endpoint, hasToken }: HubTarget): string {
  const accept = `accept the licence at ${endpoint}/${id}`;
  if (!hasToken) return `${accept}, make a token with read access at ${endpoint}/settings/tokens and set HF_TOKEN to it`;
  return `${accept} with the account of your HF_TOKEN; a fine-grained token also needs read access to gated repositories`;
}

/** The error for a Hub that does not answer, or not like one. */
export function unreachableError({ id, endpoint }: HubTarget, got: string, cause?: unknown): MmhsError {
  return new MmhsError('MMHS_HUB_UNREACHABLE', 'The Hub cannot be reached', {
    where: id,
    got: `${got} from ${endpoint}`,
    fix: 'check the network (HTTPS_PROXY needs NODE_USE_ENV_PROXY=1), set HF_ENDPOINT to a mirror, or pass the folder of a '
      + 'downloaded checkpoint; what has arrived is kept',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error for work without a network when the cache does not hold the model. */
export function notCachedError(target: HubTarget, folder: string, missing: readonly string[]): MmhsError {
  const { id, revision } = target;
  return new MmhsError('MMHS_HUB_OFFLINE', 'The model is not in the cache, and HF_HUB_OFFLINE forbids to download it', {
    where: `${id}, revision ${revision}`,
    got: missing.length === 0 ? `no such revision in ${folder}` : `${folder} without ${missing.join(', ')}`,
    fix: 'download it once without HF_HUB_OFFLINE, or set HF_HOME or HF_HUB_CACHE to the cache that has it',
  });
}

/** The error for a file that arrived otherwise than it was announced. */
export function checksumError(file: HubFile, got: string): MmhsError {
  return new MmhsError('MMHS_HUB_CHECKSUM', 'A file arrived damaged and was thrown away', {
    where: file.name,
    got,
    expected: `${file.size} bytes with checksum ${file.etag}`,
    fix: 'try again; if it stays so, the mirror or a proxy changes the file',
  });
}

/** The error for too little room. */
export function diskFullError(folder: string, got: string, expected?: string): MmhsError {
  return new MmhsError('MMHS_HUB_DISK_FULL', 'There is not enough room for the model', {
    where: folder, got, ...(expected === undefined ? {} : { expected }),
    fix: 'make room, or set HF_HUB_CACHE to a folder on a larger disk; what has arrived is kept',
  });
}

/** Names failures of the file system; other errors stay as they are. */
export function describeFileError(error: unknown, folder: string): unknown {
  if (MmhsError.isInstance(error) || !(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return diskFullError(folder, error.message);
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR'].includes(String(error.code))) return error;
  return new MmhsError('MMHS_HUB_CACHE', 'The cache cannot be written', {
    where: folder, got: error.message, fix: 'set HF_HOME or HF_HUB_CACHE to a folder that you may write to', cause: error,
  });
}
