import { existsSync } from 'node:fs';
import type { EncodedPost, ProcessedImage } from '@mmhs/core';
import { buildPrompt, writeLabels } from '@mmhs/prompts';
import type { z } from 'zod';

import { readJson } from './json-file.ts';
import type { ModelUnderTest } from './model-under-test.ts';
import { preprocessSchema, samplesSchema } from './schemas.ts';

/** A sample of `samples.json` with what the packages make of it. */
export interface GoldenPost {
  readonly expected: z.infer<typeof samplesSchema>['samples'][number];
  readonly image: ProcessedImage;
  readonly encoded: EncodedPost;
}

/** Processes and encodes the samples of `samples.json`, in the order of their indices. */
export async function readPosts(model: ModelUnderTest): Promise<GoldenPost[]> {
  const { class_names, samples, image_settings } = await readJson(model.path('samples.json'), samplesSchema);
  const preprocess = model.path('preprocess.json');
  const settings = existsSync(preprocess) ? (await readJson(preprocess, preprocessSchema)).settings : {};
  const prompt = buildPrompt({ labelSet: class_names });
  const posts: GoldenPost[] = [];
  for (const expected of samples) {
    if (expected.index !== posts.length) throw new Error(`samples.json: sample ${posts.length} has index ${expected.index}`);
    const processor = model.processor(settings[expected.setting] ?? image_settings);
    const image = processor.processImage(await model.pictures.get(expected.image));
    const target = writeLabels(expected.labels, prompt.labelSet);
    posts.push({ expected, image, encoded: processor.encodePost({ prompt, text: expected.text, image, target }) });
  }
  return posts;
}

/** The posts of some indices; throws when one is missing. */
export function pickPosts(posts: readonly GoldenPost[], indices: readonly number[]): GoldenPost[] {
  return indices.map((index) => {
    const post = posts[index];
    if (post === undefined) throw new Error(`samples.json has no sample ${index}`);
    return post;
  });
}

/** `[sample in the batch, token]` whose logits predict a label token, in the order of the training graph's rows. */
export function labelRowsOf(posts: readonly GoldenPost[]): [sample: number, token: number][] {
  return posts.flatMap(({ encoded: { promptLength, inputIds } }, sample) =>
    Array.from({ length: inputIds.length - promptLength }, (_, index): [number, number] => [sample, promptLength + index - 1]));
}
