import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { numbers, type Array64 } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate } from '../../test/interpreter.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph, type Value } from '../graph.ts';
import {
  add, cast, cos, div, erf, exp, floor, lessOrEqual, mul, neg, sigmoid, sin, sqrt, sub, tanh, where,
} from './elementwise.ts';

const runs = { seed: 20, numRuns: 12 };
const shape = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 0, maxLength: 3 });
const seed = fc.integer({ min: 0, max: 2 ** 31 });

/** Two or more shapes that broadcast: each axis is whole or 1, and leading axes may be missing. */
function broadcastShapes(count: number): fc.Arbitrary<number[][]> {
  return shape.chain((whole) => fc.array(
    fc.record({ lead: fc.integer({ min: 0, max: whole.length }), ones: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }) }),
    { minLength: count, maxLength: count },
  ).map((choices) => choices.map(({ lead, ones }) =>
    whole.slice(lead).map((size, axis) => (ones[axis] === true ? 1 : size)))));
}

/** The value of an operator on given numbers. */
function apply(build: (...operands: Value[]) => Value, ...operands: Array64[]): number[] {
  const graph = new Graph();
  const values = operands.map(({ shape: sizes }, index) => graph.input(`x${index}`, 'float32', sizes));
  const feeds = Object.fromEntries(operands.map((operand, index) => [`x${index}`, operand]));
  return [...evaluate(graph, [build(...values)], feeds)[0]!.data];
}

describe.each([
  ['neg', neg], ['exp', exp], ['tanh', tanh], ['sigmoid', sigmoid], ['erf', erf], ['cos', cos], ['sin', sin],
  ['sqrt', (x: Value) => sqrt(add(mul(x, x), x.graph.scalar(0.5)))],
] as const)('%s', (_, operator) => {
  it('has the gradient that central differences give', () => {
    fc.assert(fc.property(shape, seed, (sizes, start) => {
      expectGradients({
        build: (graph) => operator(graph.input('x', 'float32', sizes)),
        feeds: { x: uniform(seededRandom(start), sizes, -2, 2) },
        seed: start,
      });
    }), runs);
  });
});

describe.each([['add', add], ['sub', sub], ['mul', mul], ['div', div]] as const)('%s', (_, operator) => {
  it('has the gradients that central differences give, summed over broadcast axes', () => {
    fc.assert(fc.property(broadcastShapes(2), seed, ([shapeA, shapeB], start) => {
      const random = seededRandom(start);
      expectGradients({
        build: (graph) => operator(graph.input('a', 'float32', shapeA!), graph.input('b', 'float32', shapeB!)),
        feeds: { a: uniform(random, shapeA!, -2, 2), b: uniform(random, shapeB!, 0.5, 2) },
        seed: start,
      });
    }), { ...runs, numRuns: 30 });
  });

  it('adds up both gradients of a value that is both operands', () => {
    expectGradients({
      build: (graph) => {
        const x = graph.input('x', 'float32', [4]);
        return operator(x, mul(x, x));
      },
      feeds: { x: uniform(seededRandom(1), [4], 0.5, 2) },
      seed: 1,
    });
  });

  it('refuses shapes that do not broadcast and names the layer and both', () => {
    const graph = new Graph();
    const [a, b] = [graph.input('a', 'float32', [2, 'tokens']), graph.input('b', 'float32', [3, 'tokens'])];
    expect(() => graph.scope('model.layers.3', () => operator(a, b)))
      .toThrow(/^model\.layers\.3: .*a float32\[2, tokens\] and b float32\[3, tokens\]/);
  });

  it('refuses operands of different element types', () => {
    const graph = new Graph();
    const [a, b] = [graph.input('a', 'float32', [2]), graph.input('b', 'int64', [2])];
    expect(() => operator(a, b)).toThrow('element types differ');
  });
});

describe('where', () => {
  it('has the gradients that central differences give, by the chosen operand only', () => {
    fc.assert(fc.property(broadcastShapes(3), seed, (shapes, start) => {
      const random = seededRandom(start);
      const [ofCondition, ofA, ofB] = shapes as [number[], number[], number[]];
      expectGradients({
        build: (graph) => where(
          graph.input('condition', 'bool', ofCondition), graph.input('a', 'float32', ofA), graph.input('b', 'float32', ofB),
        ),
        feeds: {
          condition: { shape: ofCondition, data: uniform(random, ofCondition, 0, 2).data.map(Math.floor) },
          a: uniform(random, ofA),
          b: uniform(random, ofB),
        },
        seed: start,
      });
    }), { ...runs, numRuns: 30 });
  });
});

describe('values', () => {
  const x = numbers([-1.5, 0, 0.25, 2]);

  it('are those of the mathematical functions', () => {
    expect(apply(neg, x)).toEqual([1.5, -0, -0.25, -2]);
    expect(apply(floor, x)).toEqual([-2, 0, 0, 2]);
    expect(apply(sub, x, numbers([1]))).toEqual([-2.5, -1, -0.75, 1]);
    expect(apply(div, x, numbers([2]))).toEqual([-0.75, 0, 0.125, 1]);
    expect(apply(sigmoid, numbers([0, Math.log(3)]))).toEqual([0.5, expect.closeTo(0.75, 12)]);
    // Values of erf: Abramowitz & Stegun, table 7.1.
    expect(apply(erf, numbers([0.5, 1, 2]))).toEqual(
      [0.5204998778, 0.8427007929, 0.995322265].map((value) => expect.closeTo(value, 9)));
  });

  it('of a comparison are 1 where it holds', () => {
    expect(apply((a, b) => cast(lessOrEqual(a, b), 'float32'), x, numbers([0.25]))).toEqual([1, 1, 1, 0]);
  });
});

describe('cast', () => {
  it('to the type a value has already is that value', () => {
    const value = new Graph().input('x', 'float32', [2]);
    expect(cast(value, 'float32')).toBe(value);
  });

  it('between floating-point types has the gradient that central differences give', () => {
    expectGradients({
      build: (graph) => cast(cast(mul(graph.input('x', 'float32', [3]), graph.scalar(3)), 'float16'), 'float32'),
      feeds: { x: numbers([1, 2, 3]) },
      seed: 1,
    });
  });

  it('to and from whole numbers has no gradient', () => {
    const graph = new Graph();
    cast(cast(graph.input('x', 'float32', [2]), 'int64'), 'float32');
    expect(graph.tape).toEqual([]);
  });

  it('truncates to whole numbers', () => {
    expect(apply((x) => cast(x, 'int64'), numbers([-1.5, 2.7]))).toEqual([-1, 2]);
  });
});
