import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { array64, numbers } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate } from '../../test/interpreter.ts';
import { packAttention } from '../../test/packed-batch.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph, type Value } from '../graph.ts';
import { Module } from '../module.ts';
import { packedAttention } from './packed-attention.ts';
import { axialRotaryAngles, rotaryAngles } from './rotary-angles.ts';
import { equalSegments } from './segments.ts';
import { fusedVisionAttention, groupedQueryAttention, visionAttention } from './self-attention.ts';

const projections = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'out_proj', 'qkv', 'proj'];
const trainable = [
  ['adapters', { adapters: new Map(projections.map((name) => [`attn.${name}`, { rank: 2, scaling: 1.5, dropout: 0 }])), full: new Set<string>() }],
  ['all its tensors', { adapters: new Map(), full: new Set(projections.flatMap((name) => [`attn.${name}.weight`, `attn.${name}.bias`])) }],
] as const;

describe('visionAttention', () => {
  const build = (graph: Graph, rows: number, width: number, heads: number, length: number): Value =>
    visionAttention(new Module(graph, 'attn'), graph.input('x', 'float32', [rows, width]), { heads, length });

  it.each(trainable)('has the gradients that central differences give, by %s', (_, tensors) => {
    const sizes = fc.record({
      heads: fc.integer({ min: 1, max: 2 }), d: fc.integer({ min: 1, max: 2 }), length: fc.integer({ min: 1, max: 3 }),
      segments: fc.integer({ min: 1, max: 2 }), seed: fc.integer(),
    });
    fc.assert(fc.property(sizes, ({ heads, d, length, segments, seed }) => {
      const shape = [segments * length, heads * d] as const;
      expectGradients({
        build: (graph) => build(graph, shape[0], shape[1], heads, length),
        feeds: { x: uniform(seededRandom(seed), shape, -2, 2) },
        trainable: tensors,
        seed,
      });
    }), { seed: 53, numRuns: 5 });
  });

  it('stays within segments: a picture attends to itself', () => {
    const graph = new Graph();
    const y = build(graph, 4, 2, 1, 2);
    const random = seededRandom(1);
    const weights = [...graph.weights.values()].map(({ name, shape }) => [name, uniform(random, shape as number[])] as const);
    const x = uniform(random, [4, 2]);
    const changed = array64([4, 2], [...x.data.subarray(0, 4), 9, 9, 9, 9]);
    const [before, after] = [x, changed].map((rows) => evaluate(graph, [y], { ...Object.fromEntries(weights), x: rows })[0]!.data);
    expect([...after!.subarray(0, 4)]).toEqual([...before!.subarray(0, 4)]);
    expect([...after!.subarray(4)]).not.toEqual([...before!.subarray(4)]);
  });

  it('with equal scores is the mean of the values', () => {
    const graph = new Graph();
    const y = build(graph, 2, 1, 1, 2);
    const feeds = {
      x: numbers([1, 5], [2, 1]),
      'attn.q_proj.weight': numbers([0], [1, 1]), 'attn.k_proj.weight': numbers([1], [1, 1]),
      'attn.v_proj.weight': numbers([2], [1, 1]), 'attn.out_proj.weight': numbers([10], [1, 1]),
      'attn.q_proj.bias': numbers([0]), 'attn.k_proj.bias': numbers([0]), 'attn.v_proj.bias': numbers([1]), 'attn.out_proj.bias': numbers([3]),
    };
    expect([...evaluate(graph, [y], feeds)[0]!.data]).toEqual([73, 73]);
  });

  it('refuses rows that are not whole segments, naming the layer', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [7, 2]);
    expect(() => visionAttention(new Module(graph, 'layers.2.self_attn'), x, { heads: 1, length: 3 }))
      .toThrow(/^layers\.2\.self_attn: .*groups of 3.*float32\[7, 2\]/);
  });
});

