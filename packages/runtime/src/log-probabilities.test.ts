import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRandom } from '@mmhs/core';
import { Graph, logSoftmax, serializeGraph } from '@mmhs/graph';
import { createRuntime, type Runtime } from './runtime.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

it('log-probabilities of a vocabulary of 150,000 tokens are exact to 2e-5, so that sums over an answer are to 1e-4', async () => {
  const vocabulary = 151_936;
  const random = createRandom(5);
  const logits = Float32Array.from({ length: vocabulary }, () => 20 * (random.next() - 0.5));
  const graph = new Graph();
  graph.output('scores', logSoftmax(graph.input('logits', 'float32', [1, vocabulary])));
  const session = await runtime.createSession({ graph: serializeGraph(graph), weights: [] });
  const { scores } = await session.run({ feeds: { logits: { type: 'float32', shape: [1, vocabulary], data: logits } } });
  const normalizer = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  for (const token of [0, 1, 1000, vocabulary - 1]) {
    expect(Math.abs((scores!.data[token] as number) - (logits[token]! - normalizer))).toBeLessThan(2e-5);
  }
});
