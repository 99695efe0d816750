import type { EncodedPost, FloatTensor } from '@mmhs/core';
import type { DecodingCache } from './decoding-cache.ts';
import { placeAfterPrompt, treeRows } from './decoding-rows.ts';
import type { Decoder } from './decoding-session.ts';
import type { Answer, TrieNode } from './label-trie.ts';
import { ancestorsOf, innerNodesBelow, tokensOf, wantChildren } from './label-walk.ts';
import { defaultBeamLimit, defaultTolerance, searchAnswers, type SearchLimits } from './score-search.ts';

/** What a model thinks of the answers to one post. */
export interface ScoredAnswers {
  /** The answers looked at: all there are, unless `missing` says otherwise. */
  readonly answers: readonly Answer[];
  /** Natural logarithm of each answer's probability, its end token included, over all texts the model could write. */
  readonly logProbabilities: Float64Array;
  /** Beginnings of the answers that were not looked at; none when all were. */
  readonly unfinished: readonly UnfinishedAnswers[];
  /** Largest share of all answers' probability that answers not looked at can have; 0 when all were. */
  readonly missing: number;
}

/** Answers that begin alike. */
export interface UnfinishedAnswers {
  /** Labels that all of them hold. Others they hold come later in the label set; labels between these they do not. */
  readonly labels: readonly number[];
  /** Whether it is a single answer: these labels and no others. */
  readonly isSingle: boolean;
  /** Of the beginning's tokens: all its answers together are at most as likely. */
  readonly logProbability: number;
}

