import type { ModelGraph, TrainingGraphOptions } from '@mmhs/core';

import { gradients } from '../differentiation/gradient.ts';
import { Graph, type Value } from '../graph.ts';
import { packedAttention } from '../layers/packed-attention.ts';
import { splice } from '../layers/embedding.ts';
import { serializeGraph } from '../onnx/serialize.ts';
import { crossEntropy } from '../operators/cross-entropy.ts';
import { mul } from '../operators/elementwise.ts';
import { reduceSum } from '../operators/reduce.ts';
import { reshape } from '../operators/shape.ts';
import type { VlmDefinition } from './vlm-definition.ts';

/**
 * The graph of one training micro-batch (docs/graph-contract.md): loss over the label rows only, and its gradients by
 * all parameters.
 */
export function composeTrainingGraph(
  define: (graph: Graph) => VlmDefinition,
  options: TrainingGraphOptions,
): ModelGraph {
  const graph = new Graph({ trainable: options.trainable, recomputesLayers: options.gradientCheckpointing ?? false });
  const model = define(graph);
  const embeddings = embedRows(graph, model, options.imageFeatures);
  const positions = graph.input('position_ids', 'int64', [model.positionRows, 'tokens']);
  // The head sees label rows only: the same loss as over all positions, without their logits.
  const wanted = graph.input('label_rows', 'int64', ['labels']);
  const attention = packedAttention(graph, { sharedPrefix: options.sharedPrefix, wanted });
  const labelled = graph.withPrecision(options.precision ?? 'float32', () => model.decode(embeddings, positions, attention));
  const logits = model.head(labelled);
  const losses = crossEntropy(logits, graph.input('labels', 'int64', ['labels']));
  const loss = mul(reshape(reduceSum(losses, [0]), []), graph.input('loss_scale', 'float32', []));
  graph.output('loss', loss);
  graph.output('token_losses', losses);
  if (options.gradients) {
    const parameters = [...graph.parameters.values()];
    const byParameter = gradients(loss, parameters);
    for (const [parameter, gradient] of byParameter) graph.output(`grad.${parameter.name}`, gradient);
  } else {
    graph.output('logits', logits);
    graph.output('hidden', labelled);
  }
  return serializeGraph(graph);
}

function embedRows(graph: Graph, model: VlmDefinition, imageFeatures: TrainingGraphOptions['imageFeatures']): Value {
  const embeddings = model.embed(graph.input('input_ids', 'int64', ['tokens']));
  if (imageFeatures === 'none') return embeddings;
  const features = imageFeatures === 'fed'
    ? graph.input('image_features', 'float32', ['image_rows', model.hiddenSize])
    : model.imageFeatures(graph);
  return splice(embeddings, features, graph.input('splice_rows', 'int64', ['tokens']));
}
