import type { Value } from '../graph.ts';
import type { Module } from '../module.ts';
import { mul } from '../operators/elementwise.ts';
import { linear } from './linear.ts';

/** An elementwise non-linearity. */
export type Activation = (x: Value) => Value;

/** Gated MLP: down(activation(gate(x)) * up(x)), without biases (Shazeer 2020, https://arxiv.org/abs/2002.05202). */
export function gatedMlp(
  module: Module,
  x: Value,
  options: { readonly intermediateSize: number; readonly activation: Activation },
): Value {
  const { intermediateSize: outFeatures, activation } = options;
  const gate = linear(module.at('gate_proj'), x, { outFeatures });
  const up = linear(module.at('up_proj'), x, { outFeatures });
  return linear(module.at('down_proj'), mul(activation(gate), up), { outFeatures: x.shape.at(-1) as number });
}

/** Two biased linears with an activation between: fc2(activation(fc1(x))). */
export function mlp(
  module: Module,
  x: Value,
  options: { readonly intermediateSize: number; readonly activation: Activation },
): Value {
  const inner = linear(module.at('fc1'), x, { outFeatures: options.intermediateSize, bias: true });
  return linear(module.at('fc2'), options.activation(inner), { outFeatures: x.shape.at(-1) as number, bias: true });
}
