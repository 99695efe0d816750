import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate, type Feeds } from '../../test/interpreter.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph, type Value } from '../graph.ts';
import { Module } from '../module.ts';
import { geluTanh, silu } from '../operators/activation.ts';
import { mul } from '../operators/elementwise.ts';
import { gatedMlp, mlp } from './mlp.ts';

const intermediateSize = 5;
const square = (x: Value): Value => mul(x, x);
const layers = [
  ['gatedMlp', (graph: Graph) => gatedMlp(new Module(graph, 'mlp'), graph.input('x', 'float32', ['rows', 3]), { intermediateSize, activation: silu })],
  ['mlp', (graph: Graph) => mlp(new Module(graph, 'mlp'), graph.input('x', 'float32', ['rows', 3]), { intermediateSize, activation: geluTanh })],
] as const;

describe.each(layers)('%s', (_, build) => {
  const names = ['gate_proj', 'up_proj', 'down_proj', 'fc1', 'fc2'];

  it.each([
    ['all its tensors', { adapters: new Map(), full: new Set(names.flatMap((name) => [`mlp.${name}.weight`, `mlp.${name}.bias`])) }],
    ['adapters', { adapters: new Map(names.map((name) => [`mlp.${name}`, { rank: 2, scaling: 2, dropout: 0 }])), full: new Set<string>() }],
  ])('has the gradients that central differences give, by %s', (__, trainable) => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 3 }), fc.integer(), (rows, seed) => {
      expectGradients({ build, feeds: { x: uniform(seededRandom(seed), [rows, 3], -2, 2) }, trainable, seed });
    }), { seed: 41, numRuns: 4 });
  });
});

/** y = x W^T + b of one row. */
function affine(x: readonly number[], feeds: Feeds, name: string): number[] {
  const { data, shape: [outFeatures = 0, inFeatures = 0] } = feeds[`mlp.${name}.weight`]!;
  return Array.from({ length: outFeatures }, (_, out) =>
    x.reduce((sum, value, column) => sum + value * data[out * inFeatures + column]!, feeds[`mlp.${name}.bias`]?.data[out] ?? 0));
}

function run(build: (module: Module, x: Value) => Value): { readonly y: number[]; readonly x: number[]; readonly feeds: Feeds } {
  const graph = new Graph();
  const output = build(new Module(graph, 'mlp'), graph.input('x', 'float32', ['rows', 3]));
  const random = seededRandom(3);
  const weights = [...graph.weights.values()].map(({ name, shape }) => [name, uniform(random, shape as number[])] as const);
  const feeds = { ...Object.fromEntries(weights), x: uniform(random, [1, 3]) };
  return { y: [...evaluate(graph, [output], feeds)[0]!.data], x: [...feeds.x.data], feeds };
}

describe('values', () => {
  it('of a gated MLP are down(activation(gate(x)) up(x))', () => {
    const { y, x, feeds } = run((module, input) => gatedMlp(module, input, { intermediateSize, activation: square }));
    const [gate, up] = [affine(x, feeds, 'gate_proj'), affine(x, feeds, 'up_proj')];
    const expected = affine(gate.map((value, place) => value ** 2 * up[place]!), feeds, 'down_proj');
    expect(y).toEqual(expected.map((value) => expect.closeTo(value, 12)));
  });

  it('of an MLP are fc2(activation(fc1(x))), with biases', () => {
    const { y, x, feeds } = run((module, input) => mlp(module, input, { intermediateSize, activation: square }));
    const expected = affine(affine(x, feeds, 'fc1').map((value) => value ** 2), feeds, 'fc2');
    expect(y).toEqual(expected.map((value) => expect.closeTo(value, 12)));
    expect(feeds).toHaveProperty(['mlp.fc2.bias']);
  });
});
