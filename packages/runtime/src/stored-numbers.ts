import { MmhsError } from '@mmhs/core';
import { widenFloat16 } from './half-precision.ts';
import type { RawTensor } from './safetensors.ts';

/** Numbers of a weight that something is made of; bfloat16 bits are widened where they are needed. */
export type StoredNumbers =
  | { readonly type: 'float32'; readonly data: Float32Array }
  | { readonly type: 'bfloat16'; readonly data: Uint16Array };

/**
 * Numbers of a safetensors file's tensor.
 *
 * @throws MmhsError `MMHS_TENSOR_TYPE` when it is not F32, F16 or BF16.
 */
export function storedNumbers(where: string, { dtype, bytes: { buffer } }: RawTensor): StoredNumbers {
  switch (dtype) {
    case 'F32':
      return { type: 'float32', data: new Float32Array(buffer) };
    case 'BF16':
      return { type: 'bfloat16', data: new Uint16Array(buffer) };
    case 'F16':
      return { type: 'float32', data: widenFloat16(new Uint16Array(buffer)) };
    default:
      throw new MmhsError('MMHS_TENSOR_TYPE', 'The tensor cannot be read as float32', { where, got: dtype, expected: 'F32, F16 or BF16' });
  }
}
