import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { MmhsError } from '@mmhs/core';

/** What a file must be like; what is left out is not checked. */
export interface ExpectedFile {
  /** Size in bytes. */
  readonly bytes?: number | undefined;
  /** SHA-256 in hexadecimal. */
  readonly sha256?: string | undefined;
  /** Git's identifier of the content: SHA-1 over `blob <bytes>\0` and the bytes, in hexadecimal. */
  readonly gitBlob?: string | undefined;
}

/**
 * Checks a file's size and hashes.
 *
 * @throws MmhsError `MMHS_DATA_CHECKSUM` naming the first that differs.
 * @internal
 */
export async function verifyFile(options: {
  readonly path: string;
  /** What to call the file in messages. */
  readonly name: string;
  readonly expected: ExpectedFile;
  readonly signal?: AbortSignal | undefined;
}): Promise<void> {
  const { path, name, expected, signal } = options;
  const { size } = await stat(path);
  const fail = (got: string, wanted: string): MmhsError =>
    new MmhsError('MMHS_DATA_CHECKSUM', 'The file is not the expected one', {
      where: name,
      got,
      expected: wanted,
      fix: 'download it again; if it stays so, the source has changed or somebody tampers with it',
    });
  if (expected.bytes !== undefined && size !== expected.bytes) throw fail(`${size} bytes`, `${expected.bytes} bytes`);
  if (expected.sha256 !== undefined) {
    const got = await hashFile({ path, algorithm: 'sha256', signal });
    if (got !== expected.sha256.toLowerCase()) throw fail(`SHA-256 ${got}`, expected.sha256);
  }
  if (expected.gitBlob !== undefined) {
    const got = await hashFile({ path, algorithm: 'sha1', prefix: `blob ${size}\0`, signal });
    if (got !== expected.gitBlob.toLowerCase()) throw fail(`Git blob ${got}`, expected.gitBlob);
  }
}

async function hashFile(options: {
  readonly path: string;
  readonly algorithm: 'sha1' | 'sha256';
  readonly prefix?: string;
  readonly signal: AbortSignal | undefined;
}): Promise<string> {
  const hash = createHash(options.algorithm).update(options.prefix ?? '');
  for await (const chunk of createReadStream(options.path, { highWaterMark: 2 ** 20 })) {
    options.signal?.throwIfAborted();
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}
