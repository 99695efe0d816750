import type { Dimension } from '@mmhs/core';

import { multiplyDimensions } from '../dimension.ts';
import type { Value } from '../graph.ts';
import { concat, expand, reshape } from './shape.ts';

/**
 * Rows of `table` `[rows, ...]` picked by `indices` (any shape, int64): `[...indices, ...]`.
 *
 * The gradient adds up over rows picked more than once. When the picking has an inverse - every row is picked once, or
 * its other copies receive no gradient - say so with `inverse`: the gradient is then a plain gather too.
 */
export function gatherRows(
  table: Value,
  indices: Value,
  options: { readonly inverse?: (gradient: Value) => Value } = {},
): Value {
  const { graph } = table;
  const rest = table.shape.slice(1);
  const [picked] = graph.add('Gather', [table, indices], { axis: 0 }, [
    { type: table.type, shape: [...indices.shape, ...rest] },
  ]);
  graph.record({
    inputs: [table],
    outputs: [picked],
    vjp: ({ outputGradients: [gradient] }) => {
      if (gradient === undefined) return [];
      if (options.inverse !== undefined) return [options.inverse(gradient)];
      const count = multiplyDimensions(...indices.shape);
      return [scatterAdd(table.shape, reshape(indices, [count]), reshape(gradient, [count, ...rest]))];
    },
  });
  return picked;
}

/** Slices along an axis, picked by `indices` int64 `[n]`. Forward only. */
export function gatherAlong(table: Value, indices: Value, axis: number): Value {
  const shape = table.shape.map((size, place) => (place === axis ? indices.shape[0] as Dimension : size));
  return table.graph.add('Gather', [table, indices], { axis }, [{ type: table.type, shape }])[0];
}

/** Single elements of `table`, one index an axis: indices int64 `[n]` each -> `[n]`. Forward only. */
export function gatherElements(table: Value, indices: readonly Value[]): Value {
  const { graph } = table;
  const count = indices[0]?.shape[0] ?? 0;
  const places = concat(indices.map((index) => reshape(index, [count, 1])), 1);
  return graph.add('GatherND', [table, places], {}, [{ type: table.type, shape: [count] }])[0];
}

/** Zeros of `shape` with `updates` `[n, ...]` added to the rows `indices` `[n]`. Only used in gradients. */
function scatterAdd(shape: readonly Dimension[], indices: Value, updates: Value): Value {
  const { graph } = updates;
  const zeros = expand(graph.scalar(0), shape);
  const column = reshape(indices, [...indices.shape, 1]);
  const [sum] = graph.add('ScatterND', [zeros, column, updates], { reduction: 'add' }, [{ type: 'float32', shape }]);
  return sum;
}
