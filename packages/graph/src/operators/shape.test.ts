import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { array64, numbers, sizeOf } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate, type Feeds } from '../../test/interpreter.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import type { Shape } from '../dimension.ts';
import { Graph, type Value } from '../graph.ts';
import { concat, expand, reshape, slice, split, transpose } from './shape.ts';

const runs = { seed: 25, numRuns: 20 };
const size = fc.integer({ min: 1, max: 4 });
const sizes = fc.array(size, { minLength: 1, maxLength: 4 });

/** 0, 1, 2, ... in a shape. */
function counting(shape: readonly number[]) {
  return array64(shape, Array.from({ length: sizeOf(shape) }, (_, index) => index));
}

function elements(value: Value, feeds: Feeds): number[] {
  return [...evaluate(value.graph, [value], feeds)[0]!.data];
}

describe('reshape', () => {
  it('has the gradient that central differences give', () => {
    fc.assert(fc.property(sizes, fc.integer(), (shape, seed) => {
      expectGradients({
        build: (graph) => reshape(graph.input('x', 'float32', shape), [sizeOf(shape), 1]),
        feeds: { x: uniform(seededRandom(seed), shape) },
        seed,
      });
    }), runs);
  });

  it('keeps symbolic sizes apart, and the order of the elements', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['batch', 'tokens', 6]);
    const y = reshape(reshape(x, ['batch*tokens', 6]), ['batch', 'tokens', 2, 3]);
    expect(elements(y, { x: counting([2, 3, 6]) })).toEqual([...counting([36]).data]);
  });

  it('to the same shape is the same value', () => {
    const x = new Graph().input('x', 'float32', ['tokens', 6]);
    expect(reshape(x, ['tokens', 6])).toBe(x);
  });

  it('refuses another number of elements and names layer and shapes', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['tokens', 6]);
    expect(() => graph.scope('connector', () => reshape(x, ['tokens', 2, 4])))
      .toThrow(/^connector: reshape.*\[tokens, 2, 4\].*x float32\[tokens, 6\]/);
  });
});

