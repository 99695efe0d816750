import type { LinearPrecision, ModelGraph } from '@mmhs/core';

import { Graph, type Value } from '../graph.ts';
import { serializeGraph } from '../onnx/serialize.ts';
import { reshape } from '../operators/shape.ts';
import { composeExportedDecoder, type CacheSizes } from './export-decoder.ts';
import type { VlmDefinition } from './vlm-definition.ts';

/** What {@link composeExportGraphs} is told besides the model's definition. */
export interface ExportGraphsOptions {
  readonly precision?: LinearPrecision;
  readonly cache: CacheSizes;
  /**
   * Image features from inputs as the other library feeds them: declares those, binds what the model's own tower asks for to values
   * computed from them, and shapes the result.
   */
  readonly imageFeatures: (graph: Graph, model: VlmDefinition) => Value;
}

/**
 * A model as the three graphs that `@huggingface/transformers` runs, by the names of its sessions (docs/export.md):
 * `embed_tokens`, `vision_encoder` and `decoder_model_merged`.
 */
export function composeExportGraphs(
  define: (graph: Graph) => VlmDefinition,
  options: ExportGraphsOptions,
): Readonly<Record<'embed_tokens' | 'vision_encoder' | 'decoder_model_merged', ModelGraph>> {
  const compose = (output: string, build: (graph: Graph, model: VlmDefinition) => Value): ModelGraph => {
    const graph = new Graph(options);
    return graph.withoutRecording(() => {
      graph.output(output, build(graph, define(graph)));
      return serializeGraph(graph);
    });
  };
  return {
    embed_tokens: compose('inputs_embeds', embedTokens),
    vision_encoder: compose('image_features', options.imageFeatures),
    decoder_model_merged: compose('logits', (graph, model) => composeExportedDecoder(graph, model, options.cache)),
  };
}

function embedTokens(graph: Graph, model: VlmDefinition): Value {
  const ids = graph.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  return reshape(model.embed(reshape(ids, ['batch_size*sequence_length'])), ['batch_size', 'sequence_length', model.hiddenSize]);
}
