import type { FloatTensor, ModelGraph, ProcessedImage, Tensor, TrainableTensors, TrainingGraphOptions } from '@mmhs/core';
import { parameterShapes, type AdapterTensors } from '@mmhs/lora';
import type { CheckpointHandle, ParameterStore, Session } from '@mmhs/runtime';
import { packBatch, type PackedBatch } from '@mmhs/trainer';

import type { ModelUnderTest } from './model-under-test.ts';
import type { GoldenPost } from './posts.ts';

/** A model with or without an adapter, ready to run. */
export interface AdaptedModel {
  readonly trainable: TrainableTensors;
  readonly parameters: ParameterStore | undefined;
  /** Base weights, behind those that replace them. */
  readonly weights: readonly CheckpointHandle[];
  /** Whether the tower or projector is trained, so that features must be computed inside the training graph. */
  readonly trainsTower: boolean;
  /** How frozen linears of the decoder's layers are computed. */
  readonly precision: NonNullable<TrainingGraphOptions['precision']>;
  createSession(graph: ModelGraph): Promise<Session>;
  /** Image features of each picture, all computed in one run of the tower. */
  imageFeatures(images: readonly ProcessedImage[]): Promise<FloatTensor[]>;
  /** Forgets the adapter's tensors. */
  release(): void;
}

const noAdapter: AdapterTensors = { trainable: { adapters: new Map(), full: new Set() }, parameters: new Map() };

/**
 * Puts an adapter on a model.
 *
 * @param options.overrides weights that replace the checkpoint's, such as merged ones
 * @param options.precision how frozen linears of the decoder's layers are computed; float32 by default
 */
export async function adaptModel(options: {
  readonly under: ModelUnderTest;
  readonly adapter?: AdapterTensors | undefined;
  readonly overrides?: CheckpointHandle;
  readonly precision?: AdaptedModel['precision'];
}): Promise<AdaptedModel> {
  const { under, adapter = noAdapter, overrides, precision = 'float32' } = options;
  const { runtime, model } = under;
  const { trainable } = adapter;
  const parameters = await storeParameters(under, adapter);
  const visionGraph = model.visionGraph({ trainable });
  const weights = overrides === undefined ? [under.weights] : [overrides, under.weights];
  const createSession = (graph: ModelGraph): Promise<Session> =>
    runtime.createSession({
      graph,
      weights,
      ...(parameters === undefined ? {} : { parameters }),
    });
  return {
    trainable,
    parameters,
    weights,
    trainsTower: visionGraph.parameters.length > 0,
    precision,
    createSession,
    async imageFeatures(images) {
      const session = await createSession(visionGraph);
      const { image_features: features } = await session.run({ feeds: model.batchImages(images) });
      await session.release();
      return splitRows(floats(features), images.map(({ featureRows }) => featureRows));
    },
    release: () => parameters?.release(),
  };
}

/** How a micro-batch goes through the training graph. */
export interface PackingOptions {
  readonly sharedPrefix: boolean;
  /** 1 / label tokens of the whole update; of this batch by default. */
  readonly lossScale?: number;
}

/** Packs posts for {@link trainingGraphOf} with the same options. */
export async function packPosts(options: PackingOptions & {
  readonly under: ModelUnderTest;
  readonly adapted: AdaptedModel;
  readonly posts: readonly GoldenPost[];
}): Promise<PackedBatch> {
  const { under: { model }, adapted, posts, sharedPrefix } = options;
  const images = posts.map(({ image }) => image);
  const features = adapted.trainsTower ? [] : await adapted.imageFeatures(images);
  return packBatch({
    items: posts.map(({ encoded, image }, index) => ({
      post: encoded, imageFeatures: features[index], featureRows: image.featureRows,
    })),
    imageTokenId: model.imageTokenId,
    hiddenSize: model.hiddenSize,
    sharedPrefix,
    lossScale: options.lossScale ?? 1 / countLabelTokens(posts),
    ...(adapted.trainsTower ? { imageTensors: model.batchImages(images) } : {}),
  });
}

/** The training graph of an adapted model. */
export function trainingGraphOf(options: {
  readonly under: ModelUnderTest;
  readonly adapted: AdaptedModel;
  readonly sharedPrefix: boolean;
  readonly gradients: boolean;
}): ModelGraph {
  const { under, adapted, sharedPrefix, gradients } = options;
  const imageFeatures = adapted.trainsTower ? 'computed' : 'fed';
  return under.model.trainingGraph({ trainable: adapted.trainable, precision: adapted.precision, sharedPrefix, imageFeatures, gradients });
}

/** Number of target tokens of some posts. */
export function countLabelTokens(posts: readonly GoldenPost[]): number {
  return posts.reduce((sum, { encoded }) => sum + encoded.inputIds.length - encoded.promptLength, 0);
}

/** A tensor that must be float32. */
export function floats(tensor: Tensor | undefined): FloatTensor {
  if (tensor?.type === 'float32') return tensor;
  throw new Error(`expected a float32 tensor, got ${tensor?.type ?? 'nothing'}`);
}

async function storeParameters(under: ModelUnderTest, adapter: AdapterTensors): Promise<ParameterStore | undefined> {
  const { model, runtime } = under;
  const shapes = parameterShapes({ trainable: adapter.trainable, linears: model.linears, tensors: model.tensors });
  if (shapes.length === 0) return undefined;
  const store = await runtime.createParameters({ specs: shapes.map((spec) => ({ ...spec, type: 'float32' })) });
  for (const [name, { data }] of adapter.parameters) store.values.get(name)?.set(data);
  store.markChanged();
  return store;
}

function splitRows(tensor: FloatTensor, rows: readonly number[]): FloatTensor[] {
  const width = tensor.data.length / rows.reduce((sum, count) => sum + count, 0);
  let start = 0;
  return rows.map((count) => {
    const data = tensor.data.slice(start * width, (start + count) * width);
    start += count;
    return { type: 'float32', shape: [count, width], data };
  });
}
