import type { VlmModel } from '@mmhs/core';
import type { DecodingCache } from '../decoding-cache.ts';
import type { WantedRow } from '../decoding-feeds.ts';
import type { TokenRows } from '../decoding-rows.ts';
import type { Decoder, Extension } from '../decoding-session.ts';
import type { AnswerLanguage } from '../label-trie.ts';

const [opening, none, closing, separator, end] = [1, 2, 3, 4, 5];
const firstLabel = 10;

/** Arrays of one token a label. */
export function labelTokenLanguage(count: number): AnswerLanguage {
  const labelSet = Array.from({ length: count }, (_, label) => `label ${label}`);
  return {
    labelSet,
    encode(labels) {
      const tokens = labels.map((label) => firstLabel + labelSet.indexOf(label));
      return tokens.length === 0 ? [none, end] : [opening, ...tokens.flatMap((token, place) => (place === 0 ? [token] : [separator, token])), closing, end];
    },
  };
}

/** Probability that an array holds a label, given the one it holds before it (-1 for none). */
export type LabelChance = (label: number, before: number) => number;

/**
 * Stands in for a decoder that writes arrays of {@link labelTokenLanguage} and nothing else. Where chances do not depend on the label
 * before, they are the labels' probabilities, however many labels there are.
 */
export function createChanceDecoder(labelCount: number, chance: LabelChance): Decoder {
  const answer = (following: readonly (TokenRows | undefined)[], wanted: readonly WantedRow[], firstRow: number): Extension => ({
    cache: emptyCache(following.length),
    logits: undefined,
    scores: wanted.map(({ sample, row, tokens }) => {
      const path = pathTo(following[sample], row - firstRow);
      return Float32Array.from(tokens, (token) => Math.log(nextProbability({ labelCount, chance, path, token })));
    }),
  });
  return {
    model: { vocabularySize: 100, positionRows: 1 } as VlmModel,
    // Row 0 is the prompt's last token.
    prefill: ({ posts, following, wanted }) => Promise.resolve(answer(posts.map((_, sample) => following?.[sample]), wanted, 1)),
    extend: ({ rows, wanted }) => Promise.resolve(answer(rows, wanted, 0)),
    select: ({ samples }) => Promise.resolve(emptyCache(samples.length)),
    release: () => Promise.resolve(),
  };
}

function emptyCache(samples: number): DecodingCache {
  const none = Array.from({ length: samples }, () => new Int32Array());
  return { tensors: {}, keys: { orders: none, ends: none }, release: () => undefined };
}

/** The tokens that a row sees, itself included. */
function pathTo(rows: TokenRows | undefined, row: number): number[] {
  if (rows === undefined || row < 0) return [];
  const order = rows.orders[row] as number;
  return [...rows.ids].filter((_, at) => (rows.orders[at] as number) <= order && order < (rows.ends[at] as number));
}

function nextProbability({ labelCount, chance, path, token }: {
  readonly labelCount: number;
  readonly chance: LabelChance;
  readonly path: readonly number[];
  readonly token: number;
}): number {
  const before = (path.findLast((each) => each >= firstLabel) ?? firstLabel - 1) - firstLabel;
  const noneBelow = (to: number): number => {
    let product = 1;
    for (let label = before + 1; label < to; label += 1) product *= 1 - chance(label, before);
    return product;
  };
  const nothing = noneBelow(labelCount);
  if (token === end) return 1;
  if (token === none || token === closing) return nothing;
  if (token === opening || token === separator) return 1 - nothing;
  return noneBelow(token - firstLabel) * chance(token - firstLabel, before) / (1 - nothing);
}
