import { MmhsError } from '@mmhs/core';

/** @internal */
export function entryTooLarge(where: string, bytes: number, maxBytes: number): MmhsError {
  return new MmhsError('MMHS_DATA_ARCHIVE_ENTRY', 'A file of the data set is larger than it can be', {
    where,
    got: `${bytes} bytes`,
    expected: `at most ${maxBytes} bytes`,
  });
}

/** @internal */
export function entryDamaged(where: string, reason: string, cause?: unknown): MmhsError {
  return new MmhsError('MMHS_DATA_ARCHIVE_ENTRY', 'A file of the archive is damaged', {
    where,
    got: reason,
    fix: 'download the archive again, with its checksum if one is known',
    cause,
  });
}
