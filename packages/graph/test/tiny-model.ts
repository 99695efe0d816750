import {
  add, addPositionEmbedding, embedding, gatedMlp, geluTanh, groupedQueryAttention, layerNorm, layerStack, linear, mlp, Module,
  patchEmbedding, pixelShuffle, rmsNorm, rotaryAngles, silu, tiedHead, visionAttention,
  type AttentionHeads, type Graph, type Value, type VlmDefinition,
} from '../src/index.ts';

const width = 8;
const table = { vocabularySize: 11, width };
const epsilon = 1e-5;
const heads: AttentionHeads = { heads: 4, keyValueHeads: 2, headDimension: 2, scale: Math.SQRT1_2 };

/** Rows of image features that a picture of the tiny model has. */
export const tinyImageRows = 4;

/** A vision-language model of every layer there is, small enough to differentiate numerically. */
export function defineTiny(graph: Graph, options: { readonly tied?: boolean; readonly layers?: number } = {}): VlmDefinition {
  const { tied = false, layers = 2 } = options;
  const root = new Module(graph, '');
  return {
    hiddenSize: width,
    vocabularySize: table.vocabularySize,
    positionRows: 1,
    embed: (ids) => embedding(root.at('embed'), ids, table),
    imageFeatures: () => tower(root.at('tower')),
    decode: (embeddings, positions, plan) => {
      const angles = rotaryAngles(positions, { headDimension: heads.headDimension, theta: 100 });
      const rows = layerStack(embeddings, layers, (input, layer) => {
        const module = root.at('layers').at(layer);
        const normed = rmsNorm(module.at('norm1'), input, { epsilon });
        const rows = add(input, groupedQueryAttention(module.at('attention'), normed, { heads, angles, plan, layer }));
        const attended = layer === layers - 1 ? plan.wantedRows(rows) : rows;
        const again = rmsNorm(module.at('norm2'), attended, { epsilon });
        return add(attended, gatedMlp(module.at('mlp'), again, { intermediateSize: 10, activation: silu }));
      });
      return rmsNorm(root.at('norm'), rows, { epsilon });
    },
    head: (hidden) => tied
      ? tiedHead(root.at('embed'), hidden, table)
      : linear(root.at('head'), hidden, { outFeatures: table.vocabularySize }),
  };
}

/** Pictures of 9 x 8 pixels: 4 x 4 patches of 2 x 2, one row of pixels unused, joined 2 x 2. */
function tower(module: Module): Value {
  const pixels = module.graph.input('pixel_values', 'float32', ['tiles', 3, 9, 8]);
  let rows = patchEmbedding(module.at('patches'), pixels, { outFeatures: 6, patchSize: 2 });
  rows = addPositionEmbedding(module.at('positions'), rows, { places: 16 });
  const normed = layerNorm(module.at('norm1'), rows, { epsilon });
  rows = add(rows, visionAttention(module.at('attention'), normed, { heads: 2, length: 16 }));
  const again = layerNorm(module.at('norm2'), rows, { epsilon });
  rows = add(rows, mlp(module.at('mlp'), again, { intermediateSize: 5, activation: geluTanh }));
  return linear(module.at('projection'), pixelShuffle(rows, { side: 4, factor: 2 }), { outFeatures: width });
}
