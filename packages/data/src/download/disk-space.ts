import { statfs } from 'node:fs/promises';
import { MmhsError } from '@mmhs/core';

/** Room left over for everything else on the disk. */
const reserveBytes = 64 * 2 ** 20;

/**
 * Checks that a folder's disk has room before anything is written.
 *
 * @throws MmhsError `MMHS_DATA_DISK_SPACE` with what is needed and what is free.
 * @internal
 */
export async function checkDiskSpace(options: {
  /** An existing folder. */
  readonly folder: string;
  /** Bytes about to be written. */
  readonly neededBytes: number;
}): Promise<void> {
  const { folder, neededBytes } = options;
  if (neededBytes === 0) return;
  const { bavail, bsize } = await statfs(folder);
  if (neededBytes + reserveBytes <= bavail * bsize) return;
  throw new MmhsError('MMHS_DATA_DISK_SPACE', 'There is not enough room on the disk', {
    where: folder,
    got: `${formatBytes(bavail * bsize)} free`,
    expected: `${formatBytes(neededBytes)} and ${formatBytes(reserveBytes)} to spare`,
    fix: 'free some space, or choose a folder on another disk',
  });
}

/** `1.5 GB`, `350 MB`, `12 kB`, `7 bytes`: powers of ten, as disks are sold. @internal */
function formatBytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(0)} MB`;
  if (bytes >= 1e3) return `${(bytes / 1e3).toFixed(0)} kB`;
  return `${bytes} bytes`;
}
