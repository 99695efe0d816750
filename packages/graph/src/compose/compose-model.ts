import type { LinearModule, VlmModel } from '@mmhs/core';

import { Graph } from '../graph.ts';
import { composeDecodingGraph } from './decoding-graph.ts';
import { traceModel } from './trace-model.ts';
import { composeTrainingGraph } from './training-graph.ts';
import { composeVisionGraph } from './vision-graph.ts';
import type { VlmDefinition } from './vlm-definition.ts';

/** What {@link composeModel} needs to know besides how a model's parts are built. */
export interface ComposeModelOptions extends Pick<VlmModel, 'family' | 'batchImages' | 'canonicalName' | 'transformersJs'> {
  readonly define: (graph: Graph) => VlmDefinition;
  readonly config: Pick<VlmModel, 'architecture' | 'imageTokenId' | 'endTokenIds' | 'padTokenId'> & {
    readonly text: { readonly layers: number; readonly keyValueHeads: number; readonly headDimension: number };
  };
  /** What module paths of the parts begin with, the first that fits; all others belong to the language model. */
  readonly parts: readonly (readonly [prefix: string, part: LinearModule['part']])[];
}

/** A model of the contract, its tensors, linears and graphs as its definition says. */
export function composeModel(options: ComposeModelOptions): VlmModel {
  const { define, config, parts, ...own } = options;
  const { tensors, linears } = traceModel(define);
  const { hiddenSize, vocabularySize, positionRows } = define(new Graph());
  const partOf = (path: string): LinearModule['part'] => parts.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'language';
  return {
    ...own,
    architecture: config.architecture,
    tensors,
    linears: linears.map((linear) => ({ ...linear, part: partOf(linear.path) })),
    hiddenSize,
    vocabularySize,
    decoderLayers: config.text.layers,
    keyValueHeads: config.text.keyValueHeads,
    headDimension: config.text.headDimension,
    positionRows,
    endTokenIds: config.endTokenIds,
    padTokenId: config.padTokenId,
    imageTokenId: config.imageTokenId,
    visionGraph: (graph) => composeVisionGraph(define, graph),
    trainingGraph: (graph) => composeTrainingGraph(define, graph),
    decodingGraph: (graph) => composeDecodingGraph(define, graph),
  };
}
