import type { Dimension, TensorSpec } from '@mmhs/core';

/** Sizes of named axes, such as `batch` and `tokens`, known from the tensors fed. */
export type AxisSizes = Map<string, number>;

const axisName = /^[A-Za-z_]\w*$/u;

/** Whether a dimension is one bare name, whose size a feed can tell. */
export function isAxisName(dimension: Dimension): dimension is string {
  return typeof dimension === 'string' && axisName.test(dimension);
}

/** Size of a dimension such as `past + query` or `2*batch*tokens`; undefined when it names an axis not known yet. */
export function evaluateDimension(dimension: Dimension, sizes: AxisSizes): number | undefined {
  if (typeof dimension === 'number') return dimension;
  let sum = 0;
  for (const term of dimension.split('+')) {
    let product = 1;
    for (const factor of term.split('*')) {
      const name = factor.trim();
      const size = /^\d+$/u.test(name) ? Number(name) : sizes.get(name);
      if (size === undefined) return undefined;
      product *= size;
    }
    sum += product;
  }
  return sum;
}

/** Concrete shape of a symbolic one; undefined when an axis is not known. */
export function evaluateShape(spec: TensorSpec, sizes: AxisSizes): number[] | undefined {
  const shape: number[] = [];
  for (const dimension of spec.shape) {
    const size = evaluateDimension(dimension, sizes);
    if (size === undefined) return undefined;
    shape.push(size);
  }
  return shape;
}
