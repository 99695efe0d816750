import type { TensorSpec } from '@mmhs/core';

import { Graph, specOf } from '../graph.ts';
import { packedAttention } from '../layers/packed-attention.ts';
import type { VlmDefinition } from './vlm-definition.ts';

/** A linear layer and its sizes. */
export interface TracedLinear {
  readonly path: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** Builds every part of a model once and lists the checkpoint tensors and linear layers it asked for. */
export function traceModel(define: (graph: Graph) => VlmDefinition): {
  readonly tensors: TensorSpec[];
  readonly linears: TracedLinear[];
} {
  const graph = new Graph();
  graph.withoutRecording(() => {
    const model = define(graph);
    model.imageFeatures(graph);
    const embeddings = model.embed(graph.input('input_ids', 'int64', ['tokens']));
    const positions = graph.input('position_ids', 'int64', [model.positionRows, 'tokens']);
    model.head(model.decode(embeddings, positions, packedAttention(graph, { sharedPrefix: false })));
  });
  return {
    tensors: [...graph.weights].map(([name, value]) => specOf(name, value)),
    linears: [...graph.linears].map(([path, sizes]) => ({ path, ...sizes })),
  };
}
