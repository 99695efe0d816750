import { elementCount, MmhsError, type ElementType, type Tensor } from '@mmhs/core';
import { writeFileAtomically } from './atomic-file.ts';
import type { RawTensor } from './safetensors.ts';
import { safetensorsTypes, tensorBytes, type SafetensorsType } from './safetensors-header.ts';

const typeNames: Readonly<Record<ElementType, SafetensorsType>> = {
  float32: 'F32',
  float16: 'F16',
  int64: 'I64',
  int32: 'I32',
  uint8: 'U8', int8: 'I8',
  bool: 'BOOL',
};

/** Tensors by name, to be written; raw ones go to the file as they are (bfloat16). */
export type WritableTensors =
  | ReadonlyMap<string, Tensor | RawTensor>
  | Readonly<Record<string, Tensor | RawTensor>>;

/**
 * Writes a safetensors file atomically, byte for byte as the Python library does (with at most one metadata entry;
 * Python's order of several is random, ours is the given one).
 *
 * @throws MmhsError `MMHS_TENSOR_SHAPE` when a tensor's data does not fit its shape.
 */
export async function writeSafetensors(options: {
  readonly path: string;
  readonly tensors: WritableTensors;
  /** Free-form strings; PEFT and transformers expect `{ format: 'pt' }`. */
  readonly metadata?: Readonly<Record<string, string>>;
}): Promise<void> {
  const { path, tensors, metadata } = options;
  const sorted = sortAsReference(toRaw(tensors instanceof Map ? tensors : Object.entries(tensors)));
  const header = encodeHeader(sorted, metadata);
  await writeFileAtomically({
    path,
    write: async (file) => {
      await file.writeFile(header);
      for (const [, { bytes }] of sorted) if (bytes.length > 0) await file.writeFile(bytes);
    },
  });
}

type NamedRawTensor = readonly [name: string, tensor: { dtype: SafetensorsType; shape: readonly number[]; bytes: Uint8Array }];

function toRaw(tensors: Iterable<readonly [string, Tensor | RawTensor]>): NamedRawTensor[] {
  return Array.from(tensors, ([name, tensor]) => {
    const raw =
      'bytes' in tensor
        ? tensor
        : {
            dtype: typeNames[tensor.type],
            shape: tensor.shape,
            bytes: new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength),
          };
    if (raw.bytes.length !== tensorBytes(raw.dtype, raw.shape)) {
      throw new MmhsError('MMHS_TENSOR_SHAPE', "A tensor's data does not fit its shape", {
        where: name,
        got: `${raw.bytes.length} bytes`,
        expected: `${elementCount(raw.shape)} elements of ${raw.dtype} for [${raw.shape.join(', ')}]`,
      });
    }
    return [name, raw] as const;
  });
}

/** The widest types first, then by name: every tensor is then aligned to its element size. */
function sortAsReference(tensors: NamedRawTensor[]): NamedRawTensor[] {
  return tensors.sort(
    ([leftName, left], [rightName, right]) =>
      safetensorsTypes.indexOf(right.dtype) - safetensorsTypes.indexOf(left.dtype) ||
      Buffer.compare(Buffer.from(leftName), Buffer.from(rightName)),
  );
}

function encodeHeader(tensors: readonly NamedRawTensor[], metadata: Readonly<Record<string, string>> | undefined): Uint8Array {
  const entries: string[] = [];
  if (metadata !== undefined) entries.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let offset = 0;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    const entry = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    offset += bytes.length;
  }
  const text = Buffer.from(`{${entries.join(',')}}`);
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ');
  text.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded]);
}
