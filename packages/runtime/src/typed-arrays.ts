import { elementCount, type ElementArrays, type ElementType, type Tensor } from '@mmhs/core';

const arrayTypes = {
  float32: Float32Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
} as const satisfies Record<ElementType, new (buffer: ArrayBuffer, offset: number, length: number) => unknown>;

/** Bytes of a tensor's elements. */
export function byteLengthOf(type: ElementType, shape: readonly number[]): number {
  return elementCount(shape) * arrayTypes[type].BYTES_PER_ELEMENT;
}

/** A typed array for a tensor over the beginning of a buffer. */
export function viewBuffer(type: ElementType, shape: readonly number[], buffer: ArrayBuffer): ElementArrays[ElementType] {
  return new arrayTypes[type](buffer, 0, elementCount(shape));
}

/** Joins the parts of a tensor; the caller answers for type and array belonging together. */
export function makeTensor(type: ElementType, shape: readonly number[], data: ElementArrays[ElementType]): Tensor {
  return { type, shape, data } as Tensor;
}
