import type { ProcessedImage } from '@mmhs/core';
import type { PreparedPost } from '@mmhs/trainer';

/** Sizes of the benchmark's posts; the peer's benchmark uses the same. */
export const postSizes = {
  /** Instructions, post, chat markers and answer together. */
  textTokens: 160,
  answerTokens: 10,
  /** <fake_token_around_image> twice and <global-img>. */
  imageMarkers: 3,
  imageTokens: 64,
} as const;

/** A post of the benchmark's sizes; posts of different numbers differ in everything after the shared prefix. */
export function syntheticPost(options: {
  readonly number: number;
  readonly sharedPrefix: number;
  readonly imageTokenId: number;
}): PreparedPost {
  const { number, sharedPrefix, imageTokenId } = options;
  const { textTokens, answerTokens, imageMarkers, imageTokens } = postSizes;
  const length = textTokens + imageMarkers + imageTokens;
  const firstImageToken = sharedPrefix + 3;
  const inputIds = Int32Array.from({ length }, (_, place) => {
    if (place >= firstImageToken && place < firstImageToken + imageTokens) return imageTokenId;
    return 3 + ((place < sharedPrefix ? place : place * 7 + number * 13) % 40000);
  });
  const order = Int32Array.from({ length }, (_, place) => place);
  const key = `picture-${number}`;
  return {
    sample: { id: key, text: '', imagePath: key, labels: [], source: key },
    encoded: {
      inputIds,
      promptLength: length - answerTokens,
      sharedPrefixLength: sharedPrefix,
      positionIds: order,
      attentionOrder: order,
      truncatedTextTokens: 0,
    },
    image: { path: key, key, featureRows: imageTokens },
  };
}

/** One 512 x 512 tile of noise. */
export function syntheticImage(number: number): ProcessedImage {
  const data = new Float32Array(3 * 512 * 512);
  for (let index = 0; index < data.length; index++) data[index] = Math.sin(index * 0.7 + number);
  return {
    tensors: { pixel_values: { type: 'float32', shape: [1, 3, 512, 512], data } },
    featureRows: postSizes.imageTokens,
    layout: undefined,
  };
}
