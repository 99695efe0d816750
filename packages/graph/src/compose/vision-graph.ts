import type { ModelGraph, VisionGraphOptions } from '@mmhs/core';

import { Graph } from '../graph.ts';
import { serializeGraph } from '../onnx/serialize.ts';
import type { VlmDefinition } from './vlm-definition.ts';

/** The graph of vision tower and projector alone: the family's image tensors -> `image_features`. */
export function composeVisionGraph(
  define: (graph: Graph) => VlmDefinition,
  options: VisionGraphOptions,
): ModelGraph {
  const graph = new Graph(options);
  return graph.withoutRecording(() => {
    graph.output('image_features', define(graph).imageFeatures(graph));
    return serializeGraph(graph);
  });
}
