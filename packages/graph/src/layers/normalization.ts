import type { Value } from '../graph.ts';
import type { Module } from '../module.ts';
import { layerNormalization, rmsNormalization, rmsNormalizationOnePlus } from '../operators/normalization.ts';

/** RMSNorm with the module's weight. */
export function rmsNorm(module: Module, x: Value, options: { readonly epsilon: number }): Value {
  return module.scope(() => rmsNormalization(x, module.weight('weight', x.shape.slice(-1)), options.epsilon));
}

/** RMSNorm that multiplies by one plus the module's weight. */
export function rmsNormOnePlus(module: Module, x: Value, options: { readonly epsilon: number }): Value {
  return module.scope(() => rmsNormalizationOnePlus(x, module.weight('weight', x.shape.slice(-1)), options.epsilon));
}

/** LayerNorm with the module's weight and bias. */
export function layerNorm(module: Module, x: Value, options: { readonly epsilon: number }): Value {
  return module.scope(() => {
    const size = x.shape.slice(-1);
    return layerNormalization(x, module.weight('weight', size), module.weight('bias', size), options.epsilon);
  });
}
