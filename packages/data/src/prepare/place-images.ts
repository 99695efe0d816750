import { link, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MmhsError } from '@mmhs/core';
import type { RawFiles } from '../archive/raw-files.ts';
import { checkDiskSpace } from '../download/disk-space.ts';
import { inParallel } from '../in-parallel.ts';

/** A file to be put into the data set. @internal */
export interface PlacedFile {
  /** Path in the raw files. */
  readonly raw: string;
  /** Path in the data set. */
  readonly target: string;
}

/**
 * Puts files into a folder, but for those that are there already with their full size, and gives the targets of those that
 * are damaged in the archive.
 *
 * @throws MmhsError `MMHS_DATA_DISK_SPACE` before anything is written.
 * @internal
 */
export async function placeFiles(options: {
  readonly raw: RawFiles;
  readonly files: readonly PlacedFile[];
  readonly folder: string;
  /** A folder made from the same source before: its files are linked instead of made anew. */
  readonly earlier: string | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}): Promise<{ readonly damaged: ReadonlyMap<string, string> }> {
  const { raw, files, folder, earlier, onProgress, signal } = options;
  const damaged = new Map<string, string>();
  for (const parent of new Set(files.map(({ target }) => dirname(join(folder, target))))) await mkdir(parent, { recursive: true });
  const missing: PlacedFile[] = [];
  await inParallel(files, { concurrency: 16, signal }, async (file) => {
    const bytes = raw.files.get(file.raw);
    if (!(await isThere(join(folder, file.target), bytes)) && !(await relink(file, bytes))) missing.push(file);
  });
  if (!(await raw.canLinkTo(folder))) {
    const neededBytes = missing.reduce((sum, { raw: path }) => sum + (raw.files.get(path) ?? 0), 0);
    await checkDiskSpace({ folder, neededBytes });
  }
  let done = files.length - missing.length;
  onProgress?.({ done, total: files.length });
  await inParallel(missing, { concurrency: 8, signal }, async (file) => {
    try {
      await raw.place(file.raw, join(folder, file.target));
    } catch (error) {
      if (!MmhsError.isInstance(error) || error.code !== 'MMHS_DATA_ARCHIVE_ENTRY') throw error;
      damaged.set(file.target, error.message);
    }
    done += 1;
    onProgress?.({ done, total: files.length });
  });
  return { damaged };

  async function relink(file: PlacedFile, bytes: number | undefined): Promise<boolean> {
    if (earlier === undefined || !(await isThere(join(earlier, file.target), bytes))) return false;
    return link(join(earlier, file.target), join(folder, file.target)).then(() => true, () => false);
  }
}

/** Files are written from start to end, so one of full size is whole. */
async function isThere(path: string, bytes: number | undefined): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.size === bytes;
}
