import { elementCount, MmhsError, type ElementType, type Tensor, type TensorSpec } from '@mmhs/core';
import { evaluateDimension, isAxisName, type AxisSizes } from './dimension-values.ts';

/** What a check needs to know of a fed tensor, here or in the worker. */
export interface FedTensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Number of elements held, where they are at hand. */
  readonly length?: number;
}

/**
 * Checks what is fed to a graph against its inputs: names, element types, ranks, sizes, and that equally named axes are
 * equally long.
 *
 * @returns the sizes of the named axes.
 * @throws MmhsError `MMHS_RUNTIME_FEEDS` naming the input.
 */
export function checkFeeds(options: {
  readonly inputs: readonly TensorSpec[];
  readonly feeds: ReadonlyMap<string, FedTensor>;
}): AxisSizes {
  const { inputs, feeds } = options;
  const known = new Set(inputs.map(({ name }) => name));
  for (const name of feeds.keys()) {
    if (!known.has(name)) throw feedError(name, 'a tensor', `only the graph's inputs: ${[...known].join(', ')}`);
  }
  const sizes: AxisSizes = new Map();
  for (const spec of inputs) checkOne(spec, feeds.get(spec.name), sizes);
  // Expressions such as `past + query` can be checked once every name is known.
  for (const spec of inputs) {
    feeds.get(spec.name)?.shape.forEach((size, axis) => {
      const dimension = spec.shape[axis] as number | string;
      const expected = evaluateDimension(dimension, sizes);
      if (expected !== undefined && expected !== size) {
        throw feedError(spec.name, `axis ${axis} of size ${size}`, `${dimension} = ${expected}`);
      }
    });
  }
  return sizes;
}

function checkOne(spec: TensorSpec, fed: FedTensor | undefined, sizes: AxisSizes): void {
  const { name } = spec;
  const wanted = `${spec.type} [${spec.shape.join(', ')}]`;
  if (fed === undefined) throw feedError(name, 'nothing', wanted);
  const got = `${fed.type} [${fed.shape.join(', ')}]`;
  if (fed.type !== spec.type || fed.shape.length !== spec.shape.length) throw feedError(name, got, wanted);
  if (fed.length !== undefined && fed.length !== elementCount(fed.shape)) {
    throw feedError(name, `${fed.length} elements`, `${elementCount(fed.shape)} for ${got}`);
  }
  spec.shape.forEach((dimension, axis) => {
    const size = fed.shape[axis] as number;
    if (typeof dimension === 'number' && dimension !== size) throw feedError(name, got, wanted);
    if (isAxisName(dimension) && !sizes.has(dimension)) sizes.set(dimension, size);
  });
}

function feedError(where: string, got: string, expected: string): MmhsError {
  return new MmhsError('MMHS_RUNTIME_FEEDS', 'An input of the graph is fed wrongly', { where, got, expected });
}

/** What {@link checkFeeds} needs to know of a tensor. */
export function describeTensor(tensor: Tensor): FedTensor {
  return { type: tensor.type, shape: tensor.shape, length: tensor.data.length };
}
