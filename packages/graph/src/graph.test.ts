import { MmhsError } from '@mmhs/core';
import { describe, expect, it } from 'vitest';

import { numbers } from '../test/array64.ts';
import { evaluate, interpreter } from '../test/interpreter.ts';
import { Graph } from './graph.ts';
import { Module } from './module.ts';
import { add, neg } from './operators/elementwise.ts';

describe('Graph', () => {
  it('gives the same value for the same declaration', () => {
    const graph = new Graph();
    expect(graph.input('x', 'float32', ['rows', 2])).toBe(graph.input('x', 'float32', ['rows', 2]));
    expect(graph.weight('w', [2])).toBe(graph.weight('w', [2]));
  });

  it('refuses a second declaration that differs, with both shapes', () => {
    const graph = new Graph();
    graph.weight('w', [2, 3]);
    expect(() => graph.scope('layer', () => graph.weight('w', [3, 2])))
      .toThrow(/^layer: w is declared twice.*got float32\[3, 2\].*expected float32\[2, 3\]/);
  });

  it('gives a computed value where an input of the same type is bound to it', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['rows', 2]);
    graph.bindInput('y', neg(x));
    const y = graph.input('y', 'float32', ['groups', 2]);
    expect([...graph.inputs.keys()]).toEqual(['x']);
    // Sizes can be read by the names of either.
    const run = interpreter(graph, [neg(y), graph.shapeTensor(['groups', 'rows'])], { checkShapes: false });
    const [value, shape] = run({ x: numbers([1, 2, 3, 4], [2, 2]) });
    expect([[...value!.data], [...shape!.data]]).toEqual([[1, 2, 3, 4], [2, 2]]);
    expect(() => graph.input('y', 'int64', ['rows', 2])).toThrow(/int64\[rows, 2\] is needed/);
    expect(() => graph.input('y', 'float32', ['rows', 3])).toThrow(/float32\[rows, 3\] is needed/);
  });

  it('makes a weight a parameter when it is trained itself', () => {
    const graph = new Graph({ trainable: { adapters: new Map(), full: new Set(['norm.weight']) } });
    graph.weight('norm.weight', [2]);
    graph.weight('other.weight', [2]);
    expect([[...graph.parameters.keys()], [...graph.weights.keys()]]).toEqual([['norm.weight'], ['other.weight']]);
  });

  it('stores equal constants once and different ones apart', () => {
    const graph = new Graph();
    expect(graph.scalar(0.5)).toBe(graph.scalar(0.5));
    expect(graph.integers([1, 2])).not.toBe(graph.constant('int32', [2], [1, 2]));
    expect(graph.constant('int64', [1, 2], [1, 2])).not.toBe(graph.integers([1, 2]));
    expect(graph.constants.size).toBe(4);
  });

  it('computes run-time sizes from the inputs, once', () => {
    const graph = new Graph();
    graph.input('x', 'float32', ['batch', 'past']);
    graph.input('y', 'float32', ['query']);
    const shape = graph.shapeTensor(['2*batch*query', 5, 'past + query', 'past*past + 3']);
    const count = graph.nodes.length;
    expect(graph.shapeTensor(['2*batch*query', 5, 'past + query', 'past*past + 3'])).toBe(shape);
    expect(graph.nodes).toHaveLength(count);
    const feeds = { x: numbers(new Array<number>(6).fill(0), [2, 3]), y: numbers([0, 0, 0, 0]) };
    expect([...evaluate(graph, [shape], feeds)[0]!.data]).toEqual([16, 5, 7, 12]);
  });

  it('refuses a size that no input has', () => {
    const graph = new Graph();
    expect(() => graph.shapeTensor(['rows', 2])).toThrow('no input has an axis named rows');
  });

  it('records no steps inside withoutRecording, also when it throws', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2]);
    expect(() => graph.withoutRecording(() => {
      neg(x);
      throw new Error('stop');
    })).toThrow('stop');
    expect(graph.tape).toHaveLength(0);
    neg(x);
    expect(graph.tape).toHaveLength(1);
  });

  it('names the innermost scope in shape errors, and none outside', () => {
    const graph = new Graph();
    const [a, b] = [graph.input('a', 'float32', [2]), graph.input('b', 'float32', [3])];
    const failure = (build: () => unknown): MmhsError => {
      try {
        build();
      } catch (error) {
        if (MmhsError.isInstance(error)) return error;
      }
      throw new Error('no MmhsError was thrown');
    };
    const inside = failure(() => graph.scope('model', () => graph.scope('model.layer', () => add(a, b))));
    expect([inside.code, inside.details.where]).toEqual(['MMHS_GRAPH_SHAPE', 'model.layer']);
    expect(failure(() => add(a, b)).details.where).toBe('graph');
  });
});

describe('Module', () => {
  const graph = new Graph({
    trainable: { adapters: new Map([['model.layers.0', { rank: 1, scaling: 2, dropout: 0 }]]), full: new Set() },
  });
  const root = new Module(graph, '');

  it('paths are joined by dots', () => {
    expect(root.at('model').at('layers').at(3).path).toBe('model.layers.3');
  });

  it('tensors carry the module path', () => {
    expect(root.at('model').at('norm').weight('weight', [2]).name).toBe('model.norm.weight');
  });

  it('adapters are found by path', () => {
    const layers = root.at('model').at('layers');
    expect([layers.at(0).adapter?.scaling, layers.at(1).adapter]).toEqual([2, undefined]);
  });
});
