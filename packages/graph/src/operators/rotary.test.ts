import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { array64, numbers } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate } from '../../test/interpreter.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph, type Value } from '../graph.ts';
import { rotary } from './rotary.ts';

function rotated(graph: Graph, width: number, half: number): Value {
  const [cos, sin] = [graph.input('cos', 'float32', ['rows', half]), graph.input('sin', 'float32', ['rows', half])];
  return rotary(graph.input('x', 'float32', ['rows', width]), { cos, sin });
}

/** Cosines and sines of given angles. */
function angleFeeds(angles: readonly number[], rows: number) {
  const shape = [rows, angles.length / rows];
  return { cos: array64(shape, angles.map(Math.cos)), sin: array64(shape, angles.map(Math.sin)) };
}

const sizes = fc.record({
  rows: fc.integer({ min: 1, max: 4 }), heads: fc.integer({ min: 1, max: 3 }), half: fc.integer({ min: 1, max: 3 }),
  seed: fc.integer(),
});

describe('rotary', () => {
  it('has the gradient that central differences give', () => {
    fc.assert(fc.property(sizes, ({ rows, heads, half, seed }) => {
      const random = seededRandom(seed);
      const width = heads * 2 * half;
      expectGradients({
        build: (graph) => rotated(graph, width, half),
        feeds: { x: uniform(random, [rows, width]), ...angleFeeds([...uniform(random, [rows * half], 0, 6).data], rows) },
        fixed: ['cos', 'sin'],
        seed,
      });
    }), { seed: 30, numRuns: 20 });
  });

  it('turns the pair (i, i + d/2) of every head by its angle', () => {
    const graph = new Graph();
    const y = rotated(graph, 8, 2);
    const quarter = Math.PI / 2;
    const feeds = { x: numbers([1, 2, 3, 4, 5, 6, 7, 8], [1, 8]), ...angleFeeds([quarter, 0], 1) };
    // A quarter turn takes (a, b) to (-b, a): the first pair of each head is (1, 3) and (5, 7).
    expect([...evaluate(graph, [y], feeds)[0]!.data]).toEqual([-3, 2, 1, 4, -7, 6, 5, 8].map((x) => expect.closeTo(x, 12)));
  });

  it('makes scores depend on the distance of two rows only', () => {
    fc.assert(fc.property(fc.integer(), fc.integer({ min: -50, max: 50 }), (seed, shift) => {
      const random = seededRandom(seed);
      const row = uniform(random, [4]).data;
      const other = uniform(random, [4]).data;
      const score = (positions: readonly [number, number]): number => {
        const graph = new Graph();
        const angles = positions.flatMap((position) => [position, position * 0.1]);
        const feeds = { x: array64([2, 4], [...row, ...other]), ...angleFeeds(angles, 2) };
        const { data } = evaluate(graph, [rotated(graph, 4, 2)], feeds)[0]!;
        return [0, 1, 2, 3].reduce((sum, column) => sum + data[column]! * data[4 + column]!, 0);
      };
      expect(score([7 + shift, 3 + shift])).toBeCloseTo(score([7, 3]), 10);
    }), { seed: 31, numRuns: 20 });
  });

  it('refuses angles that do not fit the heads', () => {
    const graph = new Graph();
    expect(() => graph.scope('self_attn', () => rotated(graph, 6, 2)))
      .toThrow(/^self_attn: rotary.*x float32\[rows, 6\] and cos float32\[rows, 2\]/);
  });
});
