import fc from 'fast-check';
import { expect, it } from 'vitest';

import { numbers } from '../../test/array64.ts';
import { evaluate } from '../../test/interpreter.ts';
import { Graph } from '../graph.ts';
import { orderMask, orderMasks } from './order-mask.ts';

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

/** Which keys each query sees, of one sample. */
function seenWithin(options: {
  readonly window: number | undefined;
  readonly queryOrder: readonly number[];
  readonly keyOrder: readonly number[];
}): boolean[] {
  const graph = new Graph();
  const masks = orderMasks(graph.input('queries', 'int64', [1, 'query']), graph.input('keys', 'int64', [1, 'key']));
  const { window, queryOrder, keyOrder } = options;
  const feeds = { queries: numbers(queryOrder, [1, queryOrder.length]), keys: numbers(keyOrder, [1, keyOrder.length]) };
  return [...evaluate(graph, [masks(window)], feeds)[0]!.data].map((element) => element === 0);
}

it('a window shows the last tokens only, and the whole block that a query belongs to', () => {
  // A block of four tokens, then causal ones.
  const order = [3, 3, 3, 3, 4, 5, 6];
  expect(seenWithin({ window: 2, queryOrder: order, keyOrder: order })).toEqual([
    ...Array.from({ length: 4 }, () => [true, true, true, true, false, false, false]).flat(),
    false, false, false, true, true, false, false,
    false, false, false, false, true, true, false,
    false, false, false, false, false, true, true,
  ]);
});

it('a window counts a sequence\'s own tokens, wherever padding lies and whichever of them are asked', () => {
  const sequences = fc.record({ length: fc.integer({ min: 1, max: 8 }), window: fc.integer({ min: 1, max: 9 }), gap: fc.nat(8), padding: fc.nat(3) });
  fc.assert(fc.property(sequences, ({ length, window, gap, padding }) => {
    const at = Math.min(gap, length);
    const hiddenKeys = Array.from({ length: padding }, () => 2 ** 30 + 1);
    const order = Array.from({ length }, (_, index) => index);
    const padded = seenWithin({ window, queryOrder: [length - 1], keyOrder: [...order.slice(0, at), ...hiddenKeys, ...order.slice(at)] });
    const expected = order.map((index) => length - index <= window);
    expect(padded).toEqual([...expected.slice(0, at), ...hiddenKeys.map(() => false), ...expected.slice(at)]);
  }), { seed: 55, numRuns: 50 });
});

it('layers that look equally far back share a mask', () => {
  const graph = new Graph();
  const masks = orderMasks(graph.input('queries', 'int64', [1, 'query']), graph.input('keys', 'int64', [1, 'key']));
  expect(masks(4)).toBe(masks(4));
  expect(masks(undefined)).toBe(masks(undefined));
  expect(new Set([masks(3), masks(4), masks(undefined)]).size).toBe(3);
});
