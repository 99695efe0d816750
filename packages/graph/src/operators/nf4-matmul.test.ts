import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { array64 } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { gradients } from '../differentiation/gradient.ts';
import { Graph } from '../graph.ts';
import { linear } from '../layers/linear.ts';
import { layerStack } from '../layers/layer-stack.ts';
import { Module } from '../module.ts';
import { reduceSum } from './reduce.ts';
import { reshape } from './shape.ts';

const size = fc.integer({ min: 1, max: 12 });

describe('nf4Matmul', () => {
  it('has the gradients that central differences give, by its input and by the adapter on it', () => {
    fc.assert(fc.property(size, size, size, fc.integer(), (rows, inFeatures, outFeatures, seed) => {
      const random = seededRandom(seed);
      const elements = inFeatures * outFeatures;
      const bytes = Array.from({ length: Math.ceil(elements / 2) }, () => Math.floor(256 * random()));
      expectGradients({
        build: (graph) => graph.withPrecision('weights-nf4', () =>
          linear(new Module(graph, 'layer'), graph.input('x', 'float32', ['rows', inFeatures]), { outFeatures, bias: true })),
        feeds: {
          x: uniform(random, [rows, inFeatures]),
          'layer.weight.weights-nf4.values': array64([bytes.length], bytes),
          'layer.weight.weights-nf4.scales': uniform(random, [Math.ceil(elements / 64)]),
        },
        trainable: { adapters: new Map([['layer', { rank: 2, scaling: 0.5, dropout: 0 }]]), full: new Set() },
        seed,
      });
    }), { seed: 5, numRuns: 30 });
  });

  it('is not for weights that are trained themselves', () => {
    const graph = new Graph({ trainable: { adapters: new Map(), full: new Set(['layer.weight']) }, precision: 'weights-nf4' });
    linear(new Module(graph, 'layer'), graph.input('x', 'float32', ['rows', 8]), { outFeatures: 4 });
    expect([...graph.quantizedWeights.keys()]).toEqual([]);
    expect([...graph.parameters.keys()]).toEqual(['layer.weight']);
  });

  it('is computed again in the backward pass where layers are', () => {
    const adapters = new Map([0, 1].map((index) => [`${index}`, { rank: 1, scaling: 1, dropout: 0 }] as const));
    const graph = new Graph({ trainable: { adapters, full: new Set() }, recomputesLayers: true });
    const x = graph.input('x', 'float32', ['rows', 8]);
    const y = graph.withPrecision('weights-nf4', () => layerStack(x, 2, (rows, index) => linear(new Module(graph, String(index)), rows, { outFeatures: 8 })));
    const loss = reshape(reduceSum(y, [0, 1]), []);
    gradients(loss, graph.parameters.values());
    expect(graph.nodes.filter(({ type }) => type === 'MatMulBnb4').length).toBeGreaterThanOrEqual(4);
    expect([...graph.weights.keys()]).toEqual([]);
  });
});
