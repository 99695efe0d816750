import type { ElementType } from '@mmhs/core';

/** TensorProto.DataType numbers of the element types used here. */
export const onnxTypeNumbers: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};
