import { addDimensions, multiplyDimensions } from '../dimension.ts';
import type { Graph, Value } from '../graph.ts';
import { gatherRows } from '../operators/gather.ts';
import { concat, reshape } from '../operators/shape.ts';
import { attendGrouped, groupQueries, splitHeads } from './attention-core.ts';
import type { AttentionPlan, ProjectedRows } from './attention-plan.ts';
import { endMask } from './end-mask.ts';
import { orderMasks, type MaskOfWindow } from './order-mask.ts';

/**
 * Attention of new tokens `[batch * query, ...]` to a cache, which may be empty, and themselves; the extended cache becomes the outputs
 * `present.<layer>.key` and `.value` `[batch, kv, past + query, d]`. Forward only.
 */
export function cachedAttention(graph: Graph, options: {
  /** Numbers of the flattened rows that the head needs; all rows by default. */
  readonly wanted?: Value;
  /** Whether a key is hidden from queries of its end and later (input `key_end`). Default false. */
  readonly keyEnds?: boolean;
} = {}): AttentionPlan {
  const keys = addDimensions('past', 'query');
  const queryOrder = graph.input('query_order', 'int64', ['batch', 'query']);
  const ends = options.keyEnds === true ? endMask(queryOrder, graph.input('key_end', 'int64', ['batch', keys])) : undefined;
  const mask = orderMasks(queryOrder, graph.input('key_order', 'int64', ['batch', keys]), ends);
  return {
    attend: (rows) => graph.withoutRecording(() => attendCached(graph, rows, mask)),
    wantedRows: (all) => (options.wanted === undefined ? all : gatherRows(all, options.wanted)),
  };
}

function attendCached(graph: Graph, { layer, query, key, value, heads }: ProjectedRows, mask: MaskOfWindow): Value {
  const batched = (x: Value): Value => reshape(x, ['batch', 'query', x.shape[1] ?? 0]);
  const cacheShape = ['batch', heads.keyValueHeads, 'past', heads.headDimension];
  const extend = (x: Value, name: string): Value => {
    const fresh = splitHeads(batched(x), heads);
    const all = concat([graph.input(`past.${layer}.${name}`, 'float32', cacheShape), fresh], 2);
    graph.output(`present.${layer}.${name}`, all);
    return all;
  };
  const keys = extend(key, 'key');
  const values = extend(value, 'value');
  const { output } = attendGrouped(groupQueries(batched(query), heads), keys, values, mask(heads.window), heads);
  return reshape(output, [multiplyDimensions('batch', 'query'), heads.heads * heads.headDimension]);
}
