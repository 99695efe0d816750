import { expect, it } from 'vitest';

import { Graph } from '../graph.ts';
import { add, exp, neg } from '../operators/elementwise.ts';
import { liveNodes } from './dead-code.ts';

it('liveNodes keeps what an output needs, in order, and drops the rest', () => {
  const graph = new Graph();
  const [x, y] = [graph.input('x', 'float32', [2]), graph.input('y', 'float32', [2])];
  const first = neg(x);
  exp(add(y, y));
  const second = exp(first);
  neg(second);
  graph.output('result', second);
  const { nodes, used } = liveNodes(graph);
  expect(nodes.map(({ type }) => type)).toEqual(['Neg', 'Exp']);
  expect([used.has('x'), used.has('y')]).toEqual([true, false]);
});

it('liveNodes needs no node for an output that is an input', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [2]);
  neg(x);
  graph.output('same', x);
  expect(liveNodes(graph).nodes).toEqual([]);
});
