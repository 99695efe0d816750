import type { FloatTensor, LoraModule, ModelGraph, Tensor, TrainableTensors } from '@mmhs/core';
import { createDecoder, createRuntime, generate, type CheckpointHandle, type Runtime } from '@mmhs/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { encode, openReferenceModel, packFeeds } from './__fixtures__/reference-model.ts';

const frozen: TrainableTensors = { adapters: new Map(), full: new Set() };
let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

async function run(graph: ModelGraph, weights: CheckpointHandle, feeds: Record<string, Tensor>): Promise<Record<string, FloatTensor>> {
  const session = await runtime.createSession({ graph, weights });
  const outputs = await session.run({ feeds });
  await session.release();
  return outputs as Record<string, FloatTensor>;
}

function largestDifference(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(...expected.map((value, index) => Math.abs(actual[index]! - value))) / Math.max(...expected.map(Math.abs));
}

describe.each(['gemma', 'gemma2-window'] as const)('the tiny checkpoint %s', (name) => {
  const { folder, model, image, posts } = openReferenceModel(name);
  const encoded = posts.map(encode);
  const graph = model.trainingGraph({ trainable: frozen, sharedPrefix: false, imageFeatures: 'computed', gradients: false });
  const width = model.vocabularySize;
  let weights: CheckpointHandle;
  beforeAll(async () => {
    weights = await runtime.loadCheckpoint({ folder, canonicalName: model.canonicalName });
  });

  it("has the reference's logits where the answer is predicted", async () => {
    const { logits } = await run(graph, weights, packFeeds(encoded, model.imageTokenId, image));
    expect(largestDifference(logits!.data, posts.flatMap((post) => post.logits.flat()))).toBeLessThan(1e-5);
  });

  it('gives a post of a ragged batch what it gives the post alone', async () => {
    const { logits } = await run(graph, weights, packFeeds(encoded, model.imageTokenId, image));
    let row = 0;
    for (const [index, post] of encoded.entries()) {
      const alone = await run(graph, weights, packFeeds([post], model.imageTokenId, image));
      const rows = posts[index]!.logits.length;
      expect(largestDifference(logits!.data.subarray(row * width, (row + rows) * width), [...alone['logits']!.data])).toBeLessThan(1e-5);
      row += rows;
    }
  });

  it("continues prompts as the reference does, alone and in a batch, pictures computed first", async () => {
    const { image_features: features } = await run(model.visionGraph({ trainable: frozen }), weights, model.batchImages([image]));
    const decoder = createDecoder({ runtime, model, trainable: frozen, weights });
    const idsOf = async (chosen: typeof encoded) => {
      const answers = await generate({ decoder, posts: chosen, imageFeatures: chosen.map(() => features!), maxNewTokens: 12 });
      return answers.map(({ ids }) => ids);
    };
    const expected = posts.map(({ generated }) => generated);
    expect(await idsOf(encoded)).toEqual(expected);
    expect(await idsOf(encoded.slice(1, 2))).toEqual(expected.slice(1, 2));
    await decoder.release();
  });
});

describe('the training graph', () => {
  const { model } = openReferenceModel('gemma2-window');
  const adapter: LoraModule = { rank: 4, scaling: 2, dropout: 0 };
  const adapted: TrainableTensors = { adapters: new Map([['model.language_model.layers.0.self_attn.q_proj', adapter]]), full: new Set() };
  const names = (specs: readonly { readonly name: string }[]): string[] => specs.map((spec) => spec.name).sort();
  const training = { trainable: adapted, sharedPrefix: false, imageFeatures: 'computed', gradients: true } as const;

  it('has the inputs of the contract, and no more for sliding windows', () => {
    expect(names(model.trainingGraph(training).inputs)).toEqual([
      'input_ids', 'key_order', 'key_rows', 'label_rows', 'labels', 'loss_scale', 'own_rows', 'pixel_values', 'position_ids',
      'query_order', 'query_rows', 'splice_rows',
    ]);
  });

  it('reads no weight of the tower unless the tower is inside', () => {
    const ofTower = (graph: ModelGraph): string[] => names(graph.weights).filter((name) => /vision_tower|projector/.test(name));
    expect(ofTower(model.trainingGraph({ ...training, imageFeatures: 'fed' }))).toEqual([]);
    expect(ofTower(model.trainingGraph(training)).length).toBeGreaterThan(20);
  });

  it('can train every tensor of the checkpoint', () => {
    const full = new Set(names(model.tensors));
    const graph = model.trainingGraph({ ...training, trainable: { adapters: new Map(), full } });
    expect(graph.weights).toEqual([]);
    expect(names(graph.parameters)).toEqual(names(model.tensors));
    expect(names(graph.outputs)).toEqual([...names(model.tensors).map((name) => `grad.${name}`), 'loss', 'token_losses'].sort());
  });
});