/** What is to be scored, and how thoroughly. */
export interface ScoreLabelsOptions extends SearchLimits {
  readonly decoder: Decoder;
  /** Root of the trie of all answers, as `createLabelTrie` makes it. */
  readonly trie: TrieNode;
  readonly labelCount: number;
  readonly posts: readonly EncodedPost[];
  readonly imageFeatures: readonly (FloatTensor | undefined)[];
  /** Up to this many labels every answer is scored; with more, the likeliest are searched for. @default 12, 4096 answers */
  readonly exactUpTo?: number;
  /**
   * From this many labels on, up to `exactUpTo`, the likeliest answers are searched for first, and the others scored only where the
   * search ends with more than `tolerance` missing: a sure model has few likely answers. @default never
   */
  readonly searchFrom?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Logits in one run: 256 MB, and as much for their log-probabilities. */
const mostLogits = 2 ** 26;
/** A search in vain may cost a quarter of scoring all answers: a beginning brings along some 12 tokens, each answer adds 3 to the tree. */
const answersPerBeginning = 16;
/** Tree tokens in one run, for the attention scores' sake. */
const mostTreeTokens = 1024;

/**
 * Scores the answers to a batch of posts. The prompt is computed once; the tokens of all answers form a tree behind it, in the
 * same run where they fit. Results do not depend on the batch but for rounding.
 *
 * @throws MmhsError as {@link generate}, or the signal's reason.
 */
export async function scoreLabels(options: ScoreLabelsOptions): Promise<ScoredAnswers[]> {
  const { labelCount, posts, exactUpTo = 12, searchFrom = Infinity } = options;
  if (posts.length === 0) return [];
  if (labelCount > exactUpTo) return searchAnswers(options);
  return labelCount < searchFrom ? scoreAll(options) : searchThenScoreAll(options);
}

async function searchThenScoreAll(options: ScoreLabelsOptions): Promise<ScoredAnswers[]> {
  const { labelCount, posts, imageFeatures, tolerance = defaultTolerance, beamLimit = defaultBeamLimit } = options;
  const scored = await searchAnswers({ ...options, beamLimit: Math.min(beamLimit, Math.max(16, 2 ** labelCount / answersPerBeginning)) });
  const open = scored.flatMap(({ missing }, sample) => (missing > tolerance ? [sample] : []));
  const whole = await scoreAll({
    ...options, posts: open.map((sample) => posts[sample] as EncodedPost), imageFeatures: open.map((sample) => imageFeatures[sample]),
  });
  open.forEach((sample, index) => { scored[sample] = whole[index] as ScoredAnswers; });
  return scored;
}

async function scoreAll(options: ScoreLabelsOptions): Promise<ScoredAnswers[]> {
  const { trie, posts } = options;
  if (posts.length === 0) return [];
  const { vocabularySize } = options.decoder.model;
  const nodes = innerNodesBelow(trie);
  const rows = Math.min(mostTreeTokens, Math.max(1, Math.floor(mostLogits / vocabularySize) - 1));
  const books = posts.map(() => new Map<TrieNode, number>([[trie, 0]]));
  const run = { ...options, nodes, books };
  if (nodes.length <= rows) await scoreAtOnce(run, Math.max(1, Math.floor(rows / (nodes.length + 1))));
  else await scoreInParts(run, rows);
  return books.map((book) => collect(trie, book));
}

/** Log-probability of the tokens up to each node. */
type Book = Map<TrieNode, number>;

interface ScoringRun extends ScoreLabelsOptions {
  readonly nodes: readonly TrieNode[];
  readonly books: readonly Book[];
}

/** Prompts and trees in one run, for as many posts as its logits allow. */
async function scoreAtOnce(run: ScoringRun, most: number): Promise<void> {
  const { decoder, trie, nodes, posts, imageFeatures, books, signal } = run;
  const { positionRows } = decoder.model;
  const tree = tokensOf(nodes);
  for (let start = 0; start < posts.length; start += most) {
    const some = posts.slice(start, start + most);
    const { scores } = await decoder.prefill({
      posts: some,
      imageFeatures: imageFeatures.slice(start, start + most),
      following: some.map((post) => treeRows(tree, placeAfterPrompt(post, positionRows), positionRows)),
      wanted: some.flatMap((_, sample) => wantChildren(sample, [trie, ...nodes], 0)),
      keep: false,
      signal,
    });
    const each = nodes.length + 1;
    some.forEach((_, sample) =>
      writeScores(books[start + sample] as Book, [trie, ...nodes], scores.slice(sample * each, (sample + 1) * each)));
  }
}

/** The prompts once, then the tree in parts behind their cache; each part brings the path to it along. */
async function scoreInParts(run: ScoringRun, most: number): Promise<void> {
  const { decoder, trie, nodes, posts, imageFeatures, books, signal } = run;
  const wanted = posts.flatMap((_, sample) => wantChildren(sample, [trie], 0));
  const prompts = await decoder.prefill({ posts, imageFeatures, wanted, signal });
  const cache = prompts.cache as DecodingCache;
  try {
    books.forEach((book, sample) => writeScores(book, [trie], prompts.scores.slice(sample, sample + 1)));
    for (let sample = 0; sample < posts.length; sample += 1) {
      const own = await decoder.select({ cache, samples: [sample], signal });
      try {
        for (let start = 0; start < nodes.length; start += most) {
          await scorePart({ run, cache: own, sample, part: nodes.slice(start, start + most) });
        }
      } finally {
        own.release();
      }
    }
  } finally {
    cache.release();
  }
}

async function scorePart(options: {
  readonly run: ScoringRun;
  /** The sample's prompt. */
  readonly cache: DecodingCache;
  readonly sample: number;
  readonly part: readonly TrieNode[];
}): Promise<void> {
  const { run: { decoder, posts, books, signal }, cache, sample, part } = options;
  const { positionRows } = decoder.model;
  const path = ancestorsOf(part[0] as TrieNode);
  const place = placeAfterPrompt(posts[sample] as EncodedPost, positionRows);
  const { scores } = await decoder.extend({
    cache,
    rows: [treeRows(tokensOf([...path, ...part]), place, positionRows)],
    wanted: wantChildren(0, part, path.length),
    keep: false,
    signal,
  });
  writeScores(books[sample] as Book, part, scores);
}

/** Notes the children's log-probabilities; parents come before their children. */
function writeScores(book: Book, nodes: readonly TrieNode[], scores: readonly Float32Array[]): void {
  nodes.forEach((node, index) => {
    const before = book.get(node) as number;
    node.children().forEach((child, place) => book.set(child, before + (scores[index]?.[place] as number)));
  });
}

function collect(trie: TrieNode, book: Book): ScoredAnswers {
  const ends = [...book].filter(([node]) => node !== trie && node.children().length === 0);
  return {
    answers: ends.map(([node]) => node.only as Answer),
    logProbabilities: Float64Array.from(ends, ([, score]) => score),
    unfinished: [],
    missing: 0,
  };
}
