import type { LoraModule } from '@mmhs/core';

import type { Value } from '../graph.ts';
import type { Module } from '../module.ts';
import { gemm } from '../operators/matmul.ts';
import { quantizedMatmul } from '../operators/quantized-matmul.ts';
import { dropout } from './dropout.ts';

/**
 * y = x W^T + b on rows `[rows, in]`, plus the low-rank update when an adapter sits on the module.
 */
export function linear(
  module: Module,
  x: Value,
  options: { readonly outFeatures: number; readonly bias?: boolean },
): Value {
  return module.scope(() => {
    const { outFeatures } = options;
    const inFeatures = x.shape.at(-1);
    if (x.shape.length !== 2 || typeof inFeatures !== 'number') {
      return x.graph.shapeError('linear', 'rows of a fixed width are needed', x);
    }
    module.graph.linears.set(module.path, { inFeatures, outFeatures });
    const bias = options.bias === true ? module.weight('bias', [outFeatures]) : undefined;
    const { adapter } = module;
    const start = adapter === undefined ? bias : loraUpdate(module, adapter, x, bias, outFeatures);
    return frozenProduct(module, x, outFeatures, start);
  });
}

/** x W^T + start with the module's weight, in the precision of the graph unless the weight is trained. */
export function frozenProduct(module: Module, x: Value, outFeatures: number, start?: Value): Value {
  const { graph } = module;
  const name = `${module.path}.weight`;
  if (graph.precision !== 'float32' && !graph.trainable.full.has(name)) return quantizedMatmul(x, name, outFeatures, start);
  return gemm(x, module.weight('weight', [outFeatures, x.shape[1] ?? 0]), start, { transposeB: true });
}

/**
 * scaling B(A(dropout(x))) + b, through rank r first (Hu et al. 2021, https://arxiv.org/abs/2106.09685). The large product starts
 * from it: adding it to the product afterwards would read and write all of y once more.
 */
function loraUpdate(module: Module, adapter: LoraModule, x: Value, bias: Value | undefined, outFeatures: number): Value {
  const { graph } = module;
  const down = graph.parameter(`${module.path}.lora_A.weight`, [adapter.rank, x.shape[1] ?? 0]);
  const up = graph.parameter(`${module.path}.lora_B.weight`, [outFeatures, adapter.rank]);
  const inner = gemm(dropout(x, adapter.dropout), down, undefined, { transposeB: true });
  return gemm(inner, up, bias, { transposeB: true, scale: adapter.scaling });
}
