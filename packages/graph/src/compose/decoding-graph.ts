import type { DecodingGraphOptions, ModelGraph } from '@mmhs/core';

import { multiplyDimensions } from '../dimension.ts';
import { Graph, type Value } from '../graph.ts';
import { cachedAttention } from '../layers/cached-attention.ts';
import { splice } from '../layers/embedding.ts';
import { serializeGraph } from '../onnx/serialize.ts';
import { gatherElements } from '../operators/gather.ts';
import { logSoftmax } from '../operators/normalization.ts';
import { reshape } from '../operators/shape.ts';
import type { VlmDefinition } from './vlm-definition.ts';

/** The graph that extends a key-value cache, empty at first, by any number of tokens (docs/graph-contract.md). */
export function composeDecodingGraph(
  define: (graph: Graph) => VlmDefinition,
  options: DecodingGraphOptions,
): ModelGraph {
  const { trainable, precision = 'float32' } = options;
  // NF4 is for the decoder's layers alone, as in training.
  const graph = new Graph({ trainable, precision: precision === 'weights-nf4' ? 'float32' : precision });
  return graph.withoutRecording(() => {
    const model = define(graph);
    const rows = multiplyDimensions('batch', 'query');
    const ids = graph.input('input_ids', 'int64', ['batch', 'query']);
    const positions = graph.input('position_ids', 'int64', [model.positionRows, 'batch', 'query']);
    const embeddings = splice(
      model.embed(reshape(ids, [rows])),
      graph.input('image_features', 'float32', ['image_rows', model.hiddenSize]),
      graph.input('splice_rows', 'int64', ['batch', 'query']),
    );
    const wanted = graph.input('logit_rows', 'int64', ['logit_rows']);
    const attention = cachedAttention(graph, { layout: 'tokens-first', keyEnds: true, wanted });
    const hidden = graph.withPrecision(precision, () => model.decode(embeddings, reshape(positions, [model.positionRows, rows]), attention));
    const logits = model.head(hidden);
    graph.output('logits', logits);
    graph.output('choice_scores', scoreChoices(graph, logits));
    return serializeGraph(graph);
  });
}

/**
 * Log-probabilities of single tokens, so that whole vocabularies need not leave the worker: float32 `[choices]`.
 *
 * Of onnxruntime's operators LogSoftmax is the exact one: ReduceLogSumExp adds 150,000 numbers one after the other, which costs a token
 * 8e-5.
 */
function scoreChoices(graph: Graph, logits: Value): Value {
  const row = graph.input('choice_rows', 'int64', ['choices']);
  const token = graph.input('choice_tokens', 'int64', ['choices']);
  return gatherElements(logSoftmax(logits), [row, token]);
}
