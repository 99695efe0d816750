import type { Value } from '../graph.ts';
import { gelu, geluTanh, quickGelu, silu } from '../operators/activation.ts';

/** Names that configurations give activations (`hidden_act`), and what they mean. */
export const activations = {
  gelu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  quick_gelu: quickGelu,
  silu,
} as const satisfies Record<string, (x: Value) => Value>;

/** A name of {@link activations}. */
export type ActivationName = keyof typeof activations;

/** All names of {@link activations}. */
export const activationNames = Object.keys(activations) as ActivationName[];
