import { join } from 'node:path';

import type { LabelSet } from '@mmhs/core';
import { loadSplit } from '@mmhs/data';
import { buildPrompt } from '@mmhs/prompts';
import { createAnswerLanguage, createFeatureStore, createImageLoader, createPredictor, openModel, preparePosts } from '@mmhs/trainer';

import type { DemoModel } from './models/demo-model.ts';

/** What a tiny checkpoint answers to the demo's test posts before anybody fine-tunes it. */
export async function untrainedAnswers(options: {
  readonly folder: string;
  readonly demo: DemoModel;
  readonly labelSet: LabelSet;
}): Promise<(readonly string[])[]> {
  const { folder, demo, labelSet } = options;
  const { samples } = await loadSplit({ path: join(folder, 'test.csv'), imageRoot: folder, labelSet });
  const opened = await openModel({
    folder: join(folder, demo.folder), family: demo.family, imageSize: {}, device: 'cpu', threads: 0,
  });
  const { runtime, model, processor, tokenizer, weights } = opened;
  const trainable = { adapters: new Map(), full: new Set<string>() };
  const parameters = await runtime.createParameters({ specs: [] });
  const images = createImageLoader({ processor });
  const vision = await runtime.createSession({ graph: model.visionGraph({ trainable }), weights, parameters });
  const prompt = buildPrompt({ labelSet });
  const predictor = createPredictor({
    runtime, model, weights, parameters, trainable, tokenizer, language: createAnswerLanguage({ processor, model, prompt }), batchSize: 40, maxNewTokens: 48,
    features: createFeatureStore({ vision, model, images, cache: { identity: folder } }),
  });
  const posts = await preparePosts({ samples, processor, prompt, images });
  const predictions = await predictor.predict({ posts });
  await opened.close();
  return predictions.map(({ labels }) => labels);
}
