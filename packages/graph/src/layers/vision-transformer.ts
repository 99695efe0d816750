import type { Value } from '../graph.ts';
import type { Module } from '../module.ts';
import { add } from '../operators/elementwise.ts';
import { activations, type ActivationName } from './activations.ts';
import { layerStack } from './layer-stack.ts';
import { mlp } from './mlp.ts';
import { layerNorm } from './normalization.ts';
import { visionAttention } from './self-attention.ts';
import { addPositionEmbedding, patchEmbedding } from './vision.ts';

/** Sizes of a vision transformer on square pictures. */
export interface VisionTransformerSizes {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Side of a picture in pixels. */
  readonly imageSize: number;
  /** Side of a patch in pixels. */
  readonly patchSize: number;
  readonly layerNormEps: number;
  /** Of the MLPs. */
  readonly activation: ActivationName;
}

/** Patches along a side of a picture; pixels beyond the last whole one are unused. */
export function patchesPerSide({ imageSize, patchSize }: VisionTransformerSizes): number {
  return Math.floor(imageSize / patchSize);
}

/**
 * Vision transformer without a class token: learnt positions, pre-norm layers, a norm at the end (Dosovitskiy et al. 2020,
 * https://arxiv.org/abs/2010.11929; Zhai et al. 2023, https://arxiv.org/abs/2303.15343).
 *
 * @param pixels `[images, 3, imageSize, imageSize]`.
 * @returns One row a patch, row-major: `[images * patches, hiddenSize]`.
 */
export function visionTransformer(tower: Module, pixels: Value, sizes: VisionTransformerSizes): Value {
  const { hiddenSize, patchSize, layerNormEps: epsilon } = sizes;
  const embeddings = tower.at('embeddings');
  const patches = patchEmbedding(embeddings.at('patch_embedding'), pixels, { outFeatures: hiddenSize, patchSize });
  const placed = addPositionEmbedding(embeddings.at('position_embedding'), patches, { places: patchesPerSide(sizes) ** 2 });
  const rows = layerStack(placed, sizes.layers, (input, index) =>
    visionLayer(tower.at('encoder').at('layers').at(index), input, sizes));
  return layerNorm(tower.at('post_layernorm'), rows, { epsilon });
}

function visionLayer(layer: Module, rows: Value, sizes: VisionTransformerSizes): Value {
  const { intermediateSize, heads, layerNormEps: epsilon, activation } = sizes;
  const normed = layerNorm(layer.at('layer_norm1'), rows, { epsilon });
  const attended = add(rows, visionAttention(layer.at('self_attn'), normed, { heads, length: patchesPerSide(sizes) ** 2 }));
  const again = layerNorm(layer.at('layer_norm2'), attended, { epsilon });
  return add(attended, mlp(layer.at('mlp'), again, { intermediateSize, activation: activations[activation] }));
}
