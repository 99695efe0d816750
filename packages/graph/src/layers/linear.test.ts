import type { LoraModule } from '@mmhs/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { array64, type Array64 } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate } from '../../test/interpreter.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { gradients } from '../differentiation/gradient.ts';
import { Graph, type Value } from '../graph.ts';
import { Module } from '../module.ts';
import { reduceSum } from '../operators/reduce.ts';
import { reshape } from '../operators/shape.ts';
import { linear } from './linear.ts';

const lora: LoraModule = { rank: 2, scaling: 0.75, dropout: 0 };
const size = fc.integer({ min: 1, max: 4 });

function layer(graph: Graph, inFeatures: number, outFeatures: number, bias = false): Value {
  return linear(new Module(graph, 'layer'), graph.input('x', 'float32', ['rows', inFeatures]), { outFeatures, bias });
}

describe('linear', () => {
  it('has the gradients that central differences give, by its input, adapter and trained tensors', () => {
    const choice = fc.record({
      rows: size, inFeatures: size, outFeatures: size, rank: size,
      scaling: fc.constantFrom(1, 2, 0.25), adapted: fc.boolean(), bias: fc.boolean(), full: fc.boolean(), seed: fc.integer(),
    });
    fc.assert(fc.property(choice, ({ rows, inFeatures, outFeatures, rank, scaling, adapted, bias, full, seed }) => {
      expectGradients({
        build: (graph) => layer(graph, inFeatures, outFeatures, bias),
        feeds: { x: uniform(seededRandom(seed), [rows, inFeatures]) },
        trainable: {
          adapters: new Map(adapted ? [['layer', { rank, scaling, dropout: 0 }]] : []),
          full: new Set(full ? ['layer.weight', 'layer.bias'] : []),
        },
        seed,
      });
    }), { seed: 40, numRuns: 40 });
  });

  it('is x W^T + b + scaling x A^T B^T', () => {
    const graph = new Graph({ trainable: { adapters: new Map([['layer', lora]]), full: new Set() } });
    const y = layer(graph, 3, 4, true);
    const random = seededRandom(1);
    const [x, weight, bias, down, up] = [[2, 3], [4, 3], [4], [2, 3], [4, 2]].map((shape) => uniform(random, shape)) as
      [Array64, Array64, Array64, Array64, Array64];
    const expected = [0, 1].flatMap((row) => [0, 1, 2, 3].map((out) => {
      const of = (matrix: Array64, line: number): number =>
        [0, 1, 2].reduce((sum, column) => sum + x.data[row * 3 + column]! * matrix.data[line * 3 + column]!, 0);
      const update = [0, 1].reduce((sum, rank) => sum + of(down, rank) * up.data[out * 2 + rank]!, 0);
      return expect.closeTo(of(weight, out) + bias.data[out]! + 0.75 * update, 12) as number;
    }));
    const feeds = { x, 'layer.weight': weight, 'layer.bias': bias, 'layer.lora_A.weight': down, 'layer.lora_B.weight': up };
    expect([...evaluate(graph, [y], feeds)[0]!.data]).toEqual(expected);
  });

  it('with a fresh adapter, whose B is zero, is the base layer', () => {
    const random = seededRandom(2);
    const feeds = { x: uniform(random, [2, 3]), 'layer.weight': uniform(random, [4, 3]) };
    const graphs = [new Graph(), new Graph({ trainable: { adapters: new Map([['layer', lora]]), full: new Set() } })];
    const [base, adapted] = graphs.map((graph) => evaluate(graph, [layer(graph, 3, 4)], {
      ...feeds, 'layer.lora_A.weight': uniform(random, [2, 3]), 'layer.lora_B.weight': array64([4, 2], new Array<number>(8).fill(0)),
    })[0]);
    expect(adapted).toEqual(base);
  });

  it('never makes the gradient of the frozen weight', () => {
    const graph = new Graph({ trainable: { adapters: new Map([['layer', lora]]), full: new Set() } });
    const y = layer(graph, 64, 48);
    gradients(reshape(reduceSum(y, [0, 1]), []), graph.parameters.values());
    const shapes = graph.nodes.flatMap(({ outputs }) => outputs.map(({ shape }) => shape.join()));
    expect(shapes).not.toContain('48,64');
    expect(shapes).toContain('2,64');
  });

  it('is listed with its sizes, so that adapters can be put on it', () => {
    const graph = new Graph();
    layer(graph, 3, 4);
    expect([...graph.linears]).toEqual([['layer', { inFeatures: 3, outFeatures: 4 }]]);
  });

  it('refuses what is not rows of a fixed width, naming itself and the shape', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2, 'tokens', 3]);
    expect(() => linear(new Module(graph, 'model.proj'), x, { outFeatures: 2 }))
      .toThrow(/^model\.proj: linear.*x float32\[2, tokens, 3\]/);
  });

  it('refuses a second use with another width, naming itself and both shapes', () => {
    const graph = new Graph();
    layer(graph, 3, 4);
    expect(() => linear(new Module(graph, 'layer'), graph.input('wide', 'float32', ['rows', 5]), { outFeatures: 4 }))
      .toThrow(/^layer: layer\.weight is declared twice.*float32\[4, 5\].*float32\[4, 3\]/);
  });
});
