import { createReadStream } from 'node:fs';
import { MmhsError } from '@mmhs/core';
import { findInvalidLine } from './invalid-line.ts';

/**
 * Text of a UTF-8 file in chunks; a byte order mark is dropped.
 *
 * @throws MmhsError `MMHS_DATA_FILE` when the file cannot be read, `MMHS_DATA_ENCODING` when it is not UTF-8.
 * @internal
 */
export async function* readText(options: {
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
}): AsyncGenerator<string> {
  const { path, signal } = options;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = async (bytes: Uint8Array, mode: { stream?: boolean }): Promise<string> => {
    try {
      return decoder.decode(bytes, mode);
    } catch (cause) {
      throw await encodingError({ path, signal, cause });
    }
  };
  for await (const bytes of readBytes(path, signal)) yield await decode(bytes, { stream: true });
  yield await decode(new Uint8Array(), {});
}

/** Reads the file once more to tell the line. */
async function encodingError(options: {
  readonly path: string;
  readonly signal: AbortSignal | undefined;
  readonly cause: unknown;
}): Promise<MmhsError> {
  const { path, signal, cause } = options;
  const invalid = await findInvalidLine(readBytes(path, signal));
  return new MmhsError('MMHS_DATA_ENCODING', 'The file is not UTF-8', {
    where: invalid === undefined ? path : `${path}:${invalid.line}`,
    got: JSON.stringify(invalid?.excerpt ?? ''),
    expected: 'UTF-8 text',
    fix: 'convert the file, for example with iconv -t utf-8',
    cause,
  });
}

async function* readBytes(path: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  // 256 KiB: fewer, larger chunks keep the per-chunk cost of the parsers small.
  const stream = createReadStream(path, { highWaterMark: 256 * 1024, signal });
  try {
    yield* stream as AsyncIterable<Uint8Array>;
  } catch (cause) {
    signal?.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MmhsError('MMHS_DATA_FILE', 'The file cannot be read', { where: path, got: reason, cause });
  }
}
