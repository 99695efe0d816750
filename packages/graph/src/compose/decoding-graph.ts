import type { DecodingGraphOptions, ModelGraph } from '@mmhs/core';

import { multiplyDimensions } from '../dimension.ts';
import { Graph } from '../graph.ts';
import { cachedAttention } from '../layers/cached-attention.ts';
import { splice } from '../layers/embedding.ts';
import { serializeGraph } from '../onnx/serialize.ts';
import { gatherRows } from '../operators/gather.ts';
import { reshape } from '../operators/shape.ts';
import type { VlmDefinition } from './vlm-definition.ts';

/** The graph of a prefill or of one decoding step with a key-value cache (docs/graph-contract.md). */
export function composeDecodingGraph(
  define: (graph: Graph) => VlmDefinition,
  options: DecodingGraphOptions,
): ModelGraph {
  const graph = new Graph({ trainable: options.trainable });
  return graph.withoutRecording(() => {
    const model = define(graph);
    const rows = multiplyDimensions('batch', 'query');
    const ids = graph.input('input_ids', 'int64', ['batch', 'query']);
    const positions = graph.input('position_ids', 'int64', [model.positionRows, 'batch', 'query']);
    const text = model.embed(reshape(ids, [rows]));
    const embeddings = options.phase === 'step' ? text : splice(
      text,
      graph.input('image_features', 'float32', ['image_rows', model.hiddenSize]),
      graph.input('splice_rows', 'int64', ['batch', 'query']),
    );
    const attention = cachedAttention(graph, { past: options.phase === 'step' });
    const hidden = model.decode(embeddings, reshape(positions, [model.positionRows, rows]), attention);
    const last = gatherRows(hidden, graph.input('last_rows', 'int64', ['batch']));
    graph.output('logits', model.head(last));
    return serializeGraph(graph);
  });
}
