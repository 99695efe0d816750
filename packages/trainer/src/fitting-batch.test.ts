import { expect, it } from 'vitest';

import { fittingBatch } from './fitting-batch.ts';

it('takes as many posts as asked for while they are short, and fewer the longer they are', () => {
  expect([0, 100, 1448].map((tokens) => fittingBatch(tokens, 8))).toEqual([8, 8, 8]);
  expect([1449, 2048, 4096, 20_000].map((tokens) => fittingBatch(tokens, 8))).toEqual([7, 4, 1, 1]);
});
