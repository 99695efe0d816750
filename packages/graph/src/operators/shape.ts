import type { Dimension } from '@mmhs/core';

import {
  addDimensions, equalShapes, formatShape, multiplyDimensions, subtractDimensions, type Shape,
} from '../dimension.ts';
import type { Value } from '../graph.ts';
import { unbroadcast } from './broadcast.ts';

/** The same elements in another shape of the same size. */
export function reshape(x: Value, shape: Shape): Value {
  const { graph } = x;
  if (equalShapes(x.shape, shape)) return x;
  if (multiplyDimensions(...x.shape) !== multiplyDimensions(...shape)) {
    graph.shapeError('reshape', `element counts differ from ${formatShape(shape)}`, x);
  }
  const source = graph.reshapedFrom(x);
  const [reshaped] = graph.add('Reshape', [source, reshapeTarget(source, shape)], {}, [{ type: x.type, shape }]);
  graph.noteReshape(reshaped, source);
  graph.record({
    inputs: [x],
    outputs: [reshaped],
    vjp: ({ outputGradients: [gradient] }) => [gradient && reshape(gradient, x.shape)],
  });
  return reshaped;
}

/** Constant where one unknown axis can be left to ONNX (-1); computed from run-time sizes otherwise. */
function reshapeTarget(x: Value, shape: Shape): Value {
  const symbolic = shape.filter((size) => typeof size === 'string');
  if (symbolic.length > 1) return x.graph.shapeTensor(shape);
  return x.graph.integers(shape.map((size) => (typeof size === 'number' ? size : -1)));
}

/** Axes in another order. */
export function transpose(x: Value, permutation: readonly number[]): Value {
  const { graph } = x;
  if ([...permutation].sort().some((axis, index) => axis !== index) || permutation.length !== x.shape.length) {
    graph.shapeError('transpose', `[${permutation.join(', ')}] is not an order of its axes`, x);
  }
  const shape = permutation.map((axis) => x.shape[axis] as Dimension);
  const [transposed] = graph.add('Transpose', [x], { perm: permutation }, [{ type: x.type, shape }]);
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  graph.record({
    inputs: [x],
    outputs: [transposed],
    vjp: ({ outputGradients: [gradient] }) => [gradient && transpose(gradient, inverse)],
  });
  return transposed;
}

/** Tensors joined along an axis; the other axes must agree. */
export function concat(values: readonly Value[], axis: number): Value {
  const [first, ...rest] = values;
  if (first === undefined) throw new RangeError('concat needs at least one value');
  if (rest.length === 0) return first;
  const { graph } = first;
  const place = axis < 0 ? axis + first.shape.length : axis;
  const shape = rest.reduce<Shape>((joined, value) => {
    const fits = value.shape.length === joined.length && value.type === first.type
      && value.shape.every((size, index) => index === place || size === joined[index]);
    if (!fits) graph.shapeError('concat', `axes other than ${place} differ`, first, value);
    return joined.map((size, index) => (index === place ? addDimensions(size, value.shape[place] as Dimension) : size));
  }, first.shape);
  const [joined] = graph.add('Concat', values, { axis: place }, [{ type: first.type, shape }]);
  graph.record({
    inputs: values,
    outputs: [joined],
    vjp: ({ outputGradients: [gradient], wanted }) => {
      if (gradient === undefined) return [];
      let start: Dimension = 0;
      return values.map((value, index) => {
        const end = addDimensions(start, value.shape[place] as Dimension);
        const part = wanted[index] ? slice(gradient, { axis: place, start, end }) : undefined;
        start = end;
        return part;
      });
    },
  });
  return joined;
}

/** Elements `start` (included) to `end` (excluded) along an axis; both may be symbolic. */
export function slice(
  x: Value,
  range: { readonly axis: number; readonly start: Dimension; readonly end: Dimension },
): Value {
  const { graph } = x;
  const axis = range.axis < 0 ? range.axis + x.shape.length : range.axis;
  const shape = x.shape.map((size, index) => (index === axis ? difference(x, range.end, range.start) : size));
  const bounds = [range.start, range.end].map((bound) => graph.shapeTensor([bound]));
  const [part] = graph.add('Slice', [x, ...bounds, graph.integers([axis])], {}, [{ type: x.type, shape }]);
  graph.record({
    inputs: [x],
    outputs: [part],
    vjp: ({ outputGradients: [gradient] }) => {
      if (gradient === undefined) return [];
      const whole = x.shape[axis] as Dimension;
      const zeros = (size: Dimension): Value[] =>
        size === 0 ? [] : [expand(graph.scalar(0), x.shape.map((other, index) => (index === axis ? size : other)))];
      return [concat([...zeros(range.start), gradient, ...zeros(difference(x, whole, range.end))], axis)];
    },
  });
  return part;
}

/** Equal parts along the last axis; their gradients are put side by side again. */
export function split(x: Value, count: number): Value[] {
  const { graph } = x;
  const width = x.shape.at(-1);
  if (typeof width !== 'number' || width % count !== 0) graph.shapeError('split', `no ${count} equal parts`, x);
  const shape = [...x.shape.slice(0, -1), (width as number) / count];
  const parts: readonly Value[] = graph.add(
    'Split', [x], { axis: shape.length - 1, num_outputs: count }, Array.from({ length: count }, () => ({ type: x.type, shape })),
  );
  graph.record({
    inputs: [x],
    outputs: parts,
    vjp: ({ outputGradients }) => {
      if (outputGradients.every((gradient) => gradient === undefined)) return [];
      return [concat(outputGradients.map((gradient) => gradient ?? expand(graph.scalar(0), shape)), -1)];
    },
  });
  return [...parts];
}

/** end - start, for bounds of which the latter is a part of the former. */
function difference(x: Value, end: Dimension, start: Dimension): Dimension {
  return subtractDimensions(end, start) ?? x.graph.shapeError('slice', `cannot subtract ${start} from ${end}`, x);
}

/** Repeats axes of size 1 (and adds leading ones) up to `shape`. */
export function expand(x: Value, shape: Shape): Value {
  const { graph } = x;
  if (equalShapes(x.shape, shape)) return x;
  const [expanded] = graph.add('Expand', [x, graph.shapeTensor(shape)], {}, [{ type: x.type, shape }]);
  graph.record({
    inputs: [x],
    outputs: [expanded],
    vjp: ({ outputGradients: [gradient] }) => [gradient && unbroadcast(gradient, x.shape)],
  });
  return expanded;
}
