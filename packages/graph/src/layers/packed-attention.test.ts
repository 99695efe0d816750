import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { array64, type Array64 } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate, type Feeds } from '../../test/interpreter.ts';
import { packAttention, packedTokens, type TestPost } from '../../test/packed-batch.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph, type Value } from '../graph.ts';
import type { AttentionHeads } from './attention-core.ts';
import { packedAttention } from './packed-attention.ts';

interface Batch {
  readonly heads: AttentionHeads;
  readonly posts: readonly TestPost[];
  readonly prefix: number;
  readonly padding: number;
  readonly seed: number;
}

/** Ragged batches with and without a shared prefix, caps and windows, with causal and with block-wise bidirectional orders. */
const batches = fc.record({
  keyValueHeads: fc.integer({ min: 1, max: 2 }),
  group: fc.integer({ min: 1, max: 2 }),
  half: fc.constantFrom(1, 2),
  own: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  prefix: fc.nat(3),
  padding: fc.nat(2),
  blocks: fc.constantFrom(1, 2),
  seed: fc.integer(),
  softCap: fc.option(fc.constantFrom(0.5, 3), { nil: undefined }),
  window: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
}).map(({ keyValueHeads, group, half, own, blocks, softCap, window, ...rest }): Batch => ({
  ...rest,
  heads: {
    heads: keyValueHeads * group, keyValueHeads, headDimension: 2 * half, scale: 0.5,
    ...(softCap === undefined ? {} : { softCap }), ...(window === undefined ? {} : { window }),
  },
  posts: own.map((length) => {
    const ids = new Array<number>(rest.prefix + length).fill(0);
    // With blocks of two, both tokens of a block see each other, as an image prefix does.
    return { ids, answer: 1, order: ids.map((_, index) => Math.floor(index / blocks)) };
  }),
}));

function attend(graph: Graph, heads: AttentionHeads, sharedPrefix: boolean): Value {
  const width = heads.heads * heads.headDimension;
  const keyWidth = heads.keyValueHeads * heads.headDimension;
  const query = graph.input('query', 'float32', ['tokens', width]);
  const key = graph.input('key', 'float32', ['tokens', keyWidth]);
  const value = graph.input('value', 'float32', ['tokens', keyWidth]);
  return packedAttention(graph, { sharedPrefix }).attend({ layer: 0, query, key, value, heads });
}

/** Random projections of the packed rows. */
function projections({ heads, posts, prefix, seed }: Batch): { query: Array64; key: Array64; value: Array64 } {
  const random = seededRandom(seed);
  const tokens = packedTokens(posts, prefix).length;
  const rows = (count: number): Array64 => uniform(random, [tokens, count * heads.headDimension], -2, 2);
  return { query: rows(heads.heads), key: rows(heads.keyValueHeads), value: rows(heads.keyValueHeads) };
}

/** Attention of one packed row, token by token and head by head. */
function naiveRow(batch: Batch, { query, key, value }: ReturnType<typeof projections>, row: number): number[] {
  const { heads: { heads, keyValueHeads, headDimension: d, scale, softCap, window = Infinity }, posts, prefix } = batch;
  const tokens = packedTokens(posts, prefix);
  const { post, index } = tokens[row]!;
  const order = posts[post]!.order!;
  // A window reaches back from the start of the query's block.
  const isSeen = (token: { readonly index: number }): boolean =>
    order[token.index] === order[index] || (order[token.index]! < order[index]! && order.indexOf(order[index]!) - token.index < window);
  const seen = tokens.flatMap((token, place) =>
    (token.post === post || token.index < prefix) && isSeen(token) && (index >= prefix || token.index < prefix) ? [place] : []);
  const cap = (score: number): number => (softCap === undefined ? score : softCap * Math.tanh(score / softCap));
  return Array.from({ length: heads * d }, (_, column) => {
    const head = Math.floor(column / d);
    const keyHead = Math.floor((head * keyValueHeads) / heads);
    const powers = seen.map((place) => Math.exp(cap(scale * Array.from({ length: d }, (__, j) =>
      query.data[(row * heads + head) * d + j]! * key.data[(place * keyValueHeads + keyHead) * d + j]!).reduce((a, b) => a + b))));
    const total = powers.reduce((a, b) => a + b);
    return seen.reduce((sum, place, at) =>
      sum + (powers[at]! / total) * value.data[(place * keyValueHeads + keyHead) * d + (column % d)]!, 0);
  });
}

function run(batch: Batch, feeds: Feeds): Array64 {
  const graph = new Graph();
  return evaluate(graph, [attend(graph, batch.heads, batch.prefix > 0)], feeds)[0]!;
}

describe('packedAttention', () => {
  it('is what each post attending to its own and the shared tokens gives', () => {
    fc.assert(fc.property(batches, (batch) => {
      const rows = projections(batch);
      const attended = run(batch, { ...rows, ...packAttention({ posts: batch.posts, sharedPrefix: batch.prefix, padding: batch.padding }) });
      const width = attended.shape[1]!;
      for (let row = 0; row < attended.shape[0]!; row++) {
        const expected = naiveRow(batch, rows, row);
        expected.forEach((element, column) => expect(attended.data[row * width + column]).toBeCloseTo(element, 10));
      }
    }), { seed: 50, numRuns: 80 });
  });

  it('has the gradients that central differences give, by query, key and value', () => {
    fc.assert(fc.property(batches, (batch) => {
      expectGradients({
        build: (graph) => attend(graph, batch.heads, batch.prefix > 0),
        feeds: { ...projections(batch), ...packAttention({ posts: batch.posts, sharedPrefix: batch.prefix, padding: batch.padding }) },
        seed: batch.seed,
      });
    }), { seed: 51, numRuns: 30 });
  });

  it('is not changed by padding', () => {
    fc.assert(fc.property(batches, fc.integer({ min: 1, max: 5 }), (batch, more) => {
      const rows = projections(batch);
      const [tight, wide] = [0, more].map((padding) =>
        run(batch, { ...rows, ...packAttention({ posts: batch.posts, sharedPrefix: batch.prefix, padding }) }));
      tight!.data.forEach((element, place) => expect(wide!.data[place]).toBeCloseTo(element, 12));
    }), { seed: 52, numRuns: 20 });
  });

  it('keeps posts apart: other tokens change nothing of a post', () => {
    const batch: Batch = {
      heads: { heads: 2, keyValueHeads: 1, headDimension: 2, scale: 1 },
      posts: [{ ids: [0, 0, 0], answer: 1 }, { ids: [0, 0], answer: 1 }], prefix: 1, padding: 0, seed: 3,
    };
    const rows = projections(batch);
    const feeds = packAttention({ posts: batch.posts, sharedPrefix: 1 });
    // Row 3 is the second post's own token.
    const disturb = (x: Array64): Array64 => array64(x.shape, x.data.map((v, place) => (place >= 3 * x.shape[1]! ? v + 100 : v)));
    const changed = Object.fromEntries(Object.entries(rows).map(([name, x]) => [name, disturb(x)]));
    const [before, after] = [run(batch, { ...rows, ...feeds }), run(batch, { ...changed, ...feeds })];
    expect([...after.data.subarray(0, 12)]).toEqual([...before.data.subarray(0, 12)]);
    expect([...after.data.subarray(12)]).not.toEqual([...before.data.subarray(12)]);
  });
});
