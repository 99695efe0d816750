import { addDimensions, multiplyDimensions } from '../dimension.ts';
import type { Graph, Value } from '../graph.ts';
import { gatherRows } from '../operators/gather.ts';
import { concat, reshape, transpose } from '../operators/shape.ts';
import { attendGrouped, groupQueries, splitHeads, type AttentionHeads } from './attention-core.ts';
import type { AttentionPlan } from './attention-plan.ts';
import { endMask } from './end-mask.ts';
import { orderMasks } from './order-mask.ts';

/**
 * How keys and values of former tokens come and new ones go. `tokens-first`: inputs `past.<layer>.key` and `.value`
 * `[past, batch, kv, d]`, outputs `fresh.<layer>.key` and `.value` `[query, batch, kv, d]`, which belong behind them: who keeps them
 * writes one row a token. `batch-first`: inputs `[batch, kv, past, d]`, outputs `present.<layer>.key` and `.value`, the whole
 * `[batch, kv, past + query, d]`, as transformers' caches are.
 */
export type CacheLayout = 'tokens-first' | 'batch-first';

/** Attention of new tokens `[batch * query, ...]` to a cache, which may be empty, and themselves. Forward only. */
export function cachedAttention(graph: Graph, options: {
  readonly layout: CacheLayout;
  /** Numbers of the flattened rows that the head needs; all rows by default. */
  readonly wanted?: Value;
  /** Whether a key is hidden from queries of its end and later (input `key_end`). Default false. */
  readonly keyEnds?: boolean;
}): AttentionPlan {
  const { layout, wanted } = options;
  const keys = addDimensions('past', 'query');
  const queryOrder = graph.input('query_order', 'int64', ['batch', 'query']);
  const ends = options.keyEnds === true ? endMask(queryOrder, graph.input('key_end', 'int64', ['batch', keys])) : undefined;
  const mask = orderMasks(queryOrder, graph.input('key_order', 'int64', ['batch', keys]), ends);
  const extend = layout === 'tokens-first' ? extendTokensFirst : extendBatchFirst;
  return {
    attend: (rows) => graph.withoutRecording(() => {
      const { layer, query, heads } = rows;
      const [keys, values] = (['key', 'value'] as const).map((name) => extend(rows[name], `${layer}.${name}`, heads)) as [Value, Value];
      const grouped = groupQueries(batched(query), heads);
      const { output } = attendGrouped(grouped, keys, values, mask(heads.window), heads, { keysFirst: layout === 'tokens-first' });
      return reshape(output, [multiplyDimensions('batch', 'query'), heads.heads * heads.headDimension]);
    }),
    wantedRows: (all) => (wanted === undefined ? all : gatherRows(all, wanted)),
  };
}

/** All keys or values of a layer, former and new: `[past + query, batch, kv, d]`. */
function extendTokensFirst(rows: Value, name: string, { keyValueHeads, headDimension }: AttentionHeads): Value {
  const { graph } = rows;
  const fresh = transpose(reshape(rows, ['batch', 'query', keyValueHeads, headDimension]), [1, 0, 2, 3]);
  graph.output(`fresh.${name}`, fresh);
  return concat([graph.input(`past.${name}`, 'float32', ['past', 'batch', keyValueHeads, headDimension]), fresh], 0);
}

/** The same as `[batch, kv, past + query, d]`. */
function extendBatchFirst(rows: Value, name: string, heads: AttentionHeads): Value {
  const { graph } = rows;
  const past = graph.input(`past.${name}`, 'float32', ['batch', heads.keyValueHeads, 'past', heads.headDimension]);
  const all = concat([past, splitHeads(batched(rows), heads)], 2);
  graph.output(`present.${name}`, all);
  return all;
}

function batched(rows: Value): Value {
  return reshape(rows, ['batch', 'query', rows.shape[1] ?? 0]);
}
