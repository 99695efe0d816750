import type { LoraModule } from '@mmhs/core';

import type { Shape } from './dimension.ts';
import type { Graph, Value } from './graph.ts';

/**
 * A place in the model's tree of modules, such as `model.text_model.layers.0.self_attn`.
 *
 * Weights are declared relative to it under the checkpoint's names, and adapters are found by its path, so that a
 * model's code never mentions LoRA.
 */
export class Module {
  readonly graph: Graph;
  readonly path: string;

  constructor(graph: Graph, path: string) {
    this.graph = graph;
    this.path = path;
  }

  /** A child module. */
  at(child: string | number): Module {
    return new Module(this.graph, this.path === '' ? String(child) : `${this.path}.${child}`);
  }

  /** A float32 checkpoint tensor of this module. */
  weight(name: string, shape: Shape): Value {
    return this.graph.weight(`${this.path}.${name}`, shape);
  }

  /** The adapter on this module, if it has one. */
  get adapter(): LoraModule | undefined {
    return this.graph.trainable.adapters.get(this.path);
  }

  /** Runs `build` so that its shape errors name this module. */
  scope<Result>(build: () => Result): Result {
    return this.graph.scope(this.path, build);
  }
}
