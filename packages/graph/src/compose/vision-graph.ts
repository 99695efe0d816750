import type { ModelGraph, TrainableTensors } from '@mmhs/core';

import { Graph } from '../graph.ts';
import { serializeGraph } from '../onnx/serialize.ts';
import type { VlmDefinition } from './vlm-definition.ts';

/** The graph of vision tower and projector alone: the family's image tensors -> `image_features`. */
export function composeVisionGraph(
  define: (graph: Graph) => VlmDefinition,
  options: { readonly trainable: TrainableTensors },
): ModelGraph {
  const graph = new Graph({ trainable: options.trainable });
  return graph.withoutRecording(() => {
    graph.output('image_features', define(graph).imageFeatures(graph));
    return serializeGraph(graph);
  });
}
