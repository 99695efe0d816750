import { mkdir, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasSize, type ModelCache } from './hub-cache.ts';
import { diskFullError, type HubTarget } from './hub-errors.ts';
import type { HubFile } from './hub-files.ts';
import type { Patience } from './hub-retry.ts';
import { transferFile } from './hub-transfer.ts';

/** How far a download is. Bytes that an earlier try left count as done. */
export interface DownloadProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** Files that are downloaded at once. */
const transfers = 4;

/** Downloads the blobs of files, as far as the cache has not got them from another snapshot. */
export async function downloadBlobs(options: {
  readonly target: HubTarget;
  readonly cache: ModelCache;
  readonly fetch: typeof globalThis.fetch;
  readonly patience: Patience;
  readonly commit: string;
  readonly files: readonly HubFile[];
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}): Promise<void> {
  const { cache, signal } = options;
  const files = await withoutBlob(cache, options.files);
  const [first] = files;
  if (first === undefined) return;
  await mkdir(dirname(cache.blobPath(first.etag)), { recursive: true });
  await requireRoom(cache, files);
  const report = countBytes(files, options.onProgress);
  const failed = new AbortController();
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const queue = [...files];
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined && !stop.aborted; file = queue.shift()) {
      const { etag } = file;
      await transferFile({ ...options, file, path: cache.blobPath(etag), signal: stop, onLength: (length) => report(etag, length) });
    }
  };
  // The first failure stops the others; the caller's lock is held until all have stopped.
  await Promise.all(Array.from({ length: transfers }, () => work().catch((error: unknown) => failed.abort(error))));
  stop.throwIfAborted();
}

/** Sums up the lengths of all files. */
function countBytes(
  files: readonly HubFile[], onProgress: ((progress: DownloadProgress) => void) | undefined,
): (etag: string, length: number) => void {
  const lengths = new Map<string, number>();
  const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
  return (etag, length) => {
    lengths.set(etag, length);
    onProgress?.({ doneBytes: [...lengths.values()].reduce((sum, each) => sum + each, 0), totalBytes });
  };
}

/** Files whose blob no other snapshot has brought; equal files have one blob. */
async function withoutBlob(cache: ModelCache, files: readonly HubFile[]): Promise<HubFile[]> {
  const blobs = [...new Map(files.map((file) => [file.etag, file])).values()];
  const there = await Promise.all(blobs.map(({ etag, size }) => hasSize(cache.blobPath(etag), size)));
  return blobs.filter((_, index) => there[index] === false);
}

async function requireRoom(cache: ModelCache, files: readonly HubFile[]): Promise<void> {
  let needed = 0;
  for (const { etag, size } of files) {
    const partial = await stat(`${cache.blobPath(etag)}.incomplete`).catch(() => undefined);
    needed += size - Math.min(size, partial?.size ?? 0);
  }
  const { bavail, bsize } = await statfs(cache.folder);
  if (bavail * bsize >= needed) return;
  throw diskFullError(cache.folder, `${formatSize(bavail * bsize)} free`, `${formatSize(needed)} more`);
}

function formatSize(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
