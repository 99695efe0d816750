import type { Value } from '../graph.ts';
import { less, where } from '../operators/elementwise.ts';
import { reshape } from '../operators/shape.ts';

/** Large enough to vanish in a softmax, small enough to stay finite when added twice to a score. */
const hidden = -1e9;

/**
 * Additive mask `[batch, 1, queries, keys]`: 0 where `queryOrder < keyEnd`, a large negative number elsewhere.
 *
 * Together with the order mask it lets tokens form a tree: numbered in depth-first order, a token's end is the number after
 * its last descendant.
 *
 * @param queryOrder int64 `[batch, queries]`; keyEnd int64 `[batch, keys]`.
 */
export function endMask(queryOrder: Value, keyEnd: Value): Value {
  const { graph } = queryOrder;
  const [batch = 0, queries = 0] = queryOrder.shape;
  const keys = keyEnd.shape[1] ?? 0;
  return graph.withoutRecording(() =>
    where(
      less(reshape(queryOrder, [batch, 1, queries, 1]), reshape(keyEnd, [batch, 1, 1, keys])),
      graph.scalar(0),
      graph.scalar(hidden),
    ),
  );
}
