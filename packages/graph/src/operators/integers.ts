import type { Dimension } from '@mmhs/core';

import type { Graph, Value } from '../graph.ts';
import { broadcastShape } from './broadcast.ts';
import { reshape } from './shape.ts';

/** int64 `[size]`: 0, 1, ... size - 1, for a size that some input has. */
export function range(graph: Graph, size: Dimension): Value {
  return graph.memoized(`range:${size}`, () => rangeTo(reshape(graph.shapeTensor([size]), []), size));
}

/** int64 `[size]`: the numbers from 0 to `end` - 1, for an int64 scalar `end` that is computed; `size` names the axis. */
export function rangeTo(end: Value, size: Dimension): Value {
  const { graph } = end;
  const number = (value: number): Value => graph.constant('int64', [], [value]);
  return graph.add('Range', [number(0), end, number(1)], {}, [{ type: 'int64', shape: [size] }])[0];
}

/** Running sums along the first axis, each term included. */
export function cumulativeSum(x: Value): Value {
  const { graph } = x;
  return graph.add('CumSum', [x, graph.constant('int64', [], [0])], {}, [{ type: x.type, shape: x.shape }])[0];
}

/** Remainder of the division of integers of one sign, broadcast. */
export function remainder(a: Value, b: Value): Value {
  return a.graph.add('Mod', [a, b], {}, [{ type: a.type, shape: broadcastShape('remainder', a, b) }])[0];
}

/** The larger of two numbers, broadcast; not differentiable. */
export function maximum(a: Value, b: Value): Value {
  return a.graph.add('Max', [a, b], {}, [{ type: a.type, shape: broadcastShape('maximum', a, b) }])[0];
}

/** The largest element, as a scalar. */
export function largest(x: Value): Value {
  return x.graph.add('ReduceMax', [x], { keepdims: 0 }, [{ type: x.type, shape: [] }])[0];
}

/** int64 `[count]`: numbers of the elements of a vector that are not zero; `count` names the axis. */
export function nonZero(x: Value, count: Dimension): Value {
  const [found] = x.graph.add('NonZero', [x], {}, [{ type: 'int64', shape: [1, count] }]);
  return reshape(found, [count]);
}
