import type { Dimension } from '@mmhs/core';

import type { Shape } from '../dimension.ts';
import type { Value } from '../graph.ts';
import { reduceSum } from './reduce.ts';
import { reshape } from './shape.ts';

/** The shape two operands broadcast to (numpy's rules); a shape error when they do not. */
export function broadcastShape(operator: string, a: Value, b: Value): Shape {
  const rank = Math.max(a.shape.length, b.shape.length);
  return Array.from({ length: rank }, (_, axis): Dimension => {
    const sizeA = a.shape[axis - rank + a.shape.length] ?? 1;
    const sizeB = b.shape[axis - rank + b.shape.length] ?? 1;
    if (sizeA === sizeB || sizeB === 1) return sizeA;
    if (sizeA === 1) return sizeB;
    return a.graph.shapeError(operator, 'shapes cannot be broadcast', a, b);
  });
}

/** Sums a gradient over the axes along which an operand was broadcast, so that it has the operand's shape. */
export function unbroadcast(gradient: Value, shape: Shape): Value {
  const lead = gradient.shape.length - shape.length;
  const axes = gradient.shape
    .map((size, axis) => ({ axis, repeated: axis < lead || shape[axis - lead] !== size }))
    .filter(({ repeated }) => repeated)
    .map(({ axis }) => axis);
  return axes.length === 0 ? gradient : reshape(reduceSum(gradient, axes), shape);
}
