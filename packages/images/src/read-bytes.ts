import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

import { MmhsError } from '@mmhs/core';

import type { TimeKeeper } from './in-time.ts';
import { tooLarge } from './too-large.ts';

/**
 * Reads a file, whose size is looked up first.
 *
 * @throws MmhsError `MMHS_IMAGE_TOO_LARGE`, or `MMHS_IMAGE_UNREADABLE` when it cannot be opened or is no regular file.
 */
export async function readBytes(path: string, maxBytes: number, time: TimeKeeper): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    // Opening a named pipe would otherwise wait for a writer.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const status = await file.stat();
    if (!status.isFile()) throw unreadable(path, 'something that is no file');
    checkBytes(status.size, path, maxBytes);
    time.check();
    return await readWhole(file, status.size);
  } catch (error) {
    if (MmhsError.isInstance(error) || time.signal.aborted) throw error;
    throw unreadable(path, error instanceof Error ? error.message : String(error), error);
  } finally {
    await file?.close();
  }
}

/** @throws MmhsError `MMHS_IMAGE_TOO_LARGE` */
export function checkBytes(size: number, where: string, maxBytes: number): void {
  if (size > maxBytes) throw tooLarge(where, { got: size, limit: maxBytes, unit: 'bytes', option: 'maxBytes' });
}

/** Reads up to `size` bytes: a file that grows meanwhile stays within its limit, one that shrinks is cut short. */
async function readWhole(file: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

function unreadable(where: string, got: string, cause?: unknown): MmhsError {
  return new MmhsError('MMHS_IMAGE_UNREADABLE', 'The picture cannot be read', {
    where,
    got,
    expected: 'a readable file',
    fix: 'check the path and its permissions',
    ...(cause === undefined ? {} : { cause }),
  });
}
