import { readFileSync } from 'node:fs';

import type { LoraModule, ModelGraph, TrainableTensors, VlmModel } from '@mmhs/core';
import { decodeModel } from '@mmhs/graph';
import { describe, expect, it } from 'vitest';

import { parseSmolConfig } from './config.ts';
import { openSmolModel } from './family.ts';

const { smolvlm } = JSON.parse(readFileSync(new URL('./__fixtures__/tiny-checkpoints.json', import.meta.url), 'utf8')) as {
  readonly smolvlm: { readonly config: Record<string, unknown>; readonly generationConfig: unknown };
};
const open = (changes: Record<string, unknown> = {}): VlmModel =>
  openSmolModel(parseSmolConfig({ ...smolvlm.config, ...changes }, smolvlm.generationConfig));
const model = open();

const frozen: TrainableTensors = { adapters: new Map(), full: new Set() };
const adapter: LoraModule = { rank: 4, scaling: 2, dropout: 0 };
const path = (layer: number, name: string): string => `model.text_model.layers.${layer}.${name}`;
const adapted = (...paths: readonly string[]): TrainableTensors =>
  ({ adapters: new Map(paths.map((each) => [each, adapter])), full: new Set() });

const names = (specs: readonly { readonly name: string }[]): string[] => specs.map(({ name }) => name).sort();
const training = { trainable: frozen, sharedPrefix: false, imageFeatures: 'none', gradients: true } as const;
/** Inputs that every training graph has (docs/graph-contract.md). */
const packed = [
  'input_ids', 'key_order', 'key_rows', 'label_rows', 'labels', 'loss_scale', 'own_rows', 'position_ids', 'query_order', 'query_rows',
];

describe('the training graph', () => {
  it.each([
    ['text alone', {}, []],
    ['a shared prefix', { sharedPrefix: true }, ['prefix_rows', 'prefix_order']],
    ['fed image features', { imageFeatures: 'fed' }, ['image_features', 'splice_rows']],
    ['a tower inside', { imageFeatures: 'computed' }, ['pixel_values', 'splice_rows']],
  ] as const)('with %s has the inputs of the contract', (_, options, more) => {
    expect(names(model.trainingGraph({ ...training, ...options }).inputs)).toEqual([...packed, ...more].sort());
  });

  it('has the shapes and types of the contract', () => {
    const { inputs } = model.trainingGraph({ ...training, sharedPrefix: true, imageFeatures: 'fed' });
    const specs = Object.fromEntries(inputs.map(({ name, type, shape }) => [name, `${type}[${shape.join(', ')}]`]));
    expect(specs).toEqual({
      input_ids: 'int64[tokens]',
      position_ids: 'int64[1, tokens]',
      image_features: 'float32[image_rows, 48]',
      splice_rows: 'int64[tokens]',
      prefix_rows: 'int64[prefix]',
      prefix_order: 'int64[prefix]',
      query_rows: 'int64[batch, query]',
      query_order: 'int64[batch, query]',
      key_rows: 'int64[batch, prefix + query]',
      key_order: 'int64[batch, prefix + query]',
      own_rows: 'int64[own]',
      label_rows: 'int64[labels]',
      labels: 'int64[labels]',
      loss_scale: 'float32[]',
    });
  });

  it('gives a gradient by every parameter, of its shape', () => {
    const { parameters, outputs } = model.trainingGraph({
      ...training, trainable: adapted(path(0, 'self_attn.q_proj'), path(1, 'mlp.down_proj')),
    });
    expect(parameters).toEqual([
      { name: path(0, 'self_attn.q_proj.lora_A.weight'), type: 'float32', shape: [4, 48] },
      { name: path(0, 'self_attn.q_proj.lora_B.weight'), type: 'float32', shape: [48, 4] },
      { name: path(1, 'mlp.down_proj.lora_A.weight'), type: 'float32', shape: [4, 104] },
      { name: path(1, 'mlp.down_proj.lora_B.weight'), type: 'float32', shape: [48, 4] },
    ]);
    const gradients = outputs.filter(({ name }) => name.startsWith('grad.'));
    expect(new Map(gradients.map(({ name, shape }) => [name, shape])))
      .toEqual(new Map(parameters.map(({ name, shape }) => [`grad.${name}`, shape])));
  });

  it('reads no weight of the tower unless the tower is inside', () => {
    const ofTower = ({ weights }: ModelGraph): string[] => names(weights).filter((name) => /vision_model|connector/.test(name));
    expect(ofTower(model.trainingGraph({ ...training, imageFeatures: 'fed' }))).toEqual([]);
    expect(ofTower(model.trainingGraph({ ...training, imageFeatures: 'computed' })).length).toBeGreaterThan(30);
  });

  it('can train every tensor of the checkpoint', () => {
    const full = new Set(names(model.tensors));
    const graph = model.trainingGraph({ ...training, trainable: { adapters: new Map(), full }, imageFeatures: 'computed' });
    expect(graph.weights).toEqual([]);
    expect(names(graph.parameters)).toEqual(names(model.tensors));
    expect(names(graph.outputs)).toEqual([...names(model.tensors).map((name) => `grad.${name}`), 'loss', 'token_losses'].sort());
  });

  it('has a shorter backward pass the higher the lowest adapter sits', () => {
    const nodes = (trainable: TrainableTensors): number =>
      decodeModel(model.trainingGraph({ ...training, trainable }).model).graph.node.length;
    const [low, high, head] = [adapted(path(0, 'mlp.up_proj')), adapted(path(1, 'mlp.up_proj')), adapted('lm_head')].map(nodes);
    expect(low).toBeGreaterThan(high!);
    expect(high).toBeGreaterThan(head!);
  });
});

describe('the other graphs', () => {
  const layers = [0, 1].flatMap((layer) => ['key', 'value'].map((name) => `${layer}.${name}`));

  it('of the tower: tiles in, image features out', () => {
    const graph = model.visionGraph({ trainable: frozen });
    expect(graph.inputs).toEqual([{ name: 'pixel_values', type: 'float32', shape: ['tiles', 3, 32, 32] }]);
    // 8 x 8 patches, joined 4 x 4.
    expect(graph.outputs).toEqual([{ name: 'image_features', type: 'float32', shape: ['4*tiles', 48] }]);
  });

  it('of decoding: a cache in, tokens and pictures to extend it by, and the longer cache out', () => {
    const { inputs, outputs } = model.decodingGraph({ trainable: frozen });
    expect(names(inputs)).toEqual([
      'choice_rows', 'choice_tokens', 'image_features', 'input_ids', 'key_end', 'key_order', 'logit_rows',
      ...layers.map((name) => `past.${name}`), 'position_ids', 'query_order', 'splice_rows',
    ]);
    expect(names(outputs)).toEqual(['choice_scores', ...layers.map((name) => `fresh.${name}`), 'logits']);
    expect(inputs.find(({ name }) => name === 'past.0.key')!.shape).toEqual(['past', 'batch', 1, 16]);
  });

  it('read the same weights of the language model in training and decoding', () => {
    const inTraining = names(model.trainingGraph(training).weights);
    const inDecoding = names(model.decodingGraph({ trainable: frozen }).weights);
    expect(inDecoding).toEqual(inTraining);
  });
});

it('a tied head reads the embedding table and asks for no tensor of its own', () => {
  const tied = open({ tie_word_embeddings: true });
  expect(names(model.tensors)).toContain('lm_head.weight');
  expect(names(tied.tensors)).not.toContain('lm_head.weight');
  expect(tied.linears.filter(({ part }) => part === 'head')).toEqual([]);
});
