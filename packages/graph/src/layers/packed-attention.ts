import { addDimensions, multiplyDimensions } from '../dimension.ts';
import type { Graph, Value } from '../graph.ts';
import { add, cast, mul } from '../operators/elementwise.ts';
import { gatherRows } from '../operators/gather.ts';
import { reduceSum } from '../operators/reduce.ts';
import { concat, reshape, slice } from '../operators/shape.ts';
import { attend, attendGradients, type Attended, type AttentionHeads } from './attention-core.ts';
import type { AttentionPlan, ProjectedRows } from './attention-plan.ts';
import { orderMasks, type MaskOfWindow } from './order-mask.ts';

/** Order of padding queries; nothing else has it (see docs/graph-contract.md). */
const paddingOrder = 2 ** 30;

/** Row numbers and masks of a packed micro-batch, shared by all layers. */
interface PackedRows {
  readonly queryRows: Value;
  readonly keyRows: Value;
  /** Places of the own rows in the flattened query block, and in the flattened key block. */
  readonly ownRows: Value;
  readonly ownKeyRows: Value;
  readonly mask: MaskOfWindow;
  /** float32 `[batch, queries, 1]`: 1 for real queries, 0 for padding. */
  readonly realQueries: Value;
  readonly prefix: { readonly rows: Value; readonly mask: MaskOfWindow } | undefined;
}

/**
 * Attention over packed rows: the shared prefix attends to itself once; each sample's own tokens attend to the prefix and
 * to themselves. Gradients of all samples flow back into the one prefix, so loss and gradients are those of full sequences.
 */
export function packedAttention(graph: Graph, options: {
  readonly sharedPrefix: boolean;
  /** Numbers of the rows that the head needs; all rows by default. */
  readonly wanted?: Value;
}): AttentionPlan {
  const { sharedPrefix, wanted } = options;
  const rows = declareRows(graph, sharedPrefix);
  return {
    attend: (projected) => attendPacked(graph, rows, projected),
    wantedRows: (all) => (wanted === undefined ? all : gatherRows(all, wanted)),
  };
}

function declareRows(graph: Graph, sharedPrefix: boolean): PackedRows {
  const keys = sharedPrefix ? addDimensions('prefix', 'query') : 'query';
  const queryRows = graph.input('query_rows', 'int64', ['batch', 'query']);
  const queryOrder = graph.input('query_order', 'int64', ['batch', 'query']);
  const keyRows = graph.input('key_rows', 'int64', ['batch', keys]);
  const keyOrder = graph.input('key_order', 'int64', ['batch', keys]);
  const ownRows = graph.input('own_rows', 'int64', ['own']);
  const prefix = sharedPrefix && {
    rows: graph.input('prefix_rows', 'int64', ['prefix']),
    order: graph.input('prefix_order', 'int64', ['prefix']),
  };
  return graph.withoutRecording(() => {
    const [isReal] = graph.add('Less', [queryOrder, graph.constant('int64', [], [paddingOrder])], {}, [
      { type: 'bool', shape: queryOrder.shape },
    ]);
    const realQueries = reshape(cast(isReal, 'float32'), ['batch', 'query', 1]);
    const mask = orderMasks(queryOrder, keyOrder);
    const shared = { queryRows, keyRows, ownRows, mask, realQueries };
    if (prefix === false) return { ...shared, ownKeyRows: ownRows, prefix: undefined };
    const prefixOrder = reshape(prefix.order, [1, 'prefix']);
    return {
      ...shared,
      ownKeyRows: placeAfterPrefix(graph, ownRows),
      prefix: { rows: prefix.rows, mask: orderMasks(prefixOrder, prefixOrder) },
    };
  });
}

/** Query i of sample b is key prefix + i of it: b * query + i -> b * (prefix + query) + prefix + i. */
function placeAfterPrefix(graph: Graph, ownRows: Value): Value {
  const vector = { type: 'int64', shape: ownRows.shape } as const;
  const [sample] = graph.add('Div', [ownRows, graph.shapeTensor(['query'])], {}, [vector]);
  const [samplesBefore] = graph.add('Add', [sample, graph.integers([1])], {}, [vector]);
  const [shift] = graph.add('Mul', [samplesBefore, graph.shapeTensor(['prefix'])], {}, [vector]);
  return add(ownRows, shift);
}

function attendPacked(graph: Graph, rows: PackedRows, { query, key, value, heads }: ProjectedRows): Value {
  const { own, prefix, output } = graph.withoutRecording(() => {
    const own = attend(
      gatherRows(query, rows.queryRows), gatherRows(key, rows.keyRows), gatherRows(value, rows.keyRows),
      rows.mask(heads.window), heads,
    );
    const ownOutput = gatherRows(flattenBatch(own.output), rows.ownRows);
    const prefix = rows.prefix && attendPrefix(rows.prefix, query, key, value, heads);
    const joined = prefix === undefined ? ownOutput : concat([flattenBatch(prefix.output), ownOutput], 0);
    // The packed rows are the prefix and the own rows: [prefix + own, width] is [tokens, width].
    return { own, prefix, output: graph.relabel(joined, query.shape) };
  });
  graph.record({
    inputs: [query, key, value],
    outputs: [output],
    vjp: ({ outputGradients: [gradient] }) => {
      if (gradient === undefined) return [];
      const fromOwn = attendGradients(own, mul(gatherRows(gradient, rows.queryRows), rows.realQueries), heads);
      const ownQuery = gatherRows(flattenBatch(fromOwn.query), rows.ownRows);
      const ownKey = gatherRows(flattenBatch(fromOwn.key), rows.ownKeyRows);
      const ownValue = gatherRows(flattenBatch(fromOwn.value), rows.ownKeyRows);
      if (rows.prefix === undefined || prefix === undefined) {
        return [packed(ownQuery, query), packed(ownKey, key), packed(ownValue, value)];
      }
      const fromPrefix = attendGradients(prefix, batchOfOne(gatherRows(gradient, rows.prefix.rows)), heads);
      return [
        packed(concat([flattenBatch(fromPrefix.query), ownQuery], 0), query),
        packed(concat([add(flattenBatch(fromPrefix.key), sumOverSamples(fromOwn.key)), ownKey], 0), key),
        packed(concat([add(flattenBatch(fromPrefix.value), sumOverSamples(fromOwn.value)), ownValue], 0), value),
      ];
    },
  });
  return output;
}

function attendPrefix(
  prefix: NonNullable<PackedRows['prefix']>, query: Value, key: Value, value: Value, heads: AttentionHeads,
): Attended {
  const [q, k, v] = [query, key, value].map((x) => batchOfOne(gatherRows(x, prefix.rows))) as [Value, Value, Value];
  return attend(q, k, v, prefix.mask(heads.window), heads);
}

/** Sum over samples of the gradients of the prefix keys: `[batch, prefix + query, width] -> [prefix, width]`. */
function sumOverSamples(gradient: Value): Value {
  const ofPrefix = slice(gradient, { axis: 1, start: 0, end: 'prefix' });
  return reshape(reduceSum(ofPrefix, [0]), ['prefix', gradient.shape[2] ?? 0]);
}

function batchOfOne(x: Value): Value {
  return reshape(x, [1, ...x.shape]);
}

function flattenBatch(x: Value): Value {
  const [batch = 0, rows = 0, width = 0] = x.shape;
  return reshape(x, [multiplyDimensions(batch, rows), width]);
}

function packed(x: Value, like: Value): Value {
  return x.graph.relabel(x, like.shape);
}
