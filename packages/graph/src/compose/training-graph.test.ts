import type { ModelGraph, TrainableTensors, TrainingGraphOptions } from '@mmhs/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { array64, numbers, type Array64 } from '../../test/array64.ts';
import { interpretModel, randomWeights } from '../../test/interpret-model.ts';
import type { Feeds } from '../../test/interpreter.ts';
import { packBatch, type TestPost } from '../../test/packed-batch.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { defineTiny, tinyImageRows } from '../../test/tiny-model.ts';
import { decodeModel } from '../onnx/schema.ts';
import { composeTrainingGraph } from './training-graph.ts';
import { composeVisionGraph } from './vision-graph.ts';

const linears = ['attention.q_proj', 'attention.v_proj', 'attention.o_proj', 'mlp.up_proj', 'mlp.down_proj'];
const lora: TrainableTensors = {
  adapters: new Map([0, 1].flatMap((layer) => linears.map((name) =>
    [`layers.${layer}.${name}`, { rank: 2, scaling: 2, dropout: 0 }] as const))),
  full: new Set(['norm.weight']),
};
const frozen: TrainableTensors = { adapters: new Map(), full: new Set() };

function compose(options: Partial<TrainingGraphOptions>, tied = false): ModelGraph {
  return composeTrainingGraph((graph) => defineTiny(graph, { tied }), {
    trainable: lora, sharedPrefix: false, imageFeatures: 'none', gradients: true, ...options,
  });
}

/** Posts that begin alike and are of different lengths. */
const posts: readonly TestPost[] = [
  { ids: [1, 2, 3, 4, 5, 6, 7], answer: 2 },
  { ids: [1, 2, 3, 9, 10], answer: 1 },
  { ids: [1, 2, 3, 8, 8, 0, 4, 5], answer: 3 },
];

function expectClose(actual: Readonly<Record<string, Array64>>, expected: Readonly<Record<string, Array64>>, digits: number): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, { data }] of Object.entries(expected)) {
    data.forEach((value, place) => expect(actual[name]!.data[place], `${name}[${place}]`).toBeCloseTo(value, digits));
  }
}

