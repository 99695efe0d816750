import { MmhsError } from '@mmhs/core';
import type { Entry } from 'yauzl';
import { isPlainPath } from './plain-path.ts';

/** How much an archive may unpack to. @internal */
export interface ZipLimits {
  /** Number of entries. */
  readonly entries: number;
  /** Bytes of all files together. */
  readonly totalBytes: number;
  /** Unpacked bytes per packed byte, of all files together ... */
  readonly ratio: number;
  /** ... if they come to more bytes than this. */
  readonly ratioFrom: number;
}

/** MMHS150K has 210,000 entries and 6.6 GB, hardly compressed. @internal */
export const defaultZipLimits: ZipLimits = { entries: 2_000_000, totalBytes: 64e9, ratio: 50, ratioFrom: 2 ** 26 };

/**
 * Why a zip entry is not taken, or undefined when it is: a path that leads out of the folder, a link, a cipher.
 *
 * @internal
 */
export function whyNotEntry(entry: Entry): string | undefined {
  if (!isPlainPath(entry.fileName)) return 'its path leads out of the folder';
  // The upper half holds the Unix mode, in which 0o120000 is a symbolic link.
  const kind = (entry.externalFileAttributes >>> 16) & 0o170000;
  if (kind !== 0 && kind !== 0o100000) return 'not a file';
  if (entry.isEncrypted()) return 'encrypted';
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) return 'of an unknown compression';
  return undefined;
}

/**
 * Refuses archives that unpack to absurd amounts, judged by their directory; unpacking then holds each file to the size
 * that the directory gives.
 *
 * @throws MmhsError `MMHS_DATA_ARCHIVE_BOMB`.
 * @internal
 */
export function checkZipSize(options: {
  readonly name: string;
  readonly archiveBytes: number;
  readonly entries: readonly Entry[];
  readonly limits: ZipLimits;
}): void {
  const { name, archiveBytes, entries, limits } = options;
  const fail = (got: string, expected: string): MmhsError =>
    new MmhsError('MMHS_DATA_ARCHIVE_BOMB', 'The archive unpacks to more than any data set has', { where: name, got, expected });
  if (entries.length > limits.entries) throw fail(`${entries.length} entries`, `at most ${limits.entries}`);
  const total = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
  if (total > limits.totalBytes) throw fail(`${total} bytes`, `at most ${limits.totalBytes} bytes`);
  if (total > limits.ratioFrom && total > archiveBytes * limits.ratio) {
    throw fail(`${total} bytes from ${archiveBytes}`, `at most ${limits.ratio} times as many`);
  }
  checkOverlap(entries, fail);
}

/** Entries that share their packed bytes make small archives with huge contents. */
function checkOverlap(entries: readonly Entry[], fail: (got: string, expected: string) => MmhsError): void {
  const ordered = entries.toSorted((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  let end = 0;
  for (const entry of ordered) {
    if (entry.relativeOffsetOfLocalHeader < end) throw fail(`${entry.fileName} overlaps another entry`, 'files apart from each other');
    end = entry.relativeOffsetOfLocalHeader + entry.compressedSize;
  }
}
