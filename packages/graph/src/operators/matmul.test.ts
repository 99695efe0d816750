import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { numbers } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate } from '../../test/interpreter.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph } from '../graph.ts';
import { gemm, matmul } from './matmul.ts';

const size = fc.integer({ min: 1, max: 4 });
const product = fc.record({
  m: size, k: size, n: size,
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  scale: fc.constantFrom(1, 0.125, -1.5),
  seed: fc.integer(),
});

function operandShapes({ m, k, n, transposeA, transposeB }: { m: number; k: number; n: number; transposeA: boolean; transposeB: boolean }) {
  return { ofA: transposeA ? [k, m] : [m, k], ofB: transposeB ? [n, k] : [k, n] };
}

describe('matmul', () => {
  it('has the gradients that central differences give, however its operands are read and scaled', () => {
    const lead = fc.array(fc.integer({ min: 1, max: 2 }), { maxLength: 2 });
    fc.assert(fc.property(product, lead, (options, batch) => {
      const { ofA, ofB } = operandShapes(options);
      const random = seededRandom(options.seed);
      expectGradients({
        build: (graph) => matmul(
          graph.input('a', 'float32', [...batch, ...ofA]), graph.input('b', 'float32', [...batch, ...ofB]), options,
        ),
        feeds: { a: uniform(random, [...batch, ...ofA]), b: uniform(random, [...batch, ...ofB]) },
        seed: options.seed,
      });
    }), { seed: 22, numRuns: 40 });
  });

  it('refuses operands whose inner axes differ and names the layer and both shapes', () => {
    const graph = new Graph();
    const [a, b] = [graph.input('a', 'float32', ['rows', 4]), graph.input('b', 'float32', [5, 4])];
    expect(() => graph.scope('lm_head', () => matmul(a, b)))
      .toThrow(/^lm_head: matmul.*a float32\[rows, 4\] and b float32\[5, 4\]/);
    expect(matmul(a, b, { transposeB: true }).shape).toEqual(['rows', 5]);
  });

  it('refuses a vector', () => {
    const graph = new Graph();
    expect(() => matmul(graph.input('a', 'float32', [4]), graph.input('b', 'float32', [4, 4]))).toThrow('not a matrix');
  });
});

describe('gemm', () => {
  const summand = fc.constantFrom('none', 'row', 'matrix');

  it('has the gradients that central differences give, by its summand too', () => {
    fc.assert(fc.property(product, summand, (options, kind) => {
      const { ofA, ofB } = operandShapes(options);
      const ofC = { none: undefined, row: [options.n], matrix: [options.m, options.n] }[kind];
      const random = seededRandom(options.seed);
      expectGradients({
        build: (graph) => gemm(
          graph.input('a', 'float32', ofA), graph.input('b', 'float32', ofB),
          ofC && graph.input('c', 'float32', ofC), options,
        ),
        feeds: { a: uniform(random, ofA), b: uniform(random, ofB), ...(ofC && { c: uniform(random, ofC) }) },
        seed: options.seed,
      });
    }), { seed: 23, numRuns: 60 });
  });

  it('scales the product but not the summand', () => {
    const graph = new Graph();
    const [a, b, c] = [graph.input('a', 'float32', [1, 2]), graph.input('b', 'float32', [1, 2]), graph.input('c', 'float32', [1])];
    const sum = gemm(a, b, c, { transposeB: true, scale: 2 });
    const feeds = { a: numbers([3, 4], [1, 2]), b: numbers([5, 6], [1, 2]), c: numbers([100]) };
    expect([...evaluate(graph, [sum], feeds)[0]!.data]).toEqual([2 * 39 + 100]);
  });

  it('refuses a summand of another width', () => {
    const graph = new Graph();
    const [a, b, c] = [graph.input('a', 'float32', [3, 2]), graph.input('b', 'float32', [2, 4]), graph.input('c', 'float32', [3])];
    expect(() => gemm(a, b, c)).toThrow(/summand.*c float32\[3\]/);
  });
});