describe('a packed training graph', () => {
  it('with a shared prefix has the loss and gradients of the one without', () => {
    const [shared, whole] = [compose({ sharedPrefix: true }), compose({})];
    const weights = randomWeights(shared, whole);
    const expected = interpretModel(whole)({ ...weights, ...packBatch({ posts }) });
    expect(Object.keys(expected).filter((name) => name.startsWith('grad.'))).toHaveLength(2 * lora.adapters.size + 1);
    for (const sharedPrefix of [1, 2, 3]) {
      expectClose(interpretModel(shared)({ ...weights, ...packBatch({ posts, sharedPrefix }) }), expected, 10);
    }
  });

  it('is not changed by padding', () => {
    const graph = compose({ sharedPrefix: true });
    const [weights, run] = [randomWeights(graph), interpretModel(graph)];
    const [tight, wide] = [0, 4].map((padding) => run({ ...weights, ...packBatch({ posts, sharedPrefix: 3, padding }) }));
    expectClose(wide!, tight!, 12);
  });

  it('treats each post as if it were alone', () => {
    const graph = compose({});
    const [weights, run] = [randomWeights(graph), interpretModel(graph)];
    const scale = { loss_scale: numbers([1], []) };
    const together = run({ ...weights, ...packBatch({ posts }), ...scale });
    const alone = posts.map((post) => run({ ...weights, ...packBatch({ posts: [post] }), ...scale }));
    expect([...together.token_losses!.data]).toEqual(
      alone.flatMap(({ token_losses }) => [...token_losses!.data].map((loss) => expect.closeTo(loss, 12))));
    for (const name of Object.keys(together).filter((output) => output.startsWith('grad.'))) {
      const sums = together[name]!.data.map((_, place) => alone.reduce((sum, outputs) => sum + outputs[name]!.data[place]!, 0));
      sums.forEach((sum, place) => expect(together[name]!.data[place]).toBeCloseTo(sum, 10));
    }
  });

  it('has the gradients that central differences of its loss give', () => {
    const graph = compose({ sharedPrefix: true });
    const run = interpretModel(graph);
    const feeds = { ...randomWeights(graph), ...packBatch({ posts, sharedPrefix: 3 }) };
    const outputs = run(feeds);
    const random = seededRandom(1);
    for (const { name } of graph.parameters) {
      const at = Math.floor(random() * feeds[name]!.data.length);
      const slope = centralDifference(feeds, name, at, (changed) => run(changed).loss!.data[0]!);
      expect(outputs[`grad.${name}`]!.data[at], name).toBeCloseTo(slope, 7);
    }
  });

  it('that recomputes layers has the same loss and gradients, with dropout and trained base weights too', () => {
    const trainable: TrainableTensors = {
      adapters: new Map([...lora.adapters].map(([path, adapter]) => [path, { ...adapter, dropout: 0.3 }])),
      full: new Set(['layers.0.norm1.weight', 'layers.1.mlp.up_proj.weight', 'embed.weight']),
    };
    const [kept, recomputed] = [false, true].map((gradientCheckpointing) =>
      compose({ sharedPrefix: true, trainable, gradientCheckpointing })) as [ModelGraph, ModelGraph];
    expect(recomputed.inputs).toEqual(kept.inputs);
    const random = seededRandom(3);
    const feeds = {
      ...randomWeights(kept), ...packBatch({ posts, sharedPrefix: 3 }),
      dropout_rows: uniform(random, [10, 20], 0, 64), dropout_columns: uniform(random, [10, 10], 0, 64),
    };
    expectClose(interpretModel(recomputed)(feeds), interpretModel(kept)(feeds), 12);
  });

  it('that recomputes layers runs a second forward pass through them from the lowest trained one on', () => {
    const nodesOf = (gradientCheckpointing: boolean, layer: number): number => {
      const trainable = { adapters: new Map([[`layers.${layer}.mlp.down_proj`, { rank: 1, scaling: 1, dropout: 0 }]]), full: new Set<string>() };
      const { graph } = decodeModel(compose({ trainable, gradientCheckpointing }).model);
      return graph.node.filter(({ opType }) => opType === 'Softmax').length;
    };
    expect([nodesOf(false, 0), nodesOf(true, 0), nodesOf(true, 1)]).toEqual([2, 4, 3]);
  });

  it('has an input for each name of the contract, and no other', () => {
    const names = (options: Partial<TrainingGraphOptions>): string[] => compose(options).inputs.map(({ name }) => name).sort();
    const always = ['input_ids', 'key_order', 'key_rows', 'label_rows', 'labels', 'loss_scale', 'own_rows', 'position_ids', 'query_order', 'query_rows'];
    expect(names({})).toEqual(always);
    expect(names({ sharedPrefix: true })).toEqual([...always, 'prefix_order', 'prefix_rows'].sort());
    expect(names({ imageFeatures: 'fed' })).toEqual([...always, 'image_features', 'splice_rows'].sort());
    expect(names({ imageFeatures: 'computed' })).toEqual([...always, 'pixel_values', 'splice_rows'].sort());
    const dropping: TrainableTensors = { ...lora, adapters: new Map([['layers.1.mlp.down_proj', { rank: 1, scaling: 1, dropout: 0.5 }]]) };
    expect(names({ trainable: dropping })).toEqual([...always, 'dropout_columns', 'dropout_rows'].sort());
  });

  it('gives logits and hidden rows of the labels when no gradients are wanted, and the same losses', () => {
    const [plain, trained] = [compose({ gradients: false, trainable: frozen }), compose({ trainable: frozen, gradients: true })];
    const feeds = { ...randomWeights(plain), ...packBatch({ posts }) };
    const { loss, token_losses, logits, hidden, ...more } = interpretModel(plain)(feeds);
    expect(more).toEqual({});
    expect([logits!.shape, hidden!.shape]).toEqual([[6, 11], [6, 8]]);
    expect(loss!.data[0]).toBeCloseTo(token_losses!.data.reduce((sum, each) => sum + each) / 6, 7);
    expect(interpretModel(trained)(feeds)).toEqual({ loss, token_losses });
  });
});

describe('images in a training graph', () => {
  /** The post's picture stands where the ids 2 are; its rows are those of the second of two pictures. */
  const post: TestPost = { ids: [1, 2, 2, 2, 2, 3, 4], answer: 2 };
  const spliceRows = numbers([0, 7 + tinyImageRows, 8 + tinyImageRows, 9 + tinyImageRows, 10 + tinyImageRows, 5, 6]);
  const pixels = uniform(seededRandom(4), [2, 3, 9, 8]);
  const feeds = { ...packBatch({ posts: [post] }), splice_rows: spliceRows };
  const tower: TrainableTensors = {
    adapters: new Map([['tower.attention.q_proj', { rank: 1, scaling: 1, dropout: 0 }]]),
    full: new Set(['tower.patches.weight', 'tower.projection.weight', 'embed.weight']),
  };

  it('have gradients in the tower that central differences give', () => {
    const graph = compose({ imageFeatures: 'computed', trainable: tower });
    const run = interpretModel(graph);
    const all = { ...randomWeights(graph), ...feeds, pixel_values: pixels };
    const outputs = run(all);
    expect(graph.parameters.map(({ name }) => name).sort()).toEqual([
      'embed.weight', 'tower.attention.q_proj.lora_A.weight', 'tower.attention.q_proj.lora_B.weight',
      'tower.patches.weight', 'tower.projection.weight',
    ]);
    for (const { name } of graph.parameters) {
      const gradient = outputs[`grad.${name}`]!.data;
      const at = gradient.reduce((best, value, place) => (Math.abs(value) > Math.abs(gradient[best]!) ? place : best), 0);
      const slope = centralDifference(all, name, at, (changed) => run(changed).loss!.data[0]!);
      expect(Math.abs(slope)).toBeGreaterThan(1e-4);
      expect(gradient[at], name).toBeCloseTo(slope, 7);
    }
  });

  it('give the same loss computed as fed', () => {
    const computed = compose({ imageFeatures: 'computed', gradients: false, trainable: frozen });
    const fed = compose({ imageFeatures: 'fed', gradients: false, trainable: frozen });
    const weights = randomWeights(computed);
    const { loss } = interpretModel(computed)({ ...weights, ...feeds, pixel_values: pixels });
    const features = visionFeatures(weights);
    expect(interpretModel(fed)({ ...weights, ...feeds, image_features: features }).loss).toEqual(loss);
  });

  function visionFeatures(weights: Feeds): Array64 {
    const graph = composeVisionGraph((building) => defineTiny(building), { trainable: frozen });
    return interpretModel(graph)({ ...weights, pixel_values: pixels }).image_features!;
  }
});

