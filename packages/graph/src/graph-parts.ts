import type { ElementType } from '@mmhs/core';

import type { Shape } from './dimension.ts';
import type { Graph } from './graph.ts';

/** An attribute of an ONNX node: integers by default, `{ float }` for a floating-point one. */
export type Attribute = number | readonly number[] | string | { readonly float: number };

/** A typed tensor in a graph, made by an operator, an input or a constant; its name identifies it. */
export interface Value {
  readonly graph: Graph;
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
}

/** One ONNX operator application. */
export interface Node {
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** The layer that asked for it. */
  readonly scope: string;
}

/** What a vector-Jacobian product gets to work with. */
export interface VjpContext {
  /** Gradient of the loss by each output; undefined where the loss does not depend on it. */
  readonly outputGradients: readonly (Value | undefined)[];
  /** Whether the gradient by each input is wanted. */
  readonly wanted: readonly boolean[];
}

/** Gradients by each input, undefined where not wanted or zero. */
export type Vjp = (context: VjpContext) => readonly (Value | undefined)[];

/** A differentiable step: how to turn gradients of `outputs` into gradients of `inputs`. */
export interface TapeEntry {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly vjp: Vjp;
  readonly scope: string;
}

/** A constant tensor stored inside the model. */
export interface Constant {
  readonly value: Value;
  readonly bytes: Uint8Array;
}
