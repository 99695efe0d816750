import { multiplyDimensions } from '../dimension.ts';
import type { Value } from '../graph.ts';
import type { Module } from '../module.ts';
import { add } from '../operators/elementwise.ts';
import { gemm } from '../operators/matmul.ts';
import { reshape, slice, transpose } from '../operators/shape.ts';

/**
 * Patch embedding: a convolution whose kernel is its stride, as one matrix product over flattened patches.
 *
 * @param pixels `[images, channels, height, width]`. Pixels beyond the last whole patch are unused, as in the convolution.
 * @returns `[images * patches, outFeatures]`, patches row-major.
 */
export function patchEmbedding(
  module: Module,
  pixels: Value,
  options: { readonly outFeatures: number; readonly patchSize: number },
): Value {
  return module.scope(() => {
    const { outFeatures, patchSize } = options;
    const [images = 0, channels, height, width] = pixels.shape as [Value['shape'][0], number, number, number];
    const [down, across] = [Math.floor(height / patchSize), Math.floor(width / patchSize)];
    const used = cropTo(pixels, down * patchSize, across * patchSize);
    const split = reshape(used, [images, channels, down, patchSize, across, patchSize]);
    const patches = reshape(transpose(split, [0, 2, 4, 1, 3, 5]), [
      multiplyDimensions(images, down * across), channels * patchSize * patchSize,
    ]);
    return projectPatches(module, patches, { outFeatures, patchShape: [channels, patchSize, patchSize], bias: true });
  });
}

/**
 * The same on patches that are flattened already.
 *
 * @param patches `[patches, size]`, each in the order of `patchShape`: (channels, y, x), or (channels, frames, y, x) for a film.
 */
export function projectPatches(
  module: Module,
  patches: Value,
  options: { readonly outFeatures: number; readonly patchShape: readonly number[]; readonly bias?: boolean },
): Value {
  return module.scope(() => {
    const { outFeatures, patchShape, bias = false } = options;
    const kernel = reshape(module.weight('weight', [outFeatures, ...patchShape]), [outFeatures, patches.shape[1] ?? 0]);
    return gemm(patches, kernel, bias ? module.weight('bias', [outFeatures]) : undefined, { transposeB: true });
  });
}

function cropTo(pixels: Value, height: number, width: number): Value {
  const rows = pixels.shape[2] === height ? pixels : slice(pixels, { axis: 2, start: 0, end: height });
  return rows.shape[3] === width ? rows : slice(rows, { axis: 3, start: 0, end: width });
}

/** Adds one learnt vector a place: rows `[images * places, width]`, table `[places, width]`. */
export function addPositionEmbedding(module: Module, rows: Value, options: { readonly places: number }): Value {
  return module.scope(() => {
    const [, width = 0] = rows.shape;
    const table = module.weight('weight', [options.places, width]);
    const images = rows.graph.groupsOf(rows, options.places);
    return reshape(add(reshape(rows, [images, options.places, width]), table), rows.shape);
  });
}

/**
 * Pixel shuffle: every `factor` x `factor` block of the `side` x `side` grid becomes one row, channels in order
 * (dy, dx, channel). `[images * side^2, width] -> [images * (side / factor)^2, factor^2 * width]`.
 */
export function pixelShuffle(rows: Value, options: { readonly side: number; readonly factor: number }): Value {
  const { side, factor } = options;
  const [, width] = rows.shape as [Value['shape'][0], number];
  const images = rows.graph.groupsOf(rows, side * side);
  const cells = side / factor;
  if (!Number.isInteger(cells)) rows.graph.shapeError('pixelShuffle', `factor ${factor} does not divide side ${side}`, rows);
  const blocks = reshape(rows, [images, cells, factor, cells, factor * width]);
  return reshape(transpose(blocks, [0, 1, 3, 2, 4]), [
    multiplyDimensions(images, cells * cells), factor * factor * width,
  ]);
}
