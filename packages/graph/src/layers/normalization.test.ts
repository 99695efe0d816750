import { describe, expect, it } from 'vitest';

import { expectGradients } from '../../test/gradient-check.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph } from '../graph.ts';
import { Module } from '../module.ts';
import { layerNorm, rmsNorm, rmsNormOnePlus } from './normalization.ts';

describe.each([
  ['rmsNorm', rmsNorm, ['norm.weight']],
  ['rmsNormOnePlus', rmsNormOnePlus, ['norm.weight']],
  ['layerNorm', layerNorm, ['norm.weight', 'norm.bias']],
] as const)('%s', (_, layer, tensors) => {
  it('takes its tensors from the module and has the gradients that central differences give', () => {
    expectGradients({
      build: (graph) => layer(new Module(graph, 'norm'), graph.input('x', 'float32', ['rows', 4]), { epsilon: 1e-5 }),
      feeds: { x: uniform(seededRandom(1), [3, 4]) },
      trainable: { adapters: new Map(), full: new Set(tensors) },
      seed: 1,
    });
    const graph = new Graph();
    layer(new Module(graph, 'norm'), graph.input('x', 'float32', ['rows', 4]), { epsilon: 1e-5 });
    expect([...graph.weights.keys()]).toEqual(tensors);
  });
});