describe('dropout in a training graph', () => {
  const dropping: TrainableTensors = {
    full: new Set(),
    adapters: new Map([['layers.0.mlp.down_proj', { rank: 2, scaling: 1, dropout: 0.5 }], ['layers.1.attention.q_proj', { rank: 2, scaling: 1, dropout: 0.5 }]]),
  };
  const graph = compose({ trainable: dropping });
  const run = interpretModel(graph);
  const random = seededRandom(2);
  const feeds = {
    ...randomWeights(graph), ...packBatch({ posts }),
    dropout_rows: uniform(random, [2, 20], 0, 64), dropout_columns: uniform(random, [2, 10], 0, 64),
  };

  it('has one row of random numbers per site, as wide as the widest', () => {
    const shapes = new Map(graph.inputs.map(({ name, shape }) => [name, shape]));
    expect([shapes.get('dropout_rows'), shapes.get('dropout_columns')]).toEqual([[2, 'dropout_length'], [2, 10]]);
  });

  it('has the gradients that central differences give for the same random numbers', () => {
    const outputs = run(feeds);
    for (const { name } of graph.parameters) {
      const slope = centralDifference(feeds, name, 1, (changed) => run(changed).loss!.data[0]!);
      expect(outputs[`grad.${name}`]!.data[1], name).toBeCloseTo(slope, 7);
    }
  });

  it('can sit in tower, decoder and head at once, whose rows are different things', () => {
    const everywhere: TrainableTensors = {
      full: new Set(),
      adapters: new Map(['tower.mlp.fc1', 'layers.1.mlp.up_proj', 'head'].map((name) => [name, { rank: 2, scaling: 1, dropout: 0.5 }])),
    };
    const adapted = compose({ trainable: everywhere, imageFeatures: 'computed' });
    const all = {
      ...randomWeights(adapted), ...packBatch({ posts: [{ ids: [1, 2, 2, 2, 2, 3, 4], answer: 2 }] }),
      splice_rows: numbers([0, 7, 8, 9, 10, 5, 6]),
      pixel_values: uniform(random, [1, 3, 9, 8]),
      dropout_rows: uniform(random, [3, 16], 0, 64), dropout_columns: uniform(random, [3, 8], 0, 64),
    };
    const outputs = interpretModel(adapted)(all);
    for (const { name } of adapted.parameters) {
      const slope = centralDifference(all, name, 1, (changed) => interpretModel(adapted)(changed).loss!.data[0]!);
      expect(outputs[`grad.${name}`]!.data[1], name).toBeCloseTo(slope, 7);
    }
  });

  it('changes the loss with the random numbers only', () => {
    const other = { ...feeds, dropout_rows: uniform(random, [2, 20], 0, 64) };
    expect(run(feeds).loss).toEqual(run(feeds).loss);
    expect(run(other).loss).not.toEqual(run(feeds).loss);
  });
});

describe('full-parameter training', () => {
  it('has the gradients that central differences give by every tensor of the model', () => {
    const all = new Set(compose({ trainable: frozen }).weights.map(({ name }) => name));
    const graph = compose({ trainable: { adapters: new Map(), full: all }, sharedPrefix: true }, true);
    expect(graph.weights).toEqual([]);
    const run = interpretModel(graph);
    const feeds = { ...randomWeights(graph), ...packBatch({ posts, sharedPrefix: 3 }) };
    const outputs = run(feeds);
    fc.assert(fc.property(fc.constantFrom(...graph.parameters), fc.nat(), ({ name }, place) => {
      const at = place % feeds[name]!.data.length;
      const slope = centralDifference(feeds, name, at, (changed) => run(changed).loss!.data[0]!);
      expect(outputs[`grad.${name}`]!.data[at], name).toBeCloseTo(slope, 7);
    }), { seed: 60, numRuns: 30 });
  });
});

function centralDifference(feeds: Feeds, name: string, at: number, lossOf: (feeds: Feeds) => number): number {
  const step = 1e-4;
  const loss = (shift: number): number => {
    const { shape, data } = feeds[name]!;
    return lossOf({ ...feeds, [name]: array64(shape, data.map((value, place) => (place === at ? value + shift : value))) });
  };
  return (8 * (loss(step) - loss(-step)) - (loss(2 * step) - loss(-2 * step))) / (12 * step);
}
