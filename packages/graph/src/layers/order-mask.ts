import type { Value } from '../graph.ts';
import { add, cast, lessOrEqual, where } from '../operators/elementwise.ts';
import { reshape } from '../operators/shape.ts';

/** Large enough to vanish in a softmax, small enough to stay finite when added twice to a score. */
const hidden = -1e9;

/** Gives each attention layer its mask; layers that look equally far back share one. */
export type MaskOfWindow = (window: number | undefined) => Value;

/**
 * {@link orderMask}, narrowed by {@link windowMask} for layers with a window.
 *
 * @param queryOrder int64 `[batch, queries]`; keyOrder int64 `[batch, keys]`.
 * @param alsoHidden additive mask of keys that are hidden for other reasons, `[batch, 1, queries, keys]`.
 */
export function orderMasks(queryOrder: Value, keyOrder: Value, alsoHidden?: Value): MaskOfWindow {
  const { graph } = queryOrder;
  const key = `mask:${queryOrder.name}:${keyOrder.name}`;
  const whole = (): Value => graph.memoized(key, () => graph.withoutRecording(() => {
    const mask = orderMask(queryOrder, keyOrder);
    return alsoHidden === undefined ? mask : add(mask, alsoHidden);
  }));
  return (window) => window === undefined
    ? whole()
    : graph.memoized(`${key}:${window}`, () => windowMask(whole(), { queryOrder, keyOrder, window }));
}

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

/**
 * Narrows a mask to the keys of a query's own order and the last `window - 1` before them: a causal query sees the last
 * `window` tokens, itself included, and a block of tokens that all see each other stays whole.
 */
function windowMask(
  mask: Value, options: { readonly queryOrder: Value; readonly keyOrder: Value; readonly window: number },
): Value {
  const { queryOrder, keyOrder, window } = options;
  const { graph } = mask;
  return graph.withoutRecording(() => {
    const [batch = 0, queries = 0] = queryOrder.shape;
    const keys = keyOrder.shape[1] ?? 0;
    // The mask hides later orders already: of what it shows, the keys that are not before the query are of its order.
    const isOwn = lessOrEqual(reshape(queryOrder, [batch, 1, queries, 1]), reshape(keyOrder, [batch, 1, 1, keys]));
    const earlier = where(isOwn, graph.scalar(hidden), mask);
    const isEarlier = cast(lessOrEqual(graph.scalar(0), earlier), 'float32');
    // Counted backwards, so that padding in between does not matter.
    const [distance] = graph.add('CumSum', [isEarlier, graph.constant('int64', [], [3])], { reverse: 1 }, [
      { type: 'float32', shape: mask.shape },
    ]);
    const recent = where(lessOrEqual(distance, graph.scalar(window - 1)), mask, graph.scalar(hidden));
    return where(isOwn, mask, recent);
  });
}
