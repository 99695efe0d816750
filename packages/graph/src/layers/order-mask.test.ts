import { expect, it } from 'vitest';

import { numbers } from '../../test/array64.ts';
import { evaluate } from '../../test/interpreter.ts';
import { Graph } from '../graph.ts';
import { orderMask } from './order-mask.ts';

it('orderMask is 0 where a key is not after the query, and hides the others and padding', () => {
  const graph = new Graph();
  const mask = orderMask(graph.input('queries', 'int64', ['batch', 'query']), graph.input('keys', 'int64', ['batch', 'key']));
  expect(mask.shape).toEqual(['batch', 1, 'query', 'key']);
  const padding = 2 ** 30;
  const feeds = { queries: numbers([0, 2, padding], [1, 3]), keys: numbers([0, 1, 2, padding + 1], [1, 4]) };
  const seen = [...evaluate(graph, [mask], feeds)[0]!.data].map((element) => element === 0);
  expect(seen).toEqual([
    true, false, false, false,
    true, true, true, false,
    true, true, true, false,
  ]);
});