describe('fusedVisionAttention', () => {
  const build = (graph: Graph): Value => fusedVisionAttention(new Module(graph, 'attn'), graph.input('x', 'float32', [4, 8]), {
    heads: 2,
    angles: axialRotaryAngles(graph.input('positions', 'int64', [2, 4]), { headDimension: 4, theta: 50 }),
    segments: equalSegments(2),
  });
  const positions = numbers([0, 0, 1, 3, 2, 1, 0, 1], [2, 4]);

  it.each(trainable)('has the gradients that central differences give, by %s', (_, tensors) => {
    expectGradients({ build, feeds: { x: uniform(seededRandom(7), [4, 8], -2, 2), positions }, trainable: tensors, seed: 7 });
  });

  it('is attention with three linears, rotated, where its rows are theirs', () => {
    const graph = new Graph();
    const y = build(graph);
    const random = seededRandom(9);
    const feeds = {
      x: uniform(random, [4, 8]), positions,
      ...Object.fromEntries([...graph.weights.values()].map(({ name, shape }) => [name, uniform(random, shape as number[])])),
    };
    const still = { ...feeds, positions: numbers(new Array<number>(8).fill(0), [2, 4]) };
    const plain = new Graph();
    const expected = visionAttention(new Module(plain, 'attn'), plain.input('x', 'float32', [4, 8]), { heads: 2, length: 2 });
    const part = (name: string, index: number) => {
      const { shape, data } = feeds[name as keyof typeof feeds];
      return array64([shape[0]! / 3, ...shape.slice(1)], data.slice(index * data.length / 3, (index + 1) * data.length / 3));
    };
    const separate = Object.fromEntries(['q_proj', 'k_proj', 'v_proj'].flatMap((name, index) =>
      ['weight', 'bias'].map((tensor) => [`attn.${name}.${tensor}`, part(`attn.qkv.${tensor}`, index)])));
    const out = Object.fromEntries(['weight', 'bias'].map((tensor) => [`attn.out_proj.${tensor}`, feeds[`attn.proj.${tensor}` as keyof typeof feeds]]));
    const [theirs] = evaluate(plain, [expected], { x: feeds.x, ...separate, ...out });
    const [unturned, turned] = [still, feeds].map((each) => [...evaluate(graph, [y], each)[0]!.data]);
    expect(unturned).toEqual([...theirs!.data].map((element) => expect.closeTo(element, 10)));
    expect(turned).not.toEqual(unturned);
  });
});

describe('groupedQueryAttention', () => {
  it.each(trainable)('has the gradients that central differences give, by %s', (_, tensors) => {
    const posts = [{ ids: [0, 0, 0, 0], answer: 1 }, { ids: [0, 0, 0], answer: 1 }];
    fc.assert(fc.property(fc.boolean(), fc.constantFrom(0, 2), fc.integer(), (bias, prefix, seed) => {
      const tokens = prefix === 0 ? 7 : 5;
      expectGradients({
        build: (graph) => groupedQueryAttention(new Module(graph, 'attn'), graph.input('x', 'float32', ['tokens', 4]), {
          heads: { heads: 2, keyValueHeads: 1, headDimension: 4, scale: 0.5 },
          angles: rotaryAngles(graph.input('positions', 'int64', [1, 'tokens']), { headDimension: 4, theta: 50 }),
          plan: packedAttention(graph, { sharedPrefix: prefix > 0 }),
          layer: 0,
          bias,
        }),
        feeds: {
          ...packAttention({ posts, sharedPrefix: prefix }),
          x: uniform(seededRandom(seed), [tokens, 4]),
          positions: numbers(Array.from({ length: tokens }, (__, row) => row), [1, tokens]),
        },
        trainable: tensors,
        seed,
      });
    }), { seed: 54, numRuns: 4 });
  });

  it('depends on how far apart tokens are, not on where they stand', () => {
    const graph = new Graph();
    const y = groupedQueryAttention(new Module(graph, 'attn'), graph.input('x', 'float32', ['tokens', 4]), {
      heads: { heads: 2, keyValueHeads: 1, headDimension: 4, scale: 0.5 },
      angles: rotaryAngles(graph.input('positions', 'int64', [1, 'tokens']), { headDimension: 4, theta: 50 }),
      plan: packedAttention(graph, { sharedPrefix: false }),
      layer: 0,
    });
    const random = seededRandom(6);
    const weights = [...graph.weights.values()].map(({ name, shape }) => [name, uniform(random, shape as number[])] as const);
    const feeds = { ...Object.fromEntries(weights), ...packAttention({ posts: [{ ids: [0, 0, 0], answer: 1 }] }), x: uniform(random, [3, 4]) };
    const at = (positions: readonly number[]): number[] =>
      [...evaluate(graph, [y], { ...feeds, positions: numbers(positions, [1, 3]) })[0]!.data];
    const start = at([0, 1, 2]);
    at([5, 6, 7]).forEach((element, place) => expect(element).toBeCloseTo(start[place]!, 6));
    const stretched = at([0, 2, 4]);
    expect(Math.max(...stretched.map((element, place) => Math.abs(element - start[place]!)))).toBeGreaterThan(1e-3);
  });
});
