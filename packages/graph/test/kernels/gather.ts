import { array64, sizeOf, stridesOf } from '../array64.ts';
import { attribute, type Kernel } from './kernel.ts';

const gather: Kernel = ([table, indices], node) => {
  if (attribute(node, 'axis', 0) !== 0) throw new TypeError('Gather is expected along axis 0');
  const rest = table!.shape.slice(1);
  const width = sizeOf(rest);
  const rows = [...indices!.data].map((row) => inRange('Gather', row, table!.shape[0]!));
  const data = rows.flatMap((row) => [...table!.data.subarray(row * width, (row + 1) * width)]);
  return [array64([...indices!.shape, ...rest], data)];
};

const scatter: Kernel = ([target, indices, updates], node) => {
  const adds = node.attributes.reduction === 'add';
  const depth = indices!.shape.at(-1)!;
  const width = sizeOf(target!.shape.slice(depth));
  const strides = stridesOf(target!.shape);
  const data = target!.data.slice();
  for (let row = 0; row < sizeOf(indices!.shape.slice(0, -1)); row++) {
    const index = indices!.data.subarray(row * depth, (row + 1) * depth);
    const start = index.reduce((sum, at, axis) => sum + inRange('ScatterND', at, target!.shape[axis]!) * strides[axis]!, 0);
    for (let column = 0; column < width; column++) {
      const update = updates!.data[row * width + column]!;
      data[start + column] = adds ? data[start + column]! + update : update;
    }
  }
  return [array64(target!.shape, data)];
};

const gatherElements: Kernel = ([table, places]) => {
  const depth = places!.shape.at(-1)!;
  if (depth !== table!.shape.length) throw new TypeError('GatherND is expected to pick single elements');
  const strides = stridesOf(table!.shape);
  const picked = Array.from({ length: places!.shape[0]! }, (_, row) => {
    const index = [...places!.data.subarray(row * depth, (row + 1) * depth)];
    return table!.data[index.reduce((sum, at, axis) => sum + inRange('GatherND', at, table!.shape[axis]!) * strides[axis]!, 0)]!;
  });
  return [array64([picked.length], picked)];
};

const oneHot: Kernel = ([indices, depth, values], node) => {
  if (attribute(node, 'axis', -1) !== -1) throw new TypeError('OneHot is expected along the last axis');
  const classes = depth!.data[0]!;
  const [off, on] = values!.data;
  const data = [...indices!.data].flatMap((label) => Array.from({ length: classes }, (_, at) => (at === label ? on! : off!)));
  return [array64([...indices!.shape, classes], data)];
};

function inRange(operator: string, index: number, size: number): number {
  if (!Number.isInteger(index) || index < 0 || index >= size) throw new RangeError(`${operator}: row ${index} of ${size}`);
  return index;
}

/** Operators that pick or place rows by number. */
export const gatherKernels: Readonly<Record<string, Kernel>> = { Gather: gather, GatherND: gatherElements, ScatterND: scatter, OneHot: oneHot };
