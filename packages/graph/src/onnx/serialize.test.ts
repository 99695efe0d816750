import { describe, expect, it } from 'vitest';

import { numbers } from '../../test/array64.ts';
import { interpretModel } from '../../test/interpret-model.ts';
import { defineTiny } from '../../test/tiny-model.ts';
import { composeTrainingGraph } from '../compose/training-graph.ts';
import { liveNodes } from '../rewrites/dead-code.ts';
import { Graph } from '../graph.ts';
import { add, mul, neg } from '../operators/elementwise.ts';
import { gemm } from '../operators/matmul.ts';
import { reshape, transpose } from '../operators/shape.ts';
import { decodeModel } from './schema.ts';
import { serializeGraph } from './serialize.ts';

/** A graph with an input, a weight, a parameter, constants, attributes of all kinds and an unused part. */
function sample(): Graph {
  const graph = new Graph({ trainable: { adapters: new Map(), full: new Set(['trained']) } });
  const x = graph.input('x', 'float32', ['rows', 'rows', 4]);
  graph.scope('model.layer', () => {
    const product = gemm(reshape(x, ['rows*rows', 4]), graph.weight('frozen', [4, 3]), graph.weight('trained', [3]), { scale: 0.5 });
    graph.output('y', transpose(mul(product, graph.scalar(3)), [1, 0]));
  });
  mul(neg(graph.weight('unused', [7])), graph.scalar(99));
  graph.input('unused_input', 'int64', [1]);
  return graph;
}

