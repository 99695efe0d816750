import { describe, expect, it } from 'vitest';

import { numbers } from '../../test/array64.ts';
import { evaluate } from '../../test/interpreter.ts';
import { defineTiny } from '../../test/tiny-model.ts';
import { Graph, type Value } from '../graph.ts';
import { packedAttention } from '../layers/packed-attention.ts';
import { floor, mul } from '../operators/elementwise.ts';
import { gatherRows } from '../operators/gather.ts';
import { reduceSum } from '../operators/reduce.ts';
import { reshape } from '../operators/shape.ts';
import { gradients } from './gradient.ts';

const total = (x: Value): Value => reshape(reduceSum(x, x.shape.map((_, axis) => axis)), []);

describe('gradients', () => {
  it('adds up over every way a value takes to the loss', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2]);
    // x^3 by two ways: 3 x^2.
    const byX = gradients(total(mul(mul(x, x), x)), [x]).get(x)!;
    expect([...evaluate(graph, [byX], { x: numbers([2, 5]) })[0]!.data]).toEqual([12, 75]);
  });

  it('leaves out values that the loss does not depend on, or through no differentiable step', () => {
    const graph = new Graph();
    const [x, y, z] = ['x', 'y', 'z'].map((name) => graph.input(name, 'float32', [2])) as [Value, Value, Value];
    const byValue = gradients(total(mul(x, floor(z))), [x, y, z]);
    expect([...byValue.keys()]).toEqual([x]);
  });

  it('of the loss by itself is one', () => {
    const graph = new Graph();
    const loss = total(graph.input('x', 'float32', [2]));
    expect([...evaluate(graph, [gradients(loss, [loss]).get(loss)!], { x: numbers([1, 2]) })[0]!.data]).toEqual([1]);
  });

  it('of a loss of shape [1] are those of the scalar', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2]);
    const byX = gradients(reduceSum(mul(x, x), [0]), [x]).get(x)!;
    const [result] = evaluate(graph, [byX], { x: numbers([3, 4]) });
    expect([result!.shape, [...result!.data]]).toEqual([[2], [6, 8]]);
  });

  it('of more than one number are refused, with the shape', () => {
    const x = new Graph().input('x', 'float32', ['rows']);
    expect(() => gradients(x, [x])).toThrow(/gradients: a loss of one element is needed.*x float32\[rows\]/);
  });

  it('cannot be differentiated again: a gradient of a gradient is missing', () => {
    const graph = new Graph();
    const table = graph.input('table', 'float32', [3, 1]);
    const rows = gatherRows(table, graph.input('rows', 'int64', [2]));
    const byTable = gradients(total(mul(rows, rows)), [table]).get(table)!;
    expect(gradients(total(byTable), [table]).size).toBe(0);
  });
});

describe('the backward pass', () => {
  /** Nodes of the backward pass of a four-layer model, by the layer they belong to. */
  function backwardNodes(paths: readonly string[], full: readonly string[] = []): Map<string, number> {
    const graph = new Graph({
      trainable: { adapters: new Map(paths.map((path) => [path, { rank: 2, scaling: 1, dropout: 0 }])), full: new Set(full) },
    });
    const model = defineTiny(graph, { layers: 4 });
    const hidden = model.decode(
      model.embed(graph.input('input_ids', 'int64', ['tokens'])), graph.input('position_ids', 'int64', [1, 'tokens']),
      packedAttention(graph, { sharedPrefix: false }),
    );
    const before = graph.nodes.length;
    gradients(total(model.head(hidden)), graph.parameters.values());
    const counts = new Map<string, number>();
    for (const { scope } of graph.nodes.slice(before)) {
      const layer = /layers\.(\d)/.exec(scope)?.[1] ?? 'other';
      counts.set(layer, (counts.get(layer) ?? 0) + 1);
    }
    return counts;
  }

  it('stops at the lowest trained layer', () => {
    const counts = backwardNodes(['layers.2.mlp.down_proj']);
    expect([counts.get('0'), counts.get('1')]).toEqual([undefined, undefined]);
    expect(counts.get('2')).toBeGreaterThan(0);
    expect(counts.get('3')).toBeGreaterThan(counts.get('2')!);
  });

  it('is of the same size for every layer above it', () => {
    const counts = backwardNodes(['layers.0.attention.v_proj']);
    expect(counts.get('1')).toBe(counts.get('2'));
    // Sizes that all layers share are computed in the first one differentiated.
    expect(counts.get('3')! - counts.get('2')!).toBeLessThanOrEqual(2);
  });

  it('reaches the embeddings only when they are trained', () => {
    const withAll = backwardNodes([], ['embed.weight']);
    expect([...withAll.keys()].sort()).toEqual(['0', '1', '2', '3', 'other']);
    const headOnly = backwardNodes([], ['head.weight']);
    expect([...headOnly.keys()]).toEqual(['other']);
  });

  it('of nothing trained is nothing', () => {
    const graph = new Graph();
    const loss = total(mul(graph.input('x', 'float32', [2]), graph.weight('w', [2])));
    const before = graph.nodes.length;
    expect(gradients(loss, []).size).toBe(0);
    expect(graph.nodes).toHaveLength(before);
  });
});
