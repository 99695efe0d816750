import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { numbers } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate } from '../../test/interpreter.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph } from '../graph.ts';
import { reduceMean, reduceSum } from './reduce.ts';

const reduction = fc.record({
  shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 3 }),
  axes: fc.subarray([0, 1, -1], { minLength: 1 }),
  seed: fc.integer(),
});

describe.each([['reduceSum', reduceSum], ['reduceMean', reduceMean]] as const)('%s', (_, operator) => {
  it('has the gradient that central differences give', () => {
    fc.assert(fc.property(reduction, ({ shape, axes, seed }) => {
      expectGradients({
        build: (graph) => operator(graph.input('x', 'float32', shape), axes),
        feeds: { x: uniform(seededRandom(seed), shape) },
        seed,
      });
    }), { seed: 26, numRuns: 20 });
  });
});

it('reductions keep their axes with size 1', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', ['n', 3]);
  const [sums, means] = [reduceSum(x, [0]), reduceMean(x, [-1])];
  expect([sums.shape, means.shape]).toEqual([[1, 3], ['n', 1]]);
  const results = evaluate(graph, [sums, means], { x: numbers([1, 2, 6, 4, 5, 9], [2, 3]) });
  expect(results.map(({ data }) => [...data])).toEqual([[5, 7, 15], [3, 6].map((mean) => expect.closeTo(mean, 6))]);
});

it('reduceMean refuses an axis of unknown size', () => {
  const x = new Graph().input('x', 'float32', ['n', 3]);
  expect(() => reduceMean(x, [0])).toThrow(/axis 0 has no fixed size.*x float32\[n, 3\]/);
});
