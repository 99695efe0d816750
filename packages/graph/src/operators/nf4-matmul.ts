import type { QuantizedWeight } from '@mmhs/core';

import type { Value } from '../graph.ts';
import { gemm } from './matmul.ts';
import { reshape } from './shape.ts';

/** Elements that share a scale, along the flattened weight. */
const blockSize = 64;

/** onnxruntime's number of NF4 among the types of MatMulBnb4. */
const nf4Type = 1;

/**
 * `x W^T` with W `[out, in]` in NF4 (Dettmers et al. 2023, https://arxiv.org/abs/2305.14314); the gradient by x is `dy W`, that of the
 * full product with the weight which the 4 bits stand for.
 *
 * onnxruntime's MatMulBnb4. Its `transB: 0`, which would give `dy W`, is not heeded on the CPU: the weight is restored for it.
 */
export function nf4Matmul(x: Value, weight: Pick<QuantizedWeight, 'source' | 'outFeatures' | 'inFeatures'>): Value {
  const { graph } = x;
  const { outFeatures, inFeatures } = weight;
  const elements = outFeatures * inFeatures;
  const { values, scales } = graph.quantizedWeight({ ...weight, precision: 'weights-nf4', blockSize }, {
    values: { type: 'uint8', shape: [Math.ceil(elements / 2)] }, scales: [Math.ceil(elements / blockSize)],
  });
  const multiply = (rows: Value, N: number, K: number): Value => {
    const [product] = graph.add('MatMulBnb4', [rows, values, scales], { K, N, block_size: blockSize, quant_type: nf4Type }, [
      { type: 'float32', shape: [rows.shape[0] ?? 0, N] },
    ], 'com.microsoft');
    return product;
  };
  // Read as one column, the weight times 1 is the weight itself.
  const restore = (): Value => reshape(multiply(graph.constant('float32', [1, 1], [1]), elements, 1), [outFeatures, inFeatures]);
  const product = multiply(x, outFeatures, inFeatures);
  graph.record({
    inputs: [x],
    outputs: [product],
    vjp: ({ outputGradients: [gradient] }) => [gradient === undefined ? undefined : gemm(gradient, restore(), undefined)],
  });
  return product;
}
