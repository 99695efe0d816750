import type { Value } from '../graph.ts';
import { floor, lessOrEqual, mul, sub, where } from '../operators/elementwise.ts';
import { slice } from '../operators/shape.ts';

/** Names of the inputs that carry a step's random numbers. */
export const dropoutInputs = { rows: 'dropout_rows', columns: 'dropout_columns' } as const;

/** Symbols of their axes until the number of sites is known; the serialiser puts the numbers in. */
export const dropoutSymbols = { sites: 'dropout_sites', width: 'dropout_width' } as const;

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
    const ofSite = { axis: 0, start: site, end: site + 1 };
    const lines = slice(graph.input(dropoutInputs.rows, 'float32', [dropoutSymbols.sites, rows]), ofSite);
    const all = graph.input(dropoutInputs.columns, 'float32', [dropoutSymbols.sites, dropoutSymbols.width]);
    const columns = graph.add('Slice', [
      slice(all, ofSite), graph.integers([0]), graph.integers([width]), graph.integers([1]),
    ], {}, [{ type: 'float32', shape: [1, width] }])[0];
    const column = graph.add('Reshape', [lines, graph.integers([-1, 1])], {}, [{ type: 'float32', shape: [rows, 1] }])[0];
    const product = mul(column, columns);
    return lessOrEqual(graph.scalar(probability), sub(product, floor(product)));
  });
  return where(keep, mul(x, graph.scalar(1 / (1 - probability))), graph.scalar(0));
}
