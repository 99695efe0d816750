import { open, type FileHandle } from 'node:fs/promises';
import { MmhsError, type FloatTensor } from '@mmhs/core';
import { widenBfloat16 } from './half-precision.ts';
import {
  maximalHeaderBytes,
  parseSafetensorsHeader,
  safetensorsError,
  type SafetensorsEntry,
  type SafetensorsHeader,
  type SafetensorsType,
} from './safetensors-header.ts';
import { storedNumbers } from './stored-numbers.ts';

/** A tensor's bytes as they lie in the file, little-endian, in a buffer of their own. */
export interface RawTensor {
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An opened safetensors file: its header is in memory, its tensors are read when asked for. */
export interface SafetensorsFile extends SafetensorsHeader {
  readonly path: string;
  /**
   * Reads one tensor as float32; F16 and BF16 are widened exactly.
   *
   * @throws MmhsError `MMHS_TENSOR_MISSING` when there is none of that name, `MMHS_TENSOR_TYPE` when it is not F32, F16
   * or BF16.
   */
  readFloat32(name: string): Promise<FloatTensor>;
  /** Reads one tensor's bytes. Throws MmhsError `MMHS_TENSOR_MISSING` when there is none of that name. */
  readRaw(name: string): Promise<RawTensor>;
}

/**
 * Opens a safetensors file and checks its header against the file's size; no tensor is read and no file stays open.
 *
 * Format: https://huggingface.co/docs/safetensors. Headers are limited to 100 MB, as in the reference implementation.
 *
 * @throws MmhsError `MMHS_FILE_UNREADABLE`, or `MMHS_SAFETENSORS_INVALID` naming the file and the tensor.
 */
export async function openSafetensors(options: { readonly path: string }): Promise<SafetensorsFile> {
  const { path } = options;
  const header = await withFile(path, (file) => readHeader(path, file));
  const readRaw = async (name: string): Promise<RawTensor> => {
    const entry = entryOf(path, header, name);
    const bytes = await withFile(path, (file) => readRange(path, file, entry.byteOffset, entry.byteLength));
    return { dtype: entry.dtype, shape: entry.shape, bytes };
  };
  return {
    path,
    ...header,
    readRaw,
    readFloat32: async (name) => widen(`${path}: ${name}`, await readRaw(name)),
  };
}

async function readHeader(path: string, file: FileHandle): Promise<SafetensorsHeader> {
  const { size: fileBytes } = await file.stat();
  if (fileBytes < 8) throw safetensorsError(path, `${fileBytes} bytes`, 'at least the 8 bytes of the header length');
  const start = await readRange(path, file, 0, 8);
  const headerBytes = Number(new DataView(start.buffer).getBigUint64(0, true));
  if (headerBytes > maximalHeaderBytes) {
    throw safetensorsError(path, `a header of ${headerBytes} bytes`, `at most ${maximalHeaderBytes} bytes`);
  }
  if (8 + headerBytes > fileBytes) {
    throw safetensorsError(path, `a header of ${headerBytes} bytes in a file of ${fileBytes}`, 'a header inside the file');
  }
  const text = new TextDecoder().decode(await readRange(path, file, 8, headerBytes));
  return parseSafetensorsHeader({ path, text, dataStart: 8 + headerBytes, fileBytes });
}

function entryOf(path: string, header: SafetensorsHeader, name: string): SafetensorsEntry {
  const entry = header.tensors.get(name);
  if (entry !== undefined) return entry;
  throw new MmhsError('MMHS_TENSOR_MISSING', 'The file does not hold the tensor', {
    where: path,
    got: name,
    expected: `one of its ${header.tensors.size} tensors`,
  });
}

function widen(where: string, raw: RawTensor): FloatTensor {
  const { type, data } = storedNumbers(where, raw);
  return { type: 'float32', shape: raw.shape, data: type === 'float32' ? data : widenBfloat16(data) };
}

/** One read call moves at most 2 GiB. */
const readLimit = 2 ** 30;

async function readRange(path: string, file: FileHandle, start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, readLimit), start + done);
    if (bytesRead === 0) throw safetensorsError(path, `an end at byte ${start + done}`, `${start + length} bytes`);
    done += bytesRead;
  }
  return bytes;
}

async function withFile<Result>(path: string, use: (file: FileHandle) => Promise<Result>): Promise<Result> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (cause) {
    throw new MmhsError('MMHS_FILE_UNREADABLE', 'The file cannot be opened', {
      where: path,
      got: cause instanceof Error ? cause.message : String(cause),
      expected: 'a readable file',
      cause,
    });
  }
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
