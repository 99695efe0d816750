import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { numbers } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate } from '../../test/interpreter.ts';
import { seededRandom, uniform, wholeNumbers } from '../../test/random.ts';
import { gradients } from '../differentiation/gradient.ts';
import { Graph } from '../graph.ts';
import { gatherRows } from './gather.ts';
import { reduceSum } from './reduce.ts';
import { reshape } from './shape.ts';

const size = fc.integer({ min: 1, max: 4 });

describe('gatherRows', () => {
  it('has the gradient that central differences give, added up over rows picked more than once', () => {
    const picking = fc.record({
      rows: size,
      rest: fc.array(size, { maxLength: 2 }),
      indices: fc.array(size, { minLength: 1, maxLength: 2 }),
      seed: fc.integer(),
    });
    fc.assert(fc.property(picking, ({ rows, rest, indices, seed }) => {
      const random = seededRandom(seed);
      expectGradients({
        build: (graph) => gatherRows(graph.input('table', 'float32', [rows, ...rest]), graph.input('indices', 'int64', indices)),
        feeds: { table: uniform(random, [rows, ...rest]), indices: wholeNumbers(random, indices, rows) },
        seed,
      });
    }), { seed: 27, numRuns: 30 });
  });

  it('has the same gradient through the inverse picking, where there is one', () => {
    const order = fc.integer({ min: 1, max: 6 }).chain((rows) =>
      fc.shuffledSubarray(Array.from({ length: rows }, (_, row) => row), { minLength: rows }));
    fc.assert(fc.property(order, fc.integer(), (permutation, seed) => {
      const rows = permutation.length;
      expectGradients({
        build: (graph) => {
          const inverse = graph.input('inverse', 'int64', [rows]);
          return gatherRows(graph.input('table', 'float32', [rows, 2]), graph.input('order', 'int64', [rows]), {
            inverse: (gradient) => gatherRows(gradient, inverse),
          });
        },
        feeds: {
          table: uniform(seededRandom(seed), [rows, 2]),
          order: numbers(permutation),
          inverse: numbers(permutation.map((_, row) => permutation.indexOf(row))),
        },
        seed,
      });
    }), { seed: 28, numRuns: 15 });
  });

  it('picks rows in the shape of the indices', () => {
    const graph = new Graph();
    const picked = gatherRows(graph.input('table', 'float32', ['rows', 2]), graph.input('indices', 'int64', [1, 3]));
    expect(picked.shape).toEqual([1, 3, 2]);
    const feeds = { table: numbers([1, 2, 3, 4, 5, 6], [3, 2]), indices: numbers([2, 0, 2], [1, 3]) };
    expect([...evaluate(graph, [picked], feeds)[0]!.data]).toEqual([5, 6, 1, 2, 5, 6]);
  });

  it('gives no gradient to rows that nobody picked', () => {
    const graph = new Graph();
    const table = graph.input('table', 'float32', [3, 1]);
    const picked = gatherRows(table, graph.input('indices', 'int64', [2]));
    const byTable = gradients(reshape(reduceSum(picked, [0, 1]), []), [table]).get(table)!;
    const feeds = { table: numbers([1, 2, 3], [3, 1]), indices: numbers([1, 1]) };
    expect([...evaluate(graph, [byTable], feeds)[0]!.data]).toEqual([0, 2, 0]);
  });
});
