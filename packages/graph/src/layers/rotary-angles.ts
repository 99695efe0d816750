import type { Value } from '../graph.ts';
import { cast, cos, mul, sin } from '../operators/elementwise.ts';
import { concat, reshape, slice } from '../operators/shape.ts';

/** Cosines and sines of rotary positions, `[rows, d / 2]` each. */
export interface RotaryAngles {
  readonly cos: Value;
  readonly sin: Value;
}

/**
 * Angles `position * theta^(-2j / d)` for pairs j = 0 .. d/2-1.
 *
 * @param positions int64 `[position rows, rows]`. With `sections`, pair j takes its position from the row whose section
 * it falls in (multi-modal rotary positions); otherwise there is one row.
 */
export function rotaryAngles(
  positions: Value,
  options: { readonly headDimension: number; readonly theta: number; readonly sections?: readonly number[] },
): RotaryAngles {
  const { graph } = positions;
  const half = options.headDimension / 2;
  const rows = positions.shape[1] ?? 0;
  const sections = options.sections ?? [half];
  if (positions.shape.length !== 2 || positions.shape[0] !== sections.length
    || sections.reduce((sum, size) => sum + size, 0) !== half) {
    return graph.shapeError('rotaryAngles', `sections [${sections.join(', ')}] do not fit ${half} pairs`, positions);
  }
  const numbers = cast(positions, 'float32');
  let first = 0;
  const parts = sections.map((size, row) => {
    const frequencies = Array.from({ length: size }, (_, pair) => options.theta ** (-(first + pair) / half));
    first += size;
    const line = reshape(slice(numbers, { axis: 0, start: row, end: row + 1 }), [rows, 1]);
    return mul(line, graph.constant('float32', [1, size], frequencies));
  });
  const angles = concat(parts, 1);
  return { cos: cos(angles), sin: sin(angles) };
}

/**
 * Angles of positions along several axes, such as the row and the column of a patch: each axis has its own equal share of
 * the pairs, with the frequencies of a head of that size.
 *
 * @param positions int64 `[axes, rows]`.
 */
export function axialRotaryAngles(
  positions: Value,
  options: { readonly headDimension: number; readonly theta: number },
): RotaryAngles {
  const axes = positions.shape[0];
  const headDimension = options.headDimension / (axes as number);
  if (positions.shape.length !== 2 || headDimension % 2 !== 0) {
    return positions.graph.shapeError('axialRotaryAngles', `a head of ${options.headDimension} has no equal pairs for each axis`, positions);
  }
  const parts = Array.from({ length: axes as number }, (_, axis) =>
    rotaryAngles(slice(positions, { axis: 0, start: axis, end: axis + 1 }), { ...options, headDimension }));
  return { cos: concat(parts.map(({ cos: part }) => part), 1), sin: concat(parts.map(({ sin: part }) => part), 1) };
}
