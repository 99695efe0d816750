import type { EncodedPost, FloatTensor } from '@mmhs/core';
import type { DecodingCache } from './decoding-cache.ts';
import { lineRows, placeAfterPrompt, type NextPlace } from './decoding-rows.ts';
import type { Decoder } from './decoding-session.ts';
import { createTokenChooser, type Sampling, type TokenChooser } from './sampling.ts';

/** What was generated for one post. */
export interface Generation {
  /** New token ids; the last one is the end token when the answer ended. */
  readonly ids: number[];
  /** Whether an end token came before the limit. */
  readonly ended: boolean;
  /** For each id, by how much its logit exceeded the best other one's: how firm the choice was. */
  readonly margins: number[];
}

/** Whom to ask, and for how much. */
export interface GenerateOptions {
  readonly decoder: Decoder;
  /** One batch; a target that a post holds is not looked at. */
  readonly posts: readonly EncodedPost[];
  /** Rows of the vision tower for each post, undefined for one without a picture. */
  readonly imageFeatures: readonly (FloatTensor | undefined)[];
  /** Longest answer in tokens, the end token included. */
  readonly maxNewTokens: number;
  /** How tokens are drawn; the likeliest is taken when left out. */
  readonly sampling?: Sampling;
  readonly signal?: AbortSignal | undefined;
}

/** One token of one post's answer. */
export interface GeneratedToken {
  /** The post's place in the batch. */
  readonly sample: number;
  readonly id: number;
  readonly margin: number;
  /** Whether it is the end token. */
  readonly ends: boolean;
}

/**
 * Free generation for a batch of posts. A post's answer does not depend on its batch but for rounding.
 *
 * @returns one generation a post, in their order.
 * @throws MmhsError `MMHS_GENERATE_IMAGES`, `MMHS_SAMPLING`, those of {@link Session.run}, or the signal's reason.
 */
export async function generate(options: GenerateOptions): Promise<Generation[]> {
  const answers = options.posts.map(() => ({ ids: [] as number[], ended: false, margins: [] as number[] }));
  for await (const { sample, id, margin, ends } of streamTokens(options)) {
    const answer = answers[sample] as (typeof answers)[number];
    answer.ids.push(id);
    answer.margins.push(margin);
    answer.ended = ends;
  }
  return answers;
}

interface Sequence {
  readonly sample: number;
  readonly choose: TokenChooser;
  place: NextPlace;
  /** The token chosen last. */
  id: number;
}

/** {@link generate} token by token, as they are chosen: one of each unfinished post, then the next. Leaving the loop frees the cache. */
export async function* streamTokens(options: GenerateOptions): AsyncGenerator<GeneratedToken, void, undefined> {
  const { decoder, posts, imageFeatures, maxNewTokens, sampling, signal } = options;
  const { positionRows, endTokenIds } = decoder.model;
  if (posts.length === 0 || maxNewTokens <= 0) return;
  let active: Sequence[] = posts.map((post, sample) => ({
    sample, choose: createTokenChooser(sampling), place: placeAfterPrompt(post, positionRows), id: -1,
  }));
  const wantedOf = () => active.map((_, sample) => ({ sample, row: 0, tokens: [] }));
  let step = await decoder.prefill({ posts, imageFeatures, wanted: wantedOf(), logits: true, signal });
  let cache = step.cache as DecodingCache;
  try {
    for (let count = 1; ; count += 1) {
      const chosen = chooseTokens(active, step.logits as FloatTensor, endTokenIds);
      yield* chosen;
      const going = active.flatMap((_, index) => (chosen[index]?.ends === true ? [] : [index]));
      if (going.length === 0 || count === maxNewTokens) return;
      cache = await narrow(decoder, cache, going, active.length, signal);
      active = going.map((index) => active[index] as Sequence);
      const rows = active.map(({ id, place }) => lineRows([id], place, positionRows));
      step = await decoder.extend({ cache, rows, wanted: wantedOf(), logits: true, signal });
      cache.release();
      cache = step.cache as DecodingCache;
      for (const sequence of active) sequence.place = { position: sequence.place.position + 1, order: sequence.place.order + 1 };
    }
  } finally {
    cache.release();
  }
}

function chooseTokens(active: readonly Sequence[], logits: FloatTensor, endTokenIds: readonly number[]): GeneratedToken[] {
  const vocabulary = logits.shape[1] as number;
  return active.map((sequence, row) => {
    const { id, margin } = sequence.choose(logits.data.subarray(row * vocabulary, (row + 1) * vocabulary));
    sequence.id = id;
    return { sample: sequence.sample, id, margin, ends: endTokenIds.includes(id) };
  });
}

/** Drops finished sequences from the cache. */
async function narrow(
  decoder: Decoder, cache: DecodingCache, going: readonly number[], count: number, signal: AbortSignal | undefined,
): Promise<DecodingCache> {
  if (going.length === count) return cache;
  try {
    return await decoder.select({ cache, samples: going, signal });
  } finally {
    cache.release();
  }
}
