import { elementCount, MmhsError } from '@mmhs/core';
import { isObject } from './json-access.ts';

/** Bytes of an element of each type the format knows. */
const elementBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

/** An element type of the safetensors format, as spelt in the file. */
export type SafetensorsType = keyof typeof elementBytes;

/** All element types, in the order by which the reference writer sorts tensors (last first). */
export const safetensorsTypes = Object.keys(elementBytes) as readonly SafetensorsType[];

/** What a safetensors header says about one tensor. */
export interface SafetensorsEntry {
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
  /** Absolute position of the first byte in the file. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** A parsed header: the tensors in the order of their bytes, and the free-form strings beside them. */
export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The reference refuses longer headers, so that a hostile file cannot make a reader allocate at will. */
export const maximalHeaderBytes = 100_000_000;

/** An error in a safetensors file. */
export function safetensorsError(path: string, got: string, expected: string, cause?: unknown): MmhsError {
  return new MmhsError('MMHS_SAFETENSORS_INVALID', 'The file is not a valid safetensors file', {
    where: path,
    got,
    expected,
    cause,
  });
}

/** Bytes of a tensor of this type and shape. */
export function tensorBytes(dtype: SafetensorsType, shape: readonly number[]): number {
  return elementCount(shape) * elementBytes[dtype];
}

/**
 * Parses and checks a header as the reference does: known types, sizes that fit the shapes, and tensors that cover the
 * rest of the file without gaps or overlaps.
 *
 * @throws MmhsError `MMHS_SAFETENSORS_INVALID` naming the file and the tensor.
 */
export function parseSafetensorsHeader(options: {
  readonly path: string;
  readonly text: string;
  /** Absolute position of the first tensor byte. */
  readonly dataStart: number;
  readonly fileBytes: number;
}): SafetensorsHeader {
  const { path, text, dataStart, fileBytes } = options;
  const header = parseJsonObject(path, text);
  const tensors: [string, SafetensorsEntry][] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') tensors.push([name, parseEntry(`${path}: ${name}`, value, dataStart)]);
  }
  tensors.sort(([, left], [, right]) => left.byteOffset - right.byteOffset || left.byteLength - right.byteLength);
  let position = dataStart;
  for (const [name, entry] of tensors) {
    if (entry.byteOffset !== position) {
      const kind = entry.byteOffset < position ? 'an overlap with the tensor before' : 'a gap before it';
      throw safetensorsError(`${path}: ${name}`, kind, `data_offsets starting at ${position - dataStart}`);
    }
    position += entry.byteLength;
  }
  if (position !== fileBytes) {
    throw safetensorsError(path, `${fileBytes} bytes`, `${position} bytes, as its header says; is the download complete?`);
  }
  return { tensors: new Map(tensors), metadata: parseMetadata(path, header.__metadata__) };
}

function parseJsonObject(path: string, text: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw safetensorsError(path, 'a header that is not JSON', 'a JSON object', cause);
  }
  if (!isObject(parsed)) throw safetensorsError(path, 'a header that is not an object', 'a JSON object');
  return parsed;
}

function parseEntry(where: string, value: unknown, dataStart: number): SafetensorsEntry {
  if (!isObject(value)) throw safetensorsError(where, JSON.stringify(value), 'an object');
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isKnownType(dtype)) throw safetensorsError(where, `dtype ${JSON.stringify(dtype)}`, safetensorsTypes.join(', '));
  if (!isSizes(shape)) throw safetensorsError(where, `shape ${JSON.stringify(shape)}`, 'a list of sizes');
  const [start, end] = isSizes(offsets) && offsets.length === 2 ? offsets : [];
  if (start === undefined || end === undefined || start > end) {
    throw safetensorsError(where, `data_offsets ${JSON.stringify(offsets)}`, '[start, end] with start <= end');
  }
  const byteLength = tensorBytes(dtype, shape);
  if (end - start !== byteLength) {
    throw safetensorsError(where, `${end - start} bytes`, `${byteLength} bytes for ${dtype} [${shape.join(', ')}]`);
  }
  return { dtype, shape, byteOffset: dataStart + start, byteLength };
}

function parseMetadata(path: string, value: unknown): Record<string, string> {
  if (value === undefined) return {};
  const metadata: Record<string, string> = {};
  for (const [key, text] of Object.entries(isObject(value) ? value : { __metadata__: value })) {
    if (typeof text !== 'string') throw safetensorsError(path, `metadata ${key}: ${JSON.stringify(text)}`, 'strings only');
    metadata[key] = text;
  }
  return metadata;
}

function isKnownType(value: unknown): value is SafetensorsType {
  return typeof value === 'string' && Object.hasOwn(elementBytes, value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
