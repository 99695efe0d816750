import { postSizes } from './synthetic-posts.ts';

/** Multiply-adds count 2. SmolVLM-256M's decoder. */
const decoder = { hidden: 576, intermediate: 1536, layers: 30, heads: 9, keyValueHeads: 3, headDimension: 64, vocabulary: 49280 };

/**
 * Floating-point operations of a step's matrix products with features cached: base linears forward and by their input,
 * attention forward and backward, the head at label rows. LoRA's own products (about 4 %) are not counted.
 */
export function cachedStepFlops(options: { readonly samples: number; readonly sharedPrefix: number }): number {
  const { samples, sharedPrefix } = options;
  const { hidden, intermediate, layers, heads, keyValueHeads, headDimension, vocabulary } = decoder;
  const length = postSizes.textTokens + postSizes.imageMarkers + postSizes.imageTokens;
  const own = length - sharedPrefix;
  const tokens = sharedPrefix + samples * own;
  const attentionWidth = heads * headDimension;
  const weights = hidden * attentionWidth * 2 + hidden * keyValueHeads * headDimension * 2 + 3 * hidden * intermediate;
  const linears = 2 * tokens * weights * layers * 2;
  const pairs = samples * own * length + sharedPrefix * sharedPrefix;
  const attention = layers * pairs * attentionWidth * 2 * (2 + 4);
  const head = 2 * samples * postSizes.answerTokens * hidden * vocabulary * 2;
  return linears + attention + head;
}
