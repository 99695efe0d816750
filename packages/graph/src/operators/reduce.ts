import type { Shape } from '../dimension.ts';
import type { Value } from '../graph.ts';
import { mul } from './elementwise.ts';
import { expand } from './shape.ts';

/** Sum over axes, which stay with size 1. */
export function reduceSum(x: Value, axes: readonly number[]): Value {
  const { graph } = x;
  const shape = reducedShape(x, axes);
  const [sum] = graph.add('ReduceSum', [x, graph.integers(positive(x, axes))], { keepdims: 1 }, [{ type: x.type, shape }]);
  graph.record({
    inputs: [x],
    outputs: [sum],
    vjp: ({ outputGradients: [gradient] }) => [gradient && expand(gradient, x.shape)],
  });
  return sum;
}

/** Mean over axes of fixed size, which stay with size 1. */
export function reduceMean(x: Value, axes: readonly number[]): Value {
  const count = positive(x, axes).reduce((product, axis) => {
    const size = x.shape[axis];
    if (typeof size !== 'number') x.graph.shapeError('reduceMean', `axis ${axis} has no fixed size`, x);
    return product * size;
  }, 1);
  return mul(reduceSum(x, axes), x.graph.scalar(1 / count));
}

function positive(x: Value, axes: readonly number[]): number[] {
  return axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
}

function reducedShape(x: Value, axes: readonly number[]): Shape {
  const gone = new Set(positive(x, axes));
  return x.shape.map((size, axis) => (gone.has(axis) ? 1 : size));
}
