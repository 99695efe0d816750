/** ONNX element types that this project moves between JavaScript and sessions. */
export type ElementType = 'float32' | 'float16' | 'int64' | 'int32' | 'uint8' | 'int8' | 'bool';

/** The typed array that holds each element type; float16 is kept as raw 16-bit patterns. */
export interface ElementArrays {
  readonly float32: Float32Array;
  readonly float16: Uint16Array;
  readonly int64: BigInt64Array;
  readonly int32: Int32Array;
  readonly uint8: Uint8Array;
  readonly int8: Int8Array;
  readonly bool: Uint8Array;
}

/** A dense, row-major tensor. */
export type Tensor = {
  [Type in ElementType]: {
    readonly type: Type;
    readonly shape: readonly number[];
    readonly data: ElementArrays[Type];
  };
}[ElementType];

/** A float32 tensor, the type of all arithmetic here. */
export type FloatTensor = Extract<Tensor, { type: 'float32' }>;

/** One axis of a symbolic shape: a size, or a canonical expression such as `tokens` or `2*batch*tokens`. */
export type Dimension = number | string;

/** Name, element type and symbolic shape of a graph's input or output. */
export interface TensorSpec {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

/** Number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
