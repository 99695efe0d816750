import { expect, it } from 'vitest';

import { elementCount } from './tensor.ts';

it.each([[[], 1], [[5], 5], [[2, 3, 4], 24], [[2, 0, 4], 0]])('elementCount(%j) is %d', (shape, count) => {
  expect(elementCount(shape)).toBe(count);
});