describe('a serialised graph', () => {
  const graph = sample();
  const result = serializeGraph(graph);
  const model = decodeModel(result.model);

  it('decodes to the live nodes, their names, inputs and attributes', () => {
    const { nodes } = liveNodes(graph);
    const decoded = model.graph.node.slice(0, nodes.length);
    expect(decoded.map(({ opType }) => opType)).toEqual(nodes.map(({ type }) => type));
    expect(decoded.map(({ input }) => input)).toEqual(nodes.map(({ inputs }) => inputs.map((value) => value?.name ?? '')));
    expect(decoded.map(({ output }) => output)).toEqual(nodes.map(({ outputs }) => outputs.map(({ name }) => name)));
    const product = decoded.find(({ opType }) => opType === 'Gemm')!;
    expect(product.name).toMatch(/^model\.layer\/Gemm_\d+$/);
    expect(product.attribute).toEqual([
      expect.objectContaining({ name: 'transA', type: 2, i: 0 }), expect.objectContaining({ name: 'transB', type: 2, i: 0 }),
      expect.objectContaining({ name: 'alpha', type: 1, f: 0.5 }),
    ]);
    expect(decoded.find(({ opType }) => opType === 'Transpose')!.attribute).toEqual([
      expect.objectContaining({ name: 'perm', type: 7, ints: [1, 0] }),
    ]);
  });

  it('makes outputs that are used inside as well under their own names, without copies', () => {
    const chain = new Graph();
    const x = chain.input('x', 'float32', [2]);
    const inner = neg(x);
    chain.output('inner', inner);
    chain.output('again', inner);
    chain.output('input', x);
    chain.output('outer', neg(inner));
    const { graph: { node } } = decodeModel(serializeGraph(chain).model);
    const copies = node.filter(({ opType }) => opType === 'Identity').map(({ input, output }) => [...input, ...output]);
    const [outer] = node.filter(({ opType, input }) => opType === 'Neg' && input[0] === 'inner').flatMap(({ output }) => output);
    expect(copies).toEqual([['inner', 'again'], ['x', 'input'], [outer, 'outer']]);
  });

  it('puts the gradients of a lower layer before those of a higher one, so that onnxruntime makes the higher ones first', () => {
    const trainable = {
      adapters: new Map([0, 1].map((layer) => [`layers.${layer}.mlp.down_proj`, { rank: 1, scaling: 1, dropout: 0 }])), full: new Set<string>(),
    };
    const { graph: trained } = decodeModel(composeTrainingGraph(defineTiny, {
      trainable, sharedPrefix: false, imageFeatures: 'none', gradients: true,
    }).model);
    const madeBy = new Map(trained.node.flatMap((node, index) => node.output.map((name) => [name, index] as const)));
    const placeOf = (output: string): number => madeBy.get(trained.node[madeBy.get(output)!]!.input[0]!)!;
    const [low, high] = [0, 1].map((layer) => placeOf(`grad.layers.${layer}.mlp.down_proj.lora_B.weight`)) as [number, number];
    expect(low).toBeLessThan(high);
    expect(high).toBeLessThan(placeOf('loss'));
  });

  it('declares inputs, weights and parameters with types and symbolic shapes, without the unused ones', () => {
    expect(result.inputs).toEqual([{ name: 'x', type: 'float32', shape: ['rows', 'rows', 4] }]);
    expect(result.weights).toEqual([{ name: 'frozen', type: 'float32', shape: [4, 3] }]);
    expect(result.parameters).toEqual([{ name: 'trained', type: 'float32', shape: [3] }]);
    expect(result.outputs).toEqual([{ name: 'y', type: 'float32', shape: [3, 'rows*rows'] }]);
    expect(model.graph.input.map(({ name }) => name)).toEqual(['x', 'frozen', 'trained']);
    expect(model.graph.input[0]!.type.tensorType).toMatchObject({
      elemType: 1, shape: { dim: [{ dimParam: 'rows' }, { dimParam: 'rows' }, { dimValue: 4 }] },
    });
  });

  it('stores each constant that is used once, little-endian', () => {
    const three = model.graph.initializer.filter(({ dataType }) => dataType === 1);
    expect(three.map(({ dims, rawData }) => [dims, [...rawData!]])).toEqual([[[], [0, 0, 64, 64]]]);
  });

  it('names the operator sets that onnxruntime knows', () => {
    expect(model.irVersion).toBe(9);
    expect(model.opsetImport).toEqual([{ domain: '', version: 20 }, { domain: 'com.microsoft', version: 1 }]);
  });

  it('computes what the graph says', () => {
    const feeds = { x: numbers([1, 2, 3, 4], [1, 1, 4]), frozen: numbers([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1], [4, 3]), trained: numbers([10, 20, 30]) };
    expect([...interpretModel(result)(feeds).y!.data]).toEqual([37.5, 69, 100.5]);
  });

  it('is the same bytes each time', () => {
    expect(serializeGraph(sample()).model).toEqual(result.model);
  });
});

it('a value that is an output twice, or an input, appears under each name', () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [2]);
  const sum = add(x, x);
  graph.output('a', sum);
  graph.output('b', sum);
  graph.output('c', x);
  const outputs = interpretModel(serializeGraph(graph))({ x: numbers([1, 2]) });
  expect(Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, [...data]]))).toEqual({
    a: [2, 4], b: [2, 4], c: [1, 2],
  });
});

it('every value of a training graph is defined before it is used', () => {
  const { model } = composeTrainingGraph((graph) => defineTiny(graph), {
    trainable: { adapters: new Map([['layers.0.mlp.up_proj', { rank: 1, scaling: 1, dropout: 0.1 }]]), full: new Set() },
    sharedPrefix: true, imageFeatures: 'computed', gradients: true,
  });
  const { graph } = decodeModel(model);
  const known = new Set([...graph.input, ...graph.initializer].map(({ name }) => name));
  for (const node of graph.node) {
    for (const name of node.input) expect(known, `${node.name} reads ${name}`).toContain(name);
    for (const name of node.output) expect(known, `${node.name} writes ${name} again`).not.toContain(name);
    node.output.forEach((name) => known.add(name));
  }
  for (const { name } of graph.output) expect(known).toContain(name);
});
