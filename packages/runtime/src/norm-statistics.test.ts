import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeModel, encodeModel, Graph, gradients, layerNormalization, mul, reduceSum, reshape, rmsNormalization, serializeGraph } from '@mmhs/graph';
import { writeOutNormStatistics } from './norm-statistics.ts';
import { createRuntime, type Runtime } from './runtime.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

it('norm statistics written out give the gradients of those that the CPU kernels make', async () => {
  const graph = new Graph();
  const x = graph.input('x', 'float32', ['rows', 5]);
  const [weight, bias] = [graph.input('weight', 'float32', [5]), graph.input('bias', 'float32', [5])];
  const y = rmsNormalization(layerNormalization(x, weight, bias, 1e-3), weight, 1e-2);
  const loss = reshape(reduceSum(mul(y, mul(y, y)), [0, 1]), []);
  for (const [by, gradient] of gradients(loss, [x, weight, bias])) graph.output(`by_${by.name}`, gradient);
  const made = serializeGraph(graph);
  const writtenOut = writeOutNormStatistics(decodeModel(made.model));
  expect(writtenOut.graph.node.every(({ output }) => output.length === 1)).toBe(true);

  const feeds = {
    x: { type: 'float32', shape: [3, 5], data: Float32Array.from({ length: 15 }, (_, index) => Math.sin(index * 1.7)) },
    weight: { type: 'float32', shape: [5], data: Float32Array.of(0.5, -1, 2, 1, 0.25) },
    bias: { type: 'float32', shape: [5], data: Float32Array.of(0.1, 0, -0.3, 0.2, 1) },
  } as const;
  const [expected, actual] = await Promise.all([made.model, encodeModel(writtenOut)].map(async (model) => {
    const session = await runtime.createSession({ graph: { ...made, model }, weights: [] });
    return session.run({ feeds });
  }));
  for (const [name, { data }] of Object.entries(expected!)) {
    expect([...actual![name]!.data], name).toEqual([...data].map((value) => expect.closeTo(Number(value), 4)));
  }
});
