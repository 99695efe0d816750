import { expect, it } from 'vitest';

import { interpretModel, randomWeights } from '../../test/interpret-model.ts';
import { evaluate } from '../../test/interpreter.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph, type Value } from '../graph.ts';
import { serializeGraph } from '../onnx/serialize.ts';
import { gelu, geluTanh, silu } from '../operators/activation.ts';
import { add } from '../operators/elementwise.ts';
import { gemm } from '../operators/matmul.ts';
import { liveNodes } from './dead-code.ts';
import { deferBiases } from './defer-biases.ts';

const x = uniform(seededRandom(1), [4, 3], -2, 2);

/** A graph whose output is made of a biased product. */
function graphOf(build: (product: Value, x: Value, graph: Graph) => Value): Graph {
  const graph = new Graph();
  const input = graph.input('x', 'float32', ['rows', 3]);
  const product = gemm(input, graph.weight('w', [3, 3]), graph.weight('b', [3]), { transposeB: true });
  graph.output('y', build(product, input, graph));
  return graph;
}

function typesOf(graph: Graph): string[] {
  return deferBiases(liveNodes(graph).nodes, new Set([...graph.outputs.values()].map(({ name }) => name))).map(({ type }) => type);
}

it.each<[string, (product: Value, x: Value, graph: Graph) => Value, string[]]>([
  ['tanh GELU takes the bias', (product) => geluTanh(product), ['Gemm', 'FastGelu']],
  ['exact GELU takes none', (product) => gelu(product), ['Gemm', 'Gelu']],
  ['a sum takes the bias, on either side', (product, rows) => add(rows, product), ['Gemm', 'Add', 'Add']],
  ['a sum takes the bias, on either side', (product, rows) => add(product, rows), ['Gemm', 'Add', 'Add']],
  ['SiLU takes none', (product) => silu(product), ['Gemm', 'QuickGelu']],
  ['a sum that broadcasts takes none', (product, _, graph) => add(product, graph.weight('c', [3])), ['Gemm', 'Add']],
  ['a product that is read twice keeps its bias', (product) => add(geluTanh(product), product), ['Gemm', 'FastGelu', 'Add']],
  ['the sum of two products takes one bias', (product, rows, graph) =>
    add(product, gemm(rows, graph.weight('w2', [3, 3]), graph.weight('b2', [3]))), ['Gemm', 'Gemm', 'Add', 'Add']],
])('%s, and nothing else changes', (_, build, expected) => {
  const graph = graphOf(build);
  expect(typesOf(graph)).toEqual(expected);
  const model = serializeGraph(graph);
  const feeds = { ...randomWeights(model), x };
  const [before] = evaluate(graph, [graph.outputs.get('y')!], feeds);
  const { y } = interpretModel(model)(feeds);
  y!.data.forEach((element, place) => expect(element).toBeCloseTo(before!.data[place]!, 12));
});

it('an output keeps its bias', () => {
  const graph = graphOf((product) => product);
  graph.output('activated', geluTanh(graph.outputs.get('y')!));
  expect(typesOf(graph)).toEqual(['Gemm', 'FastGelu']);
});
