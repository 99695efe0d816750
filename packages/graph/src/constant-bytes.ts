/** Element types of constants. */
export type ConstantType = 'float32' | 'int64' | 'int32' | 'bool';

/** Numbers as the little-endian bytes of a constant. */
export function constantBytes(type: ConstantType, numbers: readonly number[]): Uint8Array {
  switch (type) {
    case 'float32':
      return new Uint8Array(Float32Array.from(numbers).buffer);
    case 'int64':
      return new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer);
    case 'int32':
      return new Uint8Array(Int32Array.from(numbers).buffer);
    case 'bool':
      return Uint8Array.from(numbers);
  }
}
