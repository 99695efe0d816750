import type { FloatTensor, LabelSet, Prediction, Tokenizer, TrainableTensors, VlmModel } from '@mmhs/core';
import { parseLabels } from '@mmhs/parse';
import { createDecoder, generate, type CheckpointHandle, type ParameterStore, type Runtime } from '@mmhs/runtime';

import type { FeatureStore } from './feature-store.ts';
import { promptOf, type PreparedPost } from './prepare-posts.ts';

/** Labels posts by greedy generation. */
export interface Predictor {
  /** Predictions in the order of the posts. */
  predict(options: {
    readonly posts: readonly PreparedPost[];
    readonly onProgress?: (done: number, total: number) => void;
    readonly signal?: AbortSignal | undefined;
  }): Promise<Prediction[]>;
  release(): Promise<void>;
}

/** Creates a predictor that shares base weights and adapters with the other sessions of its runtime. */
export function createPredictor(options: {
  readonly runtime: Runtime;
  readonly model: VlmModel;
  readonly weights: CheckpointHandle;
  readonly parameters: ParameterStore;
  readonly trainable: TrainableTensors;
  readonly features: FeatureStore;
  readonly tokenizer: Tokenizer;
  readonly labelSet: LabelSet;
  readonly batchSize: number;
  /** Longest answer in tokens. */
  readonly maxNewTokens: number;
}): Predictor {
  const { runtime, model, weights, parameters, trainable, features, tokenizer, labelSet } = options;
  const decoder = createDecoder({ runtime, model, trainable, weights, parameters });

  const predictBatch = async (batch: readonly PreparedPost[], signal?: AbortSignal): Promise<Prediction[]> => {
    const answers = await generate({
      decoder,
      posts: batch.map((post) => promptOf(post.encoded)),
      imageFeatures: await featuresOf(batch, features, signal),
      maxNewTokens: options.maxNewTokens,
      signal,
    });
    return batch.map((post, index) => {
      const { ids = [], ended = false } = answers[index] ?? {};
      return toPrediction(post.sample.id, tokenizer.decode(ids), ended, labelSet);
    });
  };

  return {
    async predict({ posts, onProgress, signal }) {
      const byLength = posts.map((post, index) => ({ post, index }))
        .sort((a, b) => b.post.encoded.promptLength - a.post.encoded.promptLength);
      const predictions: Prediction[] = new Array<Prediction>(posts.length);
      for (let start = 0; start < byLength.length; start += options.batchSize) {
        signal?.throwIfAborted();
        const batch = byLength.slice(start, start + options.batchSize);
        const answers = await predictBatch(batch.map(({ post }) => post), signal);
        batch.forEach(({ index }, place) => { predictions[index] = answers[place] as Prediction; });
        onProgress?.(Math.min(start + batch.length, posts.length), posts.length);
      }
      return predictions;
    },
    release: () => decoder.release(),
  };
}

async function featuresOf(
  posts: readonly PreparedPost[], features: FeatureStore, signal?: AbortSignal,
): Promise<(FloatTensor | undefined)[]> {
  const images = posts.flatMap((post) => (post.image === undefined ? [] : [post.image]));
  const found = await features.get(images, { signal });
  let next = 0;
  return posts.map((post) => (post.image === undefined ? undefined : found[next++]));
}

/** Parses a generated text; an answer that is not the canonical JSON array of known labels counts as invalid. */
function toPrediction(id: string, rawText: string, ended: boolean, labelSet: LabelSet): Prediction {
  const parsed = parseLabels(rawText, labelSet);
  const valid = ended && parsed.ok && parsed.repairs.length === 0 && parsed.unknown.length === 0;
  return { id, labels: parsed.ok ? parsed.labels : [], rawText, valid };
}
