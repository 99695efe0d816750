import type { Value } from '../graph.ts';
import { lessOrEqual, where } from '../operators/elementwise.ts';
import { reshape } from '../operators/shape.ts';

/** Large enough to vanish in a softmax, small enough to stay finite when added to a score. */
const hidden = -1e9;

/**
 * Additive mask `[batch, 1, queries, keys]`: 0 where `keyOrder <= queryOrder`, a large negative number elsewhere.
 *
 * @param queryOrder int64 `[batch, queries]`; keyOrder int64 `[batch, keys]`.
 */
export function orderMask(queryOrder: Value, keyOrder: Value): Value {
  const { graph } = queryOrder;
  const [batch = 0, queries = 0] = queryOrder.shape;
  const keys = keyOrder.shape[1] ?? 0;
  return graph.withoutRecording(() =>
    where(
      lessOrEqual(reshape(keyOrder, [batch, 1, 1, keys]), reshape(queryOrder, [batch, 1, queries, 1])),
      graph.scalar(0),
      graph.scalar(hidden),
    ),
  );
}
