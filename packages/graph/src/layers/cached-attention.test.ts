import fc from 'fast-check';
import { expect, it } from 'vitest';

import { array64, numbers, type Array64 } from '../../test/array64.ts';
import { interpreter } from '../../test/interpreter.ts';
import { packAttention } from '../../test/packed-batch.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph } from '../graph.ts';
import type { AttentionHeads } from './attention-core.ts';
import { cachedAttention, type CacheLayout } from './cached-attention.ts';
import { packedAttention } from './packed-attention.ts';

const sizes = { heads: 2, keyValueHeads: 1, headDimension: 2, scale: 0.7 };
const cases = fc.record({
  prompt: fc.integer({ min: 1, max: 4 }),
  answer: fc.integer({ min: 1, max: 4 }),
  isBlock: fc.boolean(),
  padding: fc.nat(2),
  seed: fc.integer(),
  softCap: fc.option(fc.constant(0.8), { nil: undefined }),
  window: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
});

/** Rows of a matrix. */
function rowsOf(x: Array64, start: number, count: number): Array64 {
  const width = x.shape[1]!;
  return array64([count, width], x.data.subarray(start * width, (start + count) * width));
}

it.each(['tokens-first', 'batch-first'] as const)('gives, token by token, what attention over the whole sequence gives, with caps, windows and blocks: %s', (layout) => {
  fc.assert(fc.property(cases, ({ prompt, answer, isBlock, padding, seed, softCap, window }) => {
    const heads: AttentionHeads = { ...sizes, ...(softCap === undefined ? {} : { softCap }), ...(window === undefined ? {} : { window }) };
    const length = prompt + answer;
    const order = Array.from({ length }, (_, index) => (isBlock && index < prompt ? prompt - 1 : index));
    const random = seededRandom(seed);
    const [query, key, value] = [4, 2, 2].map((width) => uniform(random, [length, width], -2, 2)) as [Array64, Array64, Array64];
    const whole = attendPacked(heads, order, { query, key, value });

    const padded = [...order.slice(0, prompt), ...Array.from({ length: padding }, () => 2 ** 30 + 1)];
    const pad = (x: Array64): Array64 => array64([padded.length, x.shape[1]!], [...rowsOf(x, 0, prompt).data, ...new Array<number>(padding * x.shape[1]!).fill(9)]);
    let { output, cache } = attendCached(heads, { layout,
      rows: { query: pad(query), key: pad(key), value: pad(value) }, queryOrder: padded.map((each) => Math.min(each, 2 ** 30)), keyOrder: padded,
    });
    expectClose(rowsOf(output, 0, prompt), rowsOf(whole, 0, prompt));
    for (let at = prompt; at < length; at++) {
      padded.push(at);
      ({ output, cache } = attendCached(heads, { layout,
        rows: { query: rowsOf(query, at, 1), key: rowsOf(key, at, 1), value: rowsOf(value, at, 1) },
        queryOrder: [at], keyOrder: padded, cache,
      }));
      expectClose(output, rowsOf(whole, at, 1));
    }
  }), { seed: 56, numRuns: 40 });
});

function expectClose(actual: Array64, expected: Array64): void {
  expected.data.forEach((element, place) => expect(actual.data[place]).toBeCloseTo(element, 10));
}

type Rows = Readonly<Record<'query' | 'key' | 'value', Array64>>;

function attendPacked(heads: AttentionHeads, order: readonly number[], rows: Rows): Array64 {
  const graph = new Graph();
  const [query, key, value] = declareRows(graph, 'tokens');
  const output = packedAttention(graph, { sharedPrefix: false }).attend({ layer: 0, query, key, value, heads });
  const posts = [{ ids: order.map(() => 0), answer: 1, order }];
  return interpreter(graph, [output])({ ...rows, ...packAttention({ posts }) })[0]!;
}

function emptyCache(layout: CacheLayout): Readonly<Record<string, Array64>> {
  const empty = array64(layout === 'tokens-first' ? [0, 1, 1, 2] : [1, 1, 0, 2], []);
  return { 'past.0.key': empty, 'past.0.value': empty };
}

function attendCached(heads: AttentionHeads, options: {
  readonly layout: CacheLayout;
  readonly rows: Rows;
  readonly queryOrder: readonly number[];
  readonly keyOrder: readonly number[];
  readonly cache?: Readonly<Record<string, Array64>>;
}): { output: Array64; cache: Record<string, Array64> } {
  const { layout, rows, queryOrder, keyOrder, cache = emptyCache(layout) } = options;
  const graph = new Graph();
  const plan = cachedAttention(graph, { layout });
  const [query, key, value] = declareRows(graph, 'batch*query');
  const output = plan.attend({ layer: 0, query, key, value, heads });
  const made = ['key', 'value'].map((name) => graph.outputs.get(`${layout === 'tokens-first' ? 'fresh' : 'present'}.0.${name}`)!);
  const [attended, ...after] = interpreter(graph, [output, ...made])({
    ...rows, ...cache,
    query_order: numbers(queryOrder, [1, queryOrder.length]),
    key_order: numbers(keyOrder, [1, keyOrder.length]),
  });
  const [keys, values] = layout === 'batch-first' ? after : after.map((fresh, index) => behind(Object.values(cache)[index]!, fresh));
  return { output: attended!, cache: { 'past.0.key': keys!, 'past.0.value': values! } };
}

/** Tokens behind tokens. */
function behind(past: Array64, fresh: Array64): Array64 {
  return array64([past.shape[0]! + fresh.shape[0]!, ...past.shape.slice(1)], [...past.data, ...fresh.data]);
}

function declareRows(graph: Graph, rows: string) {
  const declare = (name: string, width: number) => graph.input(name, 'float32', [rows, width]);
  return [declare('query', 4), declare('key', 2), declare('value', 2)] as const;
}
