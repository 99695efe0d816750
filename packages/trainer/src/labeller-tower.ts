import type { LinearPrecision } from '@mmhs/core';

import { createFeatureStore, type FeatureStore } from './feature-store.ts';
import { createPostImages, type PostImages } from './labeller-images.ts';
import type { AdaptedWeights } from './labeller-weights.ts';
import { featureIdentity, type OpenedModel } from './open-model.ts';
import { createVisionSession } from './vision-session.ts';

/** What turns the pictures of posts into image features. */
export interface Tower {
  readonly images: PostImages;
  readonly features: FeatureStore;
  release(): Promise<void>;
}

/**
 * Opens towers: one of each precision for all adapters that leave it as it is, so that each picture is computed once, and others' own.
 */
export function createTowers(opened: OpenedModel): (adapted: AdaptedWeights, precision: LinearPrecision) => Promise<Tower> {
  const { runtime, model, processor } = opened;
  const images = createPostImages({ processor });
  const open = async (
    { trainable, weights, parameters }: Pick<AdaptedWeights, 'trainable' | 'weights'> & Partial<AdaptedWeights>, precision: LinearPrecision,
  ): Promise<Tower> => {
    const vision = await createVisionSession({ runtime, model, weights, parameters, trainable, precision });
    const features = createFeatureStore({ vision, model, images, cache: { identity: featureIdentity(opened, precision) } });
    return { images, features, release: () => vision.release() };
  };
  const shared = new Map<LinearPrecision, Promise<Tower>>();
  return async (adapted, precision) => {
    if (adapted.changesTower) return open(adapted, precision);
    const tower = shared.get(precision) ?? open({ trainable: { adapters: new Map(), full: new Set() }, weights: [opened.weights] }, precision);
    shared.set(precision, tower);
    // Shared towers go with the model.
    return { ...(await tower), release: () => Promise.resolve() };
  };
}
