import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { numbers } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate } from '../../test/interpreter.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph, type Value } from '../graph.ts';
import { gelu, geluTanh, quickGelu, silu, softCap, swish } from './activation.ts';

const activations = [
  ['silu', silu], ['quickGelu', quickGelu], ['swish with its own steepness', (x: Value) => swish(x, 0.7)],
  ['gelu', gelu], ['geluTanh', geluTanh], ['softCap', (x: Value) => softCap(x, 2)],
] as const;

describe.each(activations)('%s', (_, activation) => {
  it('has the gradient that central differences give', () => {
    fc.assert(fc.property(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }), fc.integer(), (shape, seed) => {
        expectGradients({
          build: (graph) => activation(graph.input('x', 'float32', shape)),
          feeds: { x: uniform(seededRandom(seed), shape, -4, 4) },
          seed,
        });
      }), { seed: 21, numRuns: 12 });
  });
});

/** activation(1) in double precision, from its definition. */
const atOne: Record<string, number> = {
  silu: 1 / (1 + Math.exp(-1)),
  quickGelu: 1 / (1 + Math.exp(-1.702)),
  'swish with its own steepness': 1 / (1 + Math.exp(-0.7)),
  // The normal distribution's probability below 1.
  gelu: 0.841344746068543,
  geluTanh: (1 + Math.tanh(Math.sqrt(2 / Math.PI) * 1.044715)) / 2,
  softCap: 2 * Math.tanh(0.5),
};

it.each(activations)('%s(1) is its definition', (name, activation) => {
  const graph = new Graph();
  const y = activation(graph.input('x', 'float32', [2]));
  const [result] = evaluate(graph, [y], { x: numbers([0, 1]) });
  expect([...result!.data]).toEqual([0, expect.closeTo(atOne[name]!, 12)]);
});
