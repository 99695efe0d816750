import { readFile, rename, writeFile } from 'node:fs/promises';
import { MmhsError } from '@mmhs/core';
import type { HubAccess } from '@mmhs/core/hub-settings';
import { z } from 'zod';
import { describeCause } from './connection-error.ts';
import type { Fetch } from './download-source.ts';

const listingSchema = z.object({
  repository: z.string(),
  revision: z.string(),
  /** Whether every file has arrived and been checked. */
  complete: z.boolean(),
  files: z.array(
    z.object({
      path: z.string(),
      bytes: z.number(),
      sha256: z.string().optional(),
      gitBlob: z.string().optional(),
    }),
  ),
});

/** The files of a repository on the Hub, as they were when it was asked. @internal */
export type HubListing = z.infer<typeof listingSchema>;

/**
 * Asks the Hub for a data set's files, their sizes and hashes.
 *
 * @throws MmhsError `MMHS_DATA_DOWNLOAD` when the Hub does not answer or refuses.
 * @internal
 */
export async function listHubFiles(options: {
  /** Such as `owner/name`. */
  readonly repository: string;
  readonly revision: string;
  readonly settings: HubAccess;
  readonly select: (path: string) => boolean;
  readonly fetch: Fetch;
  readonly signal?: AbortSignal | undefined;
}): Promise<HubListing> {
  const { repository, revision, settings, select, fetch, signal } = options;
  // Loaded only when needed: it is larger than all the rest.
  const { listFiles } = await import('@huggingface/hub');
  const files: HubListing['files'] = [];
  try {
    const entries = listFiles({
      repo: { type: 'dataset', name: repository },
      recursive: true,
      revision,
      hubUrl: settings.endpoint,
      fetch: (input, init) => fetch(input, { ...init, signal: signal ?? null }),
      ...(settings.token !== undefined && { accessToken: settings.token }),
    });
    for await (const { type, path, size, oid, lfs } of entries) {
      if (type !== 'file' || !select(path)) continue;
      const hash = lfs !== undefined ? { sha256: lfs.oid.replace(/^sha256:/, '') } : oid !== undefined ? { gitBlob: oid } : {};
      files.push({ path, bytes: size, ...hash });
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw new MmhsError('MMHS_DATA_DOWNLOAD', 'The Hub does not list the files', {
      where: `${settings.endpoint}/datasets/${repository}`,
      got: describeCause(error),
      fix: 'check HF_TOKEN, HF_ENDPOINT and the repository, or download by hand and pass the folder as the archive',
      cause: error,
    });
  }
  return { repository, revision, complete: false, files };
}

/** The listing an earlier run left, undefined when there is none that can be read. @internal */
export async function readListing(path: string): Promise<HubListing | undefined> {
  try {
    return listingSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** @internal */
export async function writeListing(path: string, listing: HubListing): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(listing));
  await rename(`${path}.new`, path);
}
