import { multiplyDimensions } from '../dimension.ts';
import type { Graph, Value } from '../graph.ts';
import { cachedAttention } from '../layers/cached-attention.ts';
import { add, lessOrEqual, mul, sub, where } from '../operators/elementwise.ts';
import { maximum, range, rangeTo } from '../operators/integers.ts';
import { expand, reshape } from '../operators/shape.ts';
import type { VlmDefinition } from './vlm-definition.ts';

/** Sizes of a model's key-value cache. */
export interface CacheSizes {
  readonly layers: number;
  readonly keyValueHeads: number;
  readonly headDimension: number;
}

/** Order of a key that no query sees. */
const unseen = 2 ** 30 + 1;

/**
 * The decoder over embeddings and an attention mask instead of token ids and orders: the cache's sizes tell the mask's new part
 * from its old one. Returns logits `[batch, rows kept, vocabulary]`; the extended cache becomes outputs `present.<layer>.key|value`.
 */
export function composeExportedDecoder(graph: Graph, model: VlmDefinition, cache: CacheSizes): Value {
  const axes = ['batch_size', 'sequence_length'];
  const embeddings = graph.input('inputs_embeds', 'float32', [...axes, model.hiddenSize]);
  const mask = graph.input('attention_mask', 'int64', ['batch_size', 'total_sequence_length']);
  const lead = model.positionRows === 1 ? [] : [model.positionRows];
  const positions = graph.input('position_ids', 'int64', [...lead, ...axes]);
  // The attention plan has names of its own for the axes.
  const own = graph.measure(embeddings, ['batch', 'query', model.hiddenSize]);
  bindCache(graph, cache);
  bindOrders(graph, mask, model.seesWholePrompt ?? false);
  const rows = multiplyDimensions('batch', 'query');
  const hidden = model.decode(
    reshape(own, [rows, model.hiddenSize]),
    reshape(graph.relabel(positions, [...lead, 'batch', 'query']), [model.positionRows, rows]),
    cachedAttention(graph, { layout: 'batch-first', wanted: keptRows(graph) }),
  );
  return reshape(model.head(hidden), ['batch', 'kept', model.vocabularySize]);
}

/** The axes' names are those by which the library tells the batch from the past, which is empty at first. */
function bindCache(graph: Graph, { layers, keyValueHeads, headDimension }: CacheSizes): void {
  for (let layer = 0; layer < layers; layer += 1) {
    for (const kind of ['key', 'value']) {
      const shape = ['batch_size', keyValueHeads, 'past_sequence_length', headDimension];
      graph.bindInput(`past.${layer}.${kind}`, graph.input(`past_key_values.${layer}.${kind}`, 'float32', shape));
    }
  }
  // What is asked for under the plan's names can be measured by them.
  graph.input('past.0.key', 'float32', ['batch', keyValueHeads, 'past', headDimension]);
}

/**
 * The order of a key is its place in the mask, or none where the mask hides it; queries are the last of the keys. Where a prompt is
 * seen as a whole all new tokens have the last one's order: right for a prompt without a past, and for single tokens after it.
 */
function bindOrders(graph: Graph, mask: Value, seesWholePrompt: boolean): void {
  const places = range(graph, 'total_sequence_length');
  const past = reshape(graph.shapeTensor(['past']), []);
  const last = reshape(sub(graph.shapeTensor(['total_sequence_length']), graph.integers([1])), []);
  const orders = seesWholePrompt ? where(lessOrEqual(past, places), last, places) : places;
  const isSeen = lessOrEqual(graph.constant('int64', [], [1]), mask);
  const keyOrder = where(isSeen, reshape(orders, [1, 'total_sequence_length']), graph.constant('int64', [], [unseen]));
  graph.bindInput('key_order', keyOrder);
  const queryOrder = seesWholePrompt ? expand(last, ['query']) : add(range(graph, 'query'), past);
  graph.bindInput('query_order', expand(reshape(queryOrder, [1, 'query']), ['batch', 'query']));
}

/** Flattened numbers of the rows whose logits are wanted: each sample's last `num_logits_to_keep`, or all for 0. */
function keptRows(graph: Graph): Value {
  const wish = graph.input('num_logits_to_keep', 'int64', []);
  const queries = reshape(graph.shapeTensor(['query']), []);
  const zero = graph.constant('int64', [], [0]);
  const first = where(lessOrEqual(wish, zero), zero, maximum(sub(queries, wish), zero));
  const columns = graph.measure(add(rangeTo(sub(queries, first), 'kept'), first), ['kept']);
  const starts = mul(range(graph, 'batch'), queries);
  return reshape(add(reshape(starts, ['batch', 1]), reshape(columns, [1, 'kept'])), [multiplyDimensions('batch', 'kept')]);
}
