import type { Dimension } from '@mmhs/core';

import type { Value } from '../graph.ts';
import { floor, lessOrEqual, mul, sub, where } from '../operators/elementwise.ts';

/** Names of the inputs that carry a step's random numbers. */
export const dropoutInputs = { rows: 'dropout_rows', columns: 'dropout_columns' } as const;

/**
 * Symbols of their axes. The serialiser puts the numbers of sites and columns in when they are known; `length` is up to
 * the caller, at least the rows of the longest site.
 */
export const dropoutSymbols = { sites: 'dropout_sites', width: 'dropout_width', length: 'dropout_length' } as const;

/**
 * Zeroes elements of x `[rows, width]` with the given probability and scales the rest by 1 / (1 - p).
 *
 * The random number of element (i, j) is the fractional part of rows_i * columns_j: two short vectors of random numbers
 * a site are all that has to be fed, and the same seed gives the same mask.
 */
export function dropout(x: Value, probability: number): Value {
  const { graph } = x;
  if (probability === 0) return x;
  const [rows, width] = x.shape;
  if (x.shape.length !== 2 || rows === undefined || typeof width !== 'number') {
    return graph.shapeError('dropout', 'rows of a fixed width are needed', x);
  }
  const keep = graph.withoutRecording(() => {
    const site = graph.nextDropoutSite(width);
    const { sites, length, width: widest } = dropoutSymbols;
    const lines = ofSite(graph.input(dropoutInputs.rows, 'float32', [sites, length]), site, rows);
    const columns = ofSite(graph.input(dropoutInputs.columns, 'float32', [sites, widest]), site, width);
    const column = graph.add('Reshape', [lines, graph.integers([-1, 1])], {}, [{ type: 'float32', shape: [rows, 1] }])[0];
    const product = mul(column, columns);
    return lessOrEqual(graph.scalar(probability), sub(product, floor(product)));
  });
  return where(keep, mul(x, graph.scalar(1 / (1 - probability))), graph.scalar(0));
}

/** The first `count` random numbers of a site, `[1, count]`. */
function ofSite(numbers: Value, site: number, count: Dimension): Value {
  const { graph } = numbers;
  const [part] = graph.add('Slice', [
    numbers, graph.integers([site, 0]), graph.shapeTensor([site + 1, count]), graph.integers([0, 1]),
  ], {}, [{ type: 'float32', shape: [1, count] }]);
  return part;
}
