import type { QuantizedWeight } from '@mmhs/core';

import type { Value } from '../graph.ts';
import { add } from './elementwise.ts';
import { nf4Matmul } from './nf4-matmul.ts';

/**
 * Inputs that share a scale in weights of so many bits: small blocks where there are few levels; at 8 bits larger ones, which
 * onnxruntime multiplies faster.
 */
const blockSizes = { 'weights-int4': 32, 'weights-int8': 128 } as const;

/** onnxruntime's level of arithmetic: 4 rounds inputs to 8 bits block by block while it multiplies. */
const accuracyLevel = 4;

/**
 * `x W^T + b` with W `[out, in]` in the graph's {@link Graph.precision}; no gradients but with `weights-nf4`.
 *
 * Weights of 4 and 8 bits alone are onnxruntime's MatMulNBits, with a scale a block of inputs. `int8` is its
 * DynamicQuantizeMatMul: x is rounded to 8 bits with one scale, W to 7 bits with one scale an output, because x86 without VNNI
 * adds two products in 16 bits.
 */
export function quantizedMatmul(x: Value, source: string, outFeatures: number, bias: Value | undefined): Value {
  const { graph } = x;
  const { precision } = graph;
  const inFeatures = x.shape[1];
  if (precision === 'float32' || typeof inFeatures !== 'number') return graph.shapeError('quantizedMatmul', 'rows of a fixed width are needed', x);
  const weight = { source, outFeatures, inFeatures, precision };
  // DynamicQuantizeMatMul adds a vector itself; an adapter's update is a matrix. MatMulNBits could, but not in all browsers.
  const vector = bias?.shape.length === 1 && precision === 'int8' ? bias : undefined;
  const product = precision === 'weights-nf4' ? nf4Matmul(x, weight)
    : precision === 'int8' ? dynamicProduct(x, { ...weight, precision, blockSize: inFeatures }, vector)
    : blockProduct(x, { ...weight, precision, blockSize: blockSizes[precision] });
  return bias === vector || bias === undefined ? product : add(product, bias);
}

type Described = Omit<QuantizedWeight, 'values' | 'scales'>;

function blockProduct(x: Value, weight: Described): Value {
  const { graph } = x;
  const { outFeatures, inFeatures, blockSize, precision } = weight;
  const bits = precision === 'weights-int4' ? 4 : 8;
  const blocks = Math.ceil(inFeatures / blockSize);
  const { values, scales } = graph.quantizedWeight(weight, {
    values: { type: 'uint8', shape: [outFeatures, blocks, (blockSize * bits) / 8] }, scales: [outFeatures * blocks],
  });
  const attributes = { K: inFeatures, N: outFeatures, bits, block_size: blockSize, accuracy_level: accuracyLevel };
  return multiply('MatMulNBits', [x, values, scales], attributes, outFeatures);
}

function dynamicProduct(x: Value, weight: Described, bias: Value | undefined): Value {
  const { graph } = x;
  const { outFeatures, inFeatures } = weight;
  const { values, scales } = graph.quantizedWeight(weight, {
    values: { type: 'int8', shape: [inFeatures, outFeatures] }, scales: [outFeatures],
  });
  return multiply('DynamicQuantizeMatMul', [x, values, scales, ...(bias === undefined ? [] : [undefined, bias])], {}, outFeatures);
}

function multiply(
  operator: string, inputs: readonly [Value, ...(Value | undefined)[]], attributes: Readonly<Record<string, number>>, outFeatures: number,
): Value {
  const [x] = inputs;
  const [result] = x.graph.add(operator, inputs, attributes, [{ type: 'float32', shape: [x.shape[0] ?? 0, outFeatures] }], 'com.microsoft');
  return result;
}
