import { array64, broadcastStrides, broadcastTo, numbers, pick, places, sizeOf, stridesOf } from '../array64.ts';
import { attribute, listAttribute, type Kernel } from './kernel.ts';

const reshape: Kernel = ([x, target]) => {
  const wanted = [...target!.data].map((size, axis) => (size === 0 ? x!.shape[axis]! : size));
  const known = sizeOf(wanted.filter((size) => size !== -1));
  return [array64(wanted.map((size) => (size === -1 ? x!.data.length / known : size)), x!.data)];
};

const transpose: Kernel = ([x], node) => {
  const permutation = listAttribute(node, 'perm');
  const shape = permutation.map((axis) => x!.shape[axis]!);
  const strides = stridesOf(x!.shape);
  return [pick(x!, places(shape, permutation.map((axis) => strides[axis]!)), shape)];
};

const concat: Kernel = (parts, node) => {
  const axis = attribute(node, 'axis');
  const [first] = parts;
  const shape = first!.shape.map((size, index) =>
    index === axis ? parts.reduce((sum, part) => sum + part.shape[axis]!, 0) : size);
  const strides = stridesOf(shape);
  const data = new Float64Array(sizeOf(shape));
  let start = 0;
  for (const part of parts) {
    places(part.shape, strides, start * strides[axis]!).forEach((place, index) => { data[place] = part.data[index]!; });
    start += part.shape[axis]!;
  }
  return [array64(shape, data)];
};

const slice: Kernel = ([x, starts, ends, axes]) => {
  const shape = [...x!.shape];
  const strides = stridesOf(shape);
  let offset = 0;
  [...axes!.data].forEach((axis, index) => {
    const size = x!.shape[axis]!;
    const [start, end] = [starts!.data[index]!, ends!.data[index]!].map((bound) =>
      Math.min(size, Math.max(0, bound < 0 ? bound + size : bound))) as [number, number];
    shape[axis] = Math.max(0, end - start);
    offset += start * strides[axis]!;
  });
  return [pick(x!, places(shape, strides, offset), shape)];
};

const split: Kernel = ([x], node) => {
  const axis = attribute(node, 'axis');
  const count = attribute(node, 'num_outputs');
  const strides = stridesOf(x!.shape);
  const shape = x!.shape.map((size, index) => (index === axis ? size / count : size));
  return Array.from({ length: count }, (_, part) => pick(x!, places(shape, strides, part * shape[axis]! * strides[axis]!), shape));
};

const expand: Kernel = ([x, target]) => {
  const shape = broadcastTo(x!.shape, [...target!.data]);
  return [pick(x!, places(shape, broadcastStrides(x!.shape, shape)), shape)];
};

const reduceSum: Kernel = ([x, axes], node) => {
  if (attribute(node, 'keepdims') !== 1) throw new TypeError('ReduceSum is expected to keep its axes');
  const gone = new Set(axes!.data);
  const shape = x!.shape.map((size, axis) => (gone.has(axis) ? 1 : size));
  const data = new Float64Array(sizeOf(shape));
  places(x!.shape, broadcastStrides(shape, x!.shape)).forEach((place, index) => { data[place]! += x!.data[index]!; });
  return [array64(shape, data)];
};

/** Operators that move elements, add them up along axes, or speak of sizes. */
export const shapeKernels: Readonly<Record<string, Kernel>> = {
  Reshape: reshape,
  Transpose: transpose,
  Concat: concat,
  Slice: slice,
  Split: split,
  Expand: expand,
  ReduceSum: reduceSum,
  Shape: ([x], node) => [numbers(x!.shape.slice(attribute(node, 'start', 0), attribute(node, 'end', x!.shape.length)))],
  Squeeze: ([x]) => [array64(x!.shape.filter((size) => size !== 1), x!.data)],
  Range: ([start, limit, delta]) => {
    const [from, to, by] = [start!.data[0]!, limit!.data[0]!, delta!.data[0]!];
    return [numbers(Array.from({ length: Math.max(0, Math.ceil((to - from) / by)) }, (_, index) => from + index * by))];
  },
};
