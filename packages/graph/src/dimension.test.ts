import type { Dimension } from '@mmhs/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  addDimensions, dimensionTerms, divideDimension, equalShapes, formatShape, multiplyDimensions, subtractDimensions,
} from './dimension.ts';

/** A term such as 3*batch*tokens, as a dimension. */
const term = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.array(fc.constantFrom('batch', 'tokens', 'past'), { maxLength: 2 }))
  .map(([coefficient, symbols]) => multiplyDimensions(coefficient, ...symbols));
const dimension = fc.array(term, { minLength: 1, maxLength: 3 }).map((terms) => terms.reduce(addDimensions, 0 as Dimension));
const factor = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.array(fc.constantFrom('batch', 'tokens', 'past'), { maxLength: 2 }))
  .map(([coefficient, symbols]) => multiplyDimensions(coefficient, ...symbols));
const sizes = fc.record({ batch: fc.nat(7), tokens: fc.nat(7), past: fc.nat(7) });

function valueOf(of: Dimension, symbols: Readonly<Record<string, number>>): number {
  return dimensionTerms(of).reduce((sum, { coefficient, symbols: names }) =>
    sum + names.reduce((product, name) => product * symbols[name]!, coefficient), 0);
}

describe('dimension arithmetic', () => {
  it('agrees with arithmetic on sizes', () => {
    fc.assert(fc.property(dimension, dimension, sizes, (a, b, symbols) => {
      expect(valueOf(addDimensions(a, b), symbols)).toBe(valueOf(a, symbols) + valueOf(b, symbols));
      expect(valueOf(multiplyDimensions(a, b), symbols)).toBe(valueOf(a, symbols) * valueOf(b, symbols));
    }), { seed: 1 });
  });

  it('is canonical: equal sizes are written alike, however they came about', () => {
    fc.assert(fc.property(dimension, dimension, dimension, (a, b, c) => {
      expect(addDimensions(a, b)).toBe(addDimensions(b, a));
      expect(multiplyDimensions(a, b)).toBe(multiplyDimensions(b, a));
      expect(addDimensions(addDimensions(a, b), c)).toBe(addDimensions(a, addDimensions(b, c)));
      expect(multiplyDimensions(a, addDimensions(b, c))).toBe(addDimensions(multiplyDimensions(a, b), multiplyDimensions(a, c)));
    }), { seed: 2 });
  });

  it('undoes itself', () => {
    fc.assert(fc.property(dimension, dimension, factor, (a, b, by) => {
      expect(subtractDimensions(addDimensions(a, b), b)).toBe(a);
      expect(divideDimension(multiplyDimensions(a, by), by)).toBe(a);
    }), { seed: 3 });
  });

  it('has 0 and 1 as its neutral elements', () => {
    fc.assert(fc.property(dimension, (a) => {
      expect([addDimensions(a, 0), multiplyDimensions(a, 1), multiplyDimensions(a, 0)]).toEqual([a, a, 0]);
      expect(multiplyDimensions()).toBe(1);
    }), { seed: 4 });
  });

  it('writes sums and products the way the graph contract does', () => {
    expect(addDimensions('prefix', 'query')).toBe('prefix + query');
    expect(multiplyDimensions('tokens', 2, 'batch')).toBe('2*batch*tokens');
    expect(addDimensions(addDimensions(3, 'tokens'), 'tokens')).toBe('2*tokens + 3');
    expect(formatShape([4, 'batch*tokens'])).toBe('[4, batch*tokens]');
  });

  it.each([[7, 2], ['3*tokens', 2], ['batch', 'tokens'], ['2*batch + 1', 2], ['tokens', 0], ['tokens', 'batch + past']])(
    'refuses to divide %s by %s', (dividend, divisor) => {
      expect(() => divideDimension(dividend, divisor)).toThrow(`Axis size ${dividend} cannot be divided by ${divisor}`);
    });

  it.each([[2, 3], ['tokens', 'prefix'], ['tokens', '2*tokens']])('finds no %s after %s', (a, b) => {
    expect(subtractDimensions(a, b)).toBeUndefined();
  });

  it('compares shapes symbol for symbol', () => {
    expect(equalShapes([2, 'tokens'], [2, 'tokens'])).toBe(true);
    expect(equalShapes([2, 'tokens'], [2, 'prefix'])).toBe(false);
    expect(equalShapes([2], [2, 1])).toBe(false);
  });
});
