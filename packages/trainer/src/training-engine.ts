import type { FloatTensor, ModelGraph, Tensor, TrainableTensors, TrainingGraphOptions, VlmModel } from '@mmhs/core';
import type { CheckpointHandle, ParameterStore, Runtime, Session } from '@mmhs/runtime';

import { withoutDropout } from './adapter-setup.ts';
import { packBatch } from './collate.ts';
import { dropoutFeeds } from './dropout-feeds.ts';
import type { FeatureStore } from './feature-store.ts';
import type { ImageLoader } from './image-loader.ts';
import type { PreparedPost } from './prepare-posts.ts';

/** Loss of a micro-batch, scaled as asked. */
export interface MicroBatchResult {
  readonly loss: number;
  readonly labelTokens: number;
  /** Packed rows that went through the model. */
  readonly tokens: number;
}

/** Runs forward and backward passes of micro-batches; gradients land in the parameter store. */
export interface TrainingEngine {
  run(options: {
    readonly posts: readonly PreparedPost[];
    /** 1 / label tokens of the whole update. */
    readonly lossScale: number;
    /** Whether gradients replace those in the store or are added to them; 'none' gives the loss alone. */
    readonly gradients: 'none' | 'write' | 'add';
    /** Seed of the dropout masks: (run seed, step, micro-batch). */
    readonly dropoutSeed: readonly number[];
    readonly signal?: AbortSignal | undefined;
  }): Promise<MicroBatchResult>;
  release(): Promise<void>;
}

/** What decides which graph a micro-batch needs. */
interface GraphVariant {
  readonly sharedPrefix: boolean;
  readonly imageFeatures: 'fed' | 'computed' | 'none';
  readonly gradients: boolean;
}

interface OpenedGraph {
  readonly graph: ModelGraph;
  readonly session: Session;
}

/**
 * Creates the engine; graphs are built when the first micro-batch needs them.
 *
 * @param features Store of frozen features, or undefined when the tower is trained and runs inside the training graph.
 * @param sharedPrefix Whether instructions are computed once a micro-batch. Default true where the posts allow it.
 * @param gradientCheckpointing Whether decoder layers are computed again in the backward pass. Default false.
 * @param precision How frozen linears of the decoder's layers are computed. Default float32.
 */
export function createTrainingEngine(options: {
  readonly runtime: Runtime;
  readonly model: VlmModel;
  readonly weights: CheckpointHandle;
  readonly parameters: ParameterStore;
  readonly trainable: TrainableTensors;
  readonly features: FeatureStore | undefined;
  readonly images: ImageLoader;
  readonly sharedPrefix?: boolean;
  readonly gradientCheckpointing?: boolean;
  readonly precision?: TrainingGraphOptions['precision'];
}): TrainingEngine {
  const { runtime, model, weights, parameters, trainable, features, images, gradientCheckpointing = false, precision = 'float32' } = options;
  const opened = new Map<string, Promise<OpenedGraph>>();

  const open = async (variant: GraphVariant): Promise<OpenedGraph> => {
    const graph = model.trainingGraph({
      trainable: variant.gradients ? trainable : withoutDropout(trainable), gradientCheckpointing, precision, ...variant,
    });
    // Not decided by which graph is made first: a resumed run must compute the same bits.
    const usual = variant.gradients && variant.imageFeatures !== 'none' && !gradientCheckpointing;
    return { graph, session: await runtime.createSession({ graph, weights, parameters, ...(usual ? { weightBinding: 'packed-if-small' } : {}) }) };
  };
  const graphOf = (variant: GraphVariant): Promise<OpenedGraph> => {
    const key = JSON.stringify(variant);
    const known = opened.get(key);
    if (known !== undefined) return known;
    const created = open(variant);
    opened.set(key, created);
    return created;
  };

  return {
    async run({ posts, lossScale, gradients, dropoutSeed, signal }) {
      const withImages = posts.filter((post) => post.image !== undefined);
      const variant: GraphVariant = {
        sharedPrefix: (options.sharedPrefix ?? true) && posts.every((post) => post.encoded.sharedPrefixLength > 0),
        imageFeatures: withImages.length === 0 ? 'none' : features === undefined ? 'computed' : 'fed',
        gradients: gradients !== 'none',
      };
      const { graph, session } = await graphOf(variant);
      const wanted = withImages.flatMap((post) => (post.image === undefined ? [] : [post.image]));
      const fed = features === undefined ? [] : await features.get(wanted, { signal });
      const imageTensors = features === undefined && wanted.length > 0
        ? model.batchImages(await Promise.all(wanted.map(async (image) => (await images.load(image.path, { signal })).processed)))
        : undefined;
      let next = 0;
      const batch = packBatch({
        items: posts.map((post) => ({
          post: post.encoded,
          imageFeatures: post.image === undefined ? undefined : (fed[next++] as FloatTensor | undefined),
          featureRows: post.image?.featureRows ?? 0,
        })),
        imageTokenId: model.imageTokenId,
        sharedPrefix: variant.sharedPrefix,
        lossScale,
        hiddenSize: model.hiddenSize,
        ...(imageTensors === undefined ? {} : { imageTensors }),
      });
      const { loss } = await session.run({
        feeds: { ...batch.feeds, ...dropoutFeeds({ inputs: graph.inputs, rows: rowsAtMost(batch.tokens, imageTensors), seed: dropoutSeed }) },
        outputs: ['loss'],
        gradients,
        ...(signal === undefined ? {} : { signal }),
      });
      return { loss: (loss as FloatTensor).data[0] ?? Number.NaN, labelTokens: batch.labelTokens, tokens: batch.tokens };
    },
    async release() {
      for (const graph of opened.values()) await (await graph).session.release();
      opened.clear();
    },
  };
}

/** No layer has more rows than this: there are as many as packed tokens, in a tower as many as patches of at least 4 x 4 RGB pixels. */
function rowsAtMost(tokens: number, imageTensors: Readonly<Record<string, Tensor>> = {}): number {
  const values = Object.values(imageTensors).reduce((sum, { data }) => sum + data.length, 0);
  return Math.max(tokens, Math.ceil(values / (4 * 4 * 3)));
}
