import { expect, it } from 'vitest';

import { array64 } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate } from '../../test/interpreter.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph } from '../graph.ts';
import { Module } from '../module.ts';
import { visionTransformer } from './vision-transformer.ts';

const sizes = { hiddenSize: 4, intermediateSize: 3, layers: 2, heads: 2, imageSize: 5, patchSize: 2, layerNormEps: 1e-6, activation: 'gelu' } as const;
const build = (graph: Graph) => visionTransformer(new Module(graph, 'tower'), graph.input('pixels', 'float32', ['images', 3, 5, 5]), sizes);

it('has the gradients that central differences give, by adapters and by its own tensors', () => {
  expectGradients({
    build,
    feeds: { pixels: uniform(seededRandom(1), [2, 3, 5, 5]) },
    trainable: {
      adapters: new Map(['self_attn.q_proj', 'mlp.fc2'].map((name) => [`tower.encoder.layers.0.${name}`, { rank: 2, scaling: 1.5, dropout: 0 }])),
      full: new Set(['tower.embeddings.position_embedding.weight', 'tower.encoder.layers.1.layer_norm2.bias', 'tower.post_layernorm.weight']),
    },
    seed: 1,
  });
});

it('gives one row a patch; pictures do not see each other, nor the pixels beyond the last whole patch', () => {
  const graph = new Graph();
  const rows = build(graph);
  const random = seededRandom(2);
  const weights = [...graph.weights.values()].map(({ name, shape }) => [name, uniform(random, shape as number[])] as const);
  const pixels = uniform(random, [2, 3, 5, 5]);
  const run = (fed: typeof pixels) => evaluate(graph, [rows], { ...Object.fromEntries(weights), pixels: fed })[0]!;
  const before = run(pixels);
  expect(before.shape).toEqual([8, 4]);
  const changed = run(array64([2, 3, 5, 5], pixels.data.map((value, place) => (place >= 75 || place % 5 === 4 ? value + 1 : value))));
  expect([...changed.data.subarray(0, 16)]).toEqual([...before.data.subarray(0, 16)]);
  expect([...changed.data.subarray(16)]).not.toEqual([...before.data.subarray(16)]);
});
