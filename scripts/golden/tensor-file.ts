import { elementCount, type FloatTensor } from '@mmhs/core';
import { openSafetensors } from '@mmhs/runtime';

/** A safetensors file of expected values. */
export interface TensorFile {
  readonly names: readonly string[];
  has(name: string): boolean;
  float32(name: string): Promise<FloatTensor>;
  uint8(name: string): Promise<{ readonly shape: readonly number[]; readonly data: Uint8Array }>;
  int64(name: string): Promise<{ readonly shape: readonly number[]; readonly data: readonly number[] }>;
}

/** Opens a safetensors file; tensors are read when asked for. */
export async function openTensorFile(path: string): Promise<TensorFile> {
  const file = await openSafetensors({ path });
  const raw = async (name: string, dtype: string) => {
    const tensor = await file.readRaw(name);
    if (tensor.dtype !== dtype) throw new Error(`${path}: ${name} is ${tensor.dtype}, expected ${dtype}`);
    return tensor;
  };
  return {
    names: [...file.tensors.keys()],
    has: (name) => file.tensors.has(name),
    float32: (name) => file.readFloat32(name),
    async uint8(name) {
      const { shape, bytes } = await raw(name, 'U8');
      return { shape, data: bytes };
    },
    async int64(name) {
      const { shape, bytes } = await raw(name, 'I64');
      const values = new BigInt64Array(bytes.buffer, 0, elementCount(shape));
      return { shape, data: Array.from(values, Number) };
    },
  };
}
