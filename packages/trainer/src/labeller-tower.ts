import type { LinearPrecision } from '@mmhs/core';

import { createFeatureStore, type FeatureStore } from './feature-store.ts';
import { createPostImages, type PostImages } from './labeller-images.ts';
import type { AdaptedWeights } from './labeller-weights.ts';
import type { OpenedModel } from './open-model.ts';
import { createVisionSession } from './vision-session.ts';

/** What turns the pictures of posts into image features. */
export interface Tower {
  readonly images: PostImages;
  readonly features: FeatureStore;
  release(): Promise<void>;
}

/** Opens towers: one for all adapters that leave it as it is, so that each picture is computed once, and others' own. */
export function createTowers(opened: OpenedModel, precision: LinearPrecision = 'float32'): (adapted: AdaptedWeights) => Promise<Tower> {
  const { runtime, model, processor } = opened;
  const images = createPostImages({ processor });
  const open = async ({ trainable, weights, parameters }: Pick<AdaptedWeights, 'trainable' | 'weights'> & Partial<AdaptedWeights>): Promise<Tower> => {
    const vision = await createVisionSession({ runtime, model, weights, parameters, trainable, precision });
    const features = createFeatureStore({ vision, model, images, cache: { identity: opened.featureIdentity } });
    return { images, features, release: () => vision.release() };
  };
  let shared: Promise<Tower> | undefined;
  return async (adapted) => {
    if (adapted.changesTower) return open(adapted);
    shared ??= open({ trainable: { adapters: new Map(), full: new Set() }, weights: [opened.weights] });
    // The shared tower goes with the model.
    return { ...(await shared), release: () => Promise.resolve() };
  };
}
