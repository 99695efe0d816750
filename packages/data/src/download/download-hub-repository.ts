import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MmhsError } from '@mmhs/core';
import type { HubAccess } from '@mmhs/core/hub-settings';
import { isPlainPath } from '../archive/plain-path.ts';
import { inParallel } from '../in-parallel.ts';
import { checkDiskSpace } from './disk-space.ts';
import { downloadFile } from './download-file.ts';
import { urlSource, type Fetch } from './download-source.ts';
import { listHubFiles, readListing, writeListing, type HubListing } from './hub-listing.ts';
import { sizeOf } from './partial-file.ts';

/** How far the download of a repository is. */
export interface HubProgress {
  readonly doneFiles: number;
  readonly totalFiles: number;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** Options of {@link downloadHubRepository}. */
export interface DownloadHubRepositoryOptions {
  /** A data set's repository, such as `owner/name`. */
  readonly repository: string;
  /** Branch, tag or commit. @default 'main' */
  readonly revision?: string;
  readonly settings: HubAccess;
  /** Folder to put the files in, under their paths in the repository. */
  readonly folder: string;
  /** Which files are wanted. @default all */
  readonly select?: (path: string) => boolean;
  /** Files downloaded at the same time. @default 8 */
  readonly concurrency?: number;
  /** Milliseconds before a second attempt; see `downloadFile`. @default 1000 */
  readonly retryDelay?: number;
  /** For proxies. @default the global fetch */
  readonly fetch?: Fetch;
  readonly onProgress?: (progress: HubProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Downloads a data set's repository from the Hugging Face Hub, each file checked against the Hub's hash. What has arrived
 * stays: an interrupted download goes on where it was, a complete one is not asked for again.
 *
 * @throws MmhsError `MMHS_DATA_OFFLINE` when it would need the network but must not use it, and what `downloadFile` throws.
 */
export async function downloadHubRepository(options: DownloadHubRepositoryOptions): Promise<void> {
  const { repository, revision = 'main', settings, folder, signal } = options;
  const listingPath = join(folder, '.hub-listing.json');
  const earlier = await readListing(listingPath);
  const isSame = earlier?.repository === repository && earlier.revision === revision;
  if (isSame && earlier.complete && (await isAllThere(folder, earlier))) return;
  if (settings.offline) throw offline(repository, folder);
  const listing = await listHubFiles({
    ...options, revision, select: options.select ?? (() => true), fetch: options.fetch ?? fetch,
  });
  checkPaths(listing);
  await mkdir(folder, { recursive: true });
  await removeOutdated(folder, isSame ? earlier : undefined, listing);
  await writeListing(listingPath, listing);
  await downloadAll(options, listing);
  signal?.throwIfAborted();
  await writeListing(listingPath, { ...listing, complete: true });
}

async function downloadAll(options: DownloadHubRepositoryOptions, listing: HubListing): Promise<void> {
  const { folder, settings, concurrency = 8, onProgress, signal, fetch, retryDelay } = options;
  const totalBytes = listing.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const missing: HubListing['files'] = [];
  for (const file of listing.files) {
    if ((await sizeOf(join(folder, file.path))) !== file.bytes) missing.push(file);
  }
  let doneBytes = totalBytes - missing.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneFiles = listing.files.length - missing.length;
  const report = (): void => onProgress?.({ doneFiles, totalFiles: listing.files.length, doneBytes, totalBytes });
  await checkDiskSpace({ folder, neededBytes: totalBytes - doneBytes });
  report();
  const headers = settings.token === undefined ? {} : { authorization: `Bearer ${settings.token}` };
  await inParallel(missing, { concurrency, signal }, async (file) => {
    const { path, ...expected } = file;
    await downloadFile({
      source: urlSource(addressOf(settings, listing, path), headers),
      path: join(folder, path),
      expected,
      ...(fetch !== undefined && { fetch }),
      ...(retryDelay !== undefined && { retryDelay }),
      ...(signal !== undefined && { signal }),
    });
    doneFiles += 1;
    doneBytes += file.bytes;
    report();
  });
}

function addressOf(settings: HubAccess, { repository, revision }: HubListing, path: string): string {
  const escaped = path.split('/').map(encodeURIComponent).join('/');
  return `${settings.endpoint}/datasets/${repository}/resolve/${encodeURIComponent(revision)}/${escaped}`;
}

async function isAllThere(folder: string, listing: HubListing): Promise<boolean> {
  for (const { path, bytes } of listing.files) if ((await sizeOf(join(folder, path))) !== bytes) return false;
  return true;
}

/** Files of another version or size would otherwise be taken for the listed ones. */
async function removeOutdated(folder: string, earlier: HubListing | undefined, listing: HubListing): Promise<void> {
  const before = new Map(earlier?.files.map((file) => [file.path, file]));
  for (const { path, bytes, sha256, gitBlob } of listing.files) {
    const old = before.get(path);
    const size = (await stat(join(folder, path)).catch(() => undefined))?.size;
    if (size === undefined || (size === bytes && old?.sha256 === sha256 && old?.gitBlob === gitBlob)) continue;
    await rm(join(folder, path));
  }
}

function checkPaths({ repository, files }: HubListing): void {
  const bad = files.find(({ path }) => !isPlainPath(path));
  if (bad === undefined) return;
  throw new MmhsError('MMHS_DATA_DOWNLOAD', 'The Hub lists a path that leads out of the folder', {
    where: repository,
    got: JSON.stringify(bad.path),
  });
}

function offline(repository: string, folder: string): MmhsError {
  return new MmhsError('MMHS_DATA_OFFLINE', 'The files are not here and the network must not be used', {
    where: `datasets/${repository}`,
    got: `HF_HUB_OFFLINE is set, and ${folder} is not complete`,
    fix: 'unset HF_HUB_OFFLINE, or pass a folder or zip file with the data as the archive',
  });
}
