import type { Value } from '../graph.ts';
import { neg } from './elementwise.ts';
import { reshape } from './shape.ts';

/**
 * Rotary position embedding of rows (Su et al. 2021, https://arxiv.org/abs/2104.09864), split halves:
 * `x cos + rotateHalf(x) sin` in every head.
 *
 * @param x `[rows, heads * d]`; cos and sin `[rows, d / 2]`, one line of angles a row.
 */
export function rotary(x: Value, angles: { readonly cos: Value; readonly sin: Value }): Value {
  const { graph } = x;
  const { cos, sin } = angles;
  const [rows, width] = x.shape;
  const half = cos.shape[1];
  if (x.shape.length !== 2 || cos.shape[0] !== rows || typeof half !== 'number' || typeof width !== 'number'
    || width % (2 * half) !== 0) {
    return graph.shapeError('rotary', 'angles do not fit the heads', x, cos);
  }
  const batched = reshapeQuietly(x, [1, ...x.shape]);
  const [rotated] = graph.add(
    'RotaryEmbedding', [batched, rowNumbers(cos), cos, sin],
    { interleaved: 0, num_heads: width / (2 * half), rotary_embedding_dim: 0 },
    [{ type: x.type, shape: [1, ...x.shape] }], 'com.microsoft',
  );
  const y = reshapeQuietly(rotated, x.shape);
  graph.record({
    inputs: [x],
    outputs: [y],
    // The rotation is orthogonal: its transpose turns the other way.
    vjp: ({ outputGradients: [gradient] }) => [gradient && rotary(gradient, { cos, sin: neg(sin) })],
  });
  return y;
}

/** int64 `[1, rows]`: 0, 1, ..., so that line i of the angle table is row i's. */
function rowNumbers(table: Value): Value {
  const { graph } = table;
  const rows = table.shape[0] ?? 0;
  const key = `rows:${rows}`;
  const count = graph.shapeTensor([rows]);
  return graph.memoized(key, () => {
    const [end] = graph.add('Squeeze', [count], {}, [{ type: 'int64', shape: [] }]);
    const start = graph.constant('int64', [], [0]);
    const [range] = graph.add('Range', [start, end, graph.constant('int64', [], [1])], {}, [{ type: 'int64', shape: [rows] }]);
    return reshape(range, [1, rows]);
  });
}

function reshapeQuietly(x: Value, shape: Value['shape']): Value {
  return x.graph.withoutRecording(() => reshape(x, shape));
}
