import { describe, expect, it } from 'vitest';

import { gradientErrors, largestDifference, largestNestedDifference, normError, tensorError, worstOf } from './compare.ts';

it('measures the largest difference relative to the largest expected entry', () => {
  expect(tensorError([1, -4, 2], [1, -5, 2])).toBeCloseTo(0.2, 12);
  expect(tensorError([0, 0], [0, 0])).toBe(0);
  expect(tensorError([1], [0])).toBe(Infinity);
});

it('never lets other lengths or broken numbers pass', () => {
  expect(largestDifference([1], [1, 2])).toBe(Infinity);
  expect(largestDifference([NaN, 1], [1, 1])).toBeNaN();
  expect(normError([[[1], [1, 2]]])).toBe(Infinity);
  expect(worstOf([['a', 1], ['b', NaN], ['c', 2]]).error).toBeNaN();
  expect(worstOf([]).error).toBeNaN();
  expect(worstOf([['a', 0], ['b', 2], ['c', 1]])).toEqual({ name: 'b', error: 2 });
});

it('measures many tensors as one vector', () => {
  expect(normError([[[3], [0]], [[0, 5], [4, 5]]])).toBeCloseTo(Math.sqrt(25 / 41), 12);
});

it('compares nested values of one form', () => {
  expect(largestNestedDifference({ a: [1, NaN], b: 'x' }, { a: [1.5, NaN], b: 'x' })).toBe(0.5);
  expect(largestNestedDifference({ a: 1 }, { a: 1, b: 2 })).toBe(Infinity);
  expect(largestNestedDifference('x', 'y')).toBe(Infinity);
  expect(largestNestedDifference(null, 1)).toBe(Infinity);
});

describe('gradients', () => {
  const errorsOf = (tiny: readonly number[]) => gradientErrors(new Map([['a', [[3, 4.5], [3, 4]]], ['b', [tiny, [0, 1e-9]]]]));

  it('are compared with their own size, by entry and by norm', () => {
    const { entry, norm } = errorsOf([0, 1e-9]);
    expect(entry).toEqual([['a', 0.125], ['b', 0]]);
    expect(norm).toEqual([['a', 0.1], ['b', 0]]);
  });

  it('are compared with the largest where they are nearly zero', () => {
    const { entry, norm } = errorsOf([0, 1]);
    expect(entry[1]?.[1]).toBeCloseTo(0.25, 8);
    expect(norm[1]?.[1]).toBeCloseTo(0.2, 8);
  });

  it('are right when all are zero, and wrong when one is missing or broken', () => {
    expect(gradientErrors(new Map([['a', [[0], [0]]]])).norm).toEqual([['a', 0]]);
    expect(errorsOf([]).norm[1]?.[1]).toBe(Infinity);
    expect(errorsOf([NaN, 0]).entry[1]?.[1]).toBeNaN();
  });
});
