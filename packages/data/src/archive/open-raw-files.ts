import { stat } from 'node:fs/promises';
import { MmhsError } from '@mmhs/core';
import { openFolder } from './open-folder.ts';
import { openZip } from './open-zip.ts';
import type { RawFiles } from './raw-files.ts';

/**
 * Opens a raw data set: a zip file, or a folder.
 *
 * @throws MmhsError `MMHS_DATA_FILE` when there is nothing, and what opening a zip file throws.
 * @internal
 */
export async function openRawFiles(path: string): Promise<RawFiles> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (cause) {
    throw new MmhsError('MMHS_DATA_FILE', 'The archive cannot be opened', {
      where: path,
      got: cause instanceof Error ? cause.message : String(cause),
      expected: 'a zip file, or a folder it was unpacked to',
      cause,
    });
  }
  return isFolder ? openFolder(path) : openZip(path);
}