describe('transpose', () => {
  const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
  const shapes = fc.array(size, { minLength: 4, maxLength: 4 });

  it('has the gradient that central differences give', () => {
    fc.assert(fc.property(shapes, order, fc.integer(), (shape, permutation, seed) => {
      expectGradients({
        build: (graph) => transpose(graph.input('x', 'float32', shape), permutation),
        feeds: { x: uniform(seededRandom(seed), shape) },
        seed,
      });
    }), runs);
  });

  it('puts element (i, j) in place (j, i)', () => {
    const x = new Graph().input('x', 'float32', [2, 3]);
    expect(elements(transpose(x, [1, 0]), { x: counting([2, 3]) })).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('refuses what is not an order of the axes', () => {
    const x = new Graph().input('x', 'float32', [2, 3]);
    expect(() => transpose(x, [0, 0])).toThrow('[0, 0] is not an order of its axes');
  });
});

describe('concat', () => {
  const parts = fc.record({
    shape: fc.array(size, { minLength: 1, maxLength: 3 }),
    widths: fc.array(size, { minLength: 1, maxLength: 3 }),
    axis: fc.nat(2),
  }).map(({ shape, widths, axis }) => {
    const place = axis % shape.length;
    return { axis: place, shapes: widths.map((width) => shape.with(place, width)) };
  });

  it('has the gradients that central differences give', () => {
    fc.assert(fc.property(parts, fc.integer(), ({ axis, shapes }, seed) => {
      const random = seededRandom(seed);
      expectGradients({
        build: (graph) => concat(shapes.map((shape, index) => graph.input(`x${index}`, 'float32', shape)), axis),
        feeds: Object.fromEntries(shapes.map((shape, index) => [`x${index}`, uniform(random, shape)])),
        seed,
      });
    }), runs);
  });

  it('has them along a symbolic axis too', () => {
    const random = seededRandom(1);
    expectGradients({
      build: (graph) => concat([
        graph.input('a', 'float32', ['tokens', 2]), graph.input('b', 'float32', ['image_rows', 2]),
        graph.input('c', 'float32', ['tokens', 2]), graph.input('d', 'float32', [3, 2]),
      ], 0),
      feeds: {
        a: uniform(random, [2, 2]), b: uniform(random, [1, 2]), c: uniform(random, [2, 2]), d: uniform(random, [3, 2]),
      },
      seed: 1,
    });
  });

  it('counts the last axis as -1 and adds symbolic sizes up', () => {
    const graph = new Graph();
    const [a, b] = [graph.input('a', 'float32', [2, 'n']), graph.input('b', 'float32', [2, 1])];
    const joined = concat([a, b], -1);
    expect(joined.shape).toEqual([2, 'n + 1']);
    expect(elements(joined, { a: numbers([1, 2, 3, 4], [2, 2]), b: numbers([8, 9], [2, 1]) })).toEqual([1, 2, 8, 3, 4, 9]);
  });

  it('refuses parts whose other axes differ', () => {
    const graph = new Graph();
    const [a, b] = [graph.input('a', 'float32', ['n', 2]), graph.input('b', 'float32', ['n', 3])];
    expect(() => concat([a, b], 0)).toThrow(/axes other than 0 differ.*a float32\[n, 2\] and b float32\[n, 3\]/);
  });
});

describe('slice', () => {
  const part = fc.record({ shape: sizes, axis: fc.nat(3), from: fc.nat(4), to: fc.nat(4) }).map(({ shape, axis, from, to }) => {
    const place = axis % shape.length;
    const whole = shape[place]!;
    const start = Math.min(from, to, whole - 1);
    return { shape, axis: place, start, end: Math.max(start + 1, Math.min(Math.max(from, to), whole)) };
  });

  it('has the gradient that central differences give', () => {
    fc.assert(fc.property(part, fc.integer(), ({ shape, ...range }, seed) => {
      expectGradients({
        build: (graph) => slice(graph.input('x', 'float32', shape), range),
        feeds: { x: uniform(seededRandom(seed), shape) },
        seed,
      });
    }), runs);
  });

  it.each([
    ['up to a symbol', { axis: 0, start: 0, end: 'past' }, [0, 1, 2, 3], ['past', 2]],
    ['from a symbol on', { axis: 0, start: 'past', end: 'past + query' }, [4, 5, 6, 7, 8, 9], ['query', 2]],
    ['on the last axis', { axis: -1, start: 1, end: 2 }, [1, 3, 5, 7, 9], ['past + query', 1]],
  ] as const)('takes elements %s and gives their gradient back in place', (_, range, expected, shape) => {
    const build = (graph: Graph): Value => {
      graph.input('past_order', 'int64', ['past']);
      graph.input('query_order', 'int64', ['query']);
      return slice(graph.input('x', 'float32', ['past + query', 2]), range);
    };
    const orders = { past_order: numbers([0, 1]), query_order: numbers([2, 3, 4]) };
    const value = build(new Graph());
    expect(value.shape).toEqual(shape);
    expect(elements(value, { ...orders, x: counting([5, 2]) })).toEqual(expected);
    expectGradients({ build, feeds: { ...orders, x: counting([5, 2]) }, seed: 3 });
  });

  it('refuses bounds it cannot subtract', () => {
    const x = new Graph().input('x', 'float32', ['tokens', 2]);
    expect(() => slice(x, { axis: 0, start: 'prefix', end: 'tokens' })).toThrow('cannot subtract prefix from tokens');
  });
});

describe('expand', () => {
  it('has the gradient that central differences give: the sum over the copies', () => {
    const repeated = fc.tuple(sizes, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.nat(2));
    fc.assert(fc.property(repeated, fc.integer(), ([shape, ones, lead], seed) => {
      const from: Shape = shape.slice(Math.min(lead, shape.length - 1)).map((whole, axis) => (ones[axis] === true ? 1 : whole));
      expectGradients({
        build: (graph) => expand(graph.input('x', 'float32', from), shape),
        feeds: { x: uniform(seededRandom(seed), from as number[]) },
        seed,
      });
    }), runs);
  });

  it('repeats along axes of size 1', () => {
    const x = new Graph().input('x', 'float32', [2, 1]);
    expect(elements(expand(x, [2, 2, 3]), { x: numbers([7, 8], [2, 1]) })).toEqual([7, 7, 7, 8, 8, 8, 7, 7, 7, 8, 8, 8]);
  });
});

describe('split', () => {
  const cases = fc.record({ lead: fc.array(size, { maxLength: 2 }), count: fc.integer({ min: 1, max: 3 }), part: size, seed: fc.integer() });

  it('has the gradient that central differences give, with parts that are not used', () => {
    fc.assert(fc.property(cases, fc.nat(2), ({ lead, count, part, seed }, unused) => {
      const shape = [...lead, count * part];
      expectGradients({
        build: (graph) => {
          const parts = split(graph.input('x', 'float32', shape), count);
          return concat(parts.length > 1 ? parts.filter((_, index) => index !== unused) : parts, -1);
        },
        feeds: { x: uniform(seededRandom(seed), shape) },
        seed,
      });
    }), runs);
  });

  it('is undone by putting the parts side by side', () => {
    fc.assert(fc.property(cases, ({ lead, count, part }) => {
      const x = counting([...lead, count * part]);
      const parts = split(new Graph().input('x', 'float32', x.shape), count);
      expect(elements(concat(parts, -1), { x })).toEqual([...x.data]);
      expect(parts.map(({ shape }) => shape.at(-1))).toEqual(Array.from({ length: count }, () => part));
    }), runs);
  });

  it('refuses a width that has no such parts', () => {
    expect(() => split(new Graph().input('x', 'float32', ['rows', 7]), 3)).toThrow(/split: no 3 equal parts.*x float32\[rows, 7\]/);
  });
});
