import type { EncodedPost, FloatTensor } from '@mmhs/core';
import type { DecodingCache } from './decoding-cache.ts';
import { placeAfterPrompt, treeRows } from './decoding-rows.ts';
import type { Decoder } from './decoding-session.ts';
import type { Answer, TrieNode } from './label-trie.ts';
import { ancestorsOf, innerNodesBelow, tokensOf, unsettledBelow, wantChildren } from './label-walk.ts';
import type { ScoredAnswers } from './score-labels.ts';

/** The share of probability that may stay unseen. */
export const defaultTolerance = 1e-6;

/** Most beginnings of answers followed. */
export const defaultBeamLimit = 256;

/** When a search for the likeliest answers may end. */
export interface SearchLimits {
  /** The share of probability that may stay unseen. @default 1e-6 */
  readonly tolerance?: number;
  /** Most beginnings of answers followed in one run of the model. @default 8 */
  readonly beamWidth?: number;
  /** Most beginnings of answers followed in all; then the search ends, and `missing` says what it may have missed. @default 256 */
  readonly beamLimit?: number;
}

/** What {@link searchAnswers} works on. */
export interface SearchOptions extends SearchLimits {
  readonly decoder: Decoder;
  readonly trie: TrieNode;
  readonly posts: readonly EncodedPost[];
  readonly imageFeatures: readonly (FloatTensor | undefined)[];
  readonly signal?: AbortSignal | undefined;
}

/** A beginning of answers that was not followed yet, and the log-probability of its tokens. */
interface Beginning {
  readonly node: TrieNode;
  readonly score: number;
}

interface Search {
  readonly sample: number;
  /** The likeliest first. */
  frontier: Beginning[];
  readonly found: { readonly answer: Answer; readonly score: number }[];
  followed: number;
}

/**
 * Finds the likeliest answers, best first: every answer is at most as likely as its beginning, so that what is left
 * unfollowed bounds what is missing. The prompt is computed once; each run follows the best beginnings of every post.
 */
export async function searchAnswers(options: SearchOptions): Promise<ScoredAnswers[]> {
  const { decoder, trie, posts, imageFeatures, signal, tolerance = defaultTolerance, beamLimit = defaultBeamLimit } = options;
  const searches = posts.map((_, sample): Search => ({ sample, frontier: [], found: [], followed: 0 }));
  const isOpen = (search: Search): boolean => search.followed < beamLimit && missingShare(search) > tolerance;
  const first = [trie, ...unsettledBelow(trie)];
  const prompts = await decoder.prefill({
    posts, imageFeatures, signal,
    following: posts.map((post) => rowsBehind(post, first.slice(1), decoder)),
    wanted: posts.flatMap((_, sample) => wantChildren(sample, first, 0)),
  });
  let cache = prompts.cache as DecodingCache;
  hideTokensBehind(cache, posts, decoder);
  try {
    searches.forEach((search, index) =>
      noteScores(search, [{ node: trie, score: 0 }], first, prompts.scores.slice(index * first.length, (index + 1) * first.length)));
    let cached = searches;
    for (;;) {
      const open = cached.filter(isOpen);
      if (open.length === 0) return searches.map(toScored);
      if (open.length < cached.length) {
        const whole = cache;
        cache = await decoder.select({ cache: whole, samples: open.map((search) => cached.indexOf(search)), signal });
        whole.release();
        cached = open;
      }
      await followBest({ ...options, cache, searches: open });
    }
  } finally {
    cache.release();
  }
}

/** Leaves the prompts alone visible: each run brings the paths it follows along. */
function hideTokensBehind({ keys }: DecodingCache, posts: readonly EncodedPost[], { model: { positionRows } }: Decoder): void {
  posts.forEach((post, sample) => {
    const { order } = placeAfterPrompt(post, positionRows);
    keys.orders[sample]?.forEach((value, column) => {
      if (value >= order) (keys.ends[sample] as Int32Array)[column] = 0;
    });
  });
}

/** Follows the best beginnings of each search by one label. */
async function followBest(options: SearchOptions & { readonly cache: DecodingCache; readonly searches: readonly Search[] }): Promise<void> {
  const { decoder, posts, cache, searches, signal, beamWidth = 8 } = options;
  const plans = searches.map((search) => {
    const beginnings = search.frontier.splice(0, beamWidth);
    search.followed += beginnings.length;
    // An answer that is settled is scored to its end, forced tokens included.
    const scored = beginnings.flatMap(({ node }) =>
      [node, ...(node.only === undefined ? unsettledBelow(node) : innerNodesBelow(node))]).filter((node) => node.children().length > 0);
    const nodes = depthFirst(new Set([...scored.flatMap(ancestorsOf), ...scored]));
    return { search, beginnings, scored, nodes };
  });
  const { scores } = await decoder.extend({
    cache,
    rows: plans.map(({ search, nodes }) => rowsBehind(posts[search.sample] as EncodedPost, nodes, decoder)),
    wanted: plans.flatMap(({ scored, nodes }, sample) => {
      const rows = new Map(nodes.map((node, row) => [node, row]));
      return scored.flatMap((node) => wantChildren(sample, [node], rows.get(node) as number));
    }),
    keep: false,
    signal,
  });
  let next = 0;
  for (const { search, beginnings, scored } of plans) {
    noteScores(search, beginnings, scored, scores.slice(next, next + scored.length));
    next += scored.length;
  }
}

/** Takes in the scores of nodes, parents before children: ends are found, the rest joins the frontier. */
function noteScores(
  search: Search, beginnings: readonly Beginning[], scored: readonly TrieNode[], scores: readonly Float32Array[],
): void {
  const book = new Map(beginnings.map(({ node, score }) => [node, score]));
  const inside = new Set(scored);
  scored.forEach((node, index) => {
    const before = book.get(node) as number;
    node.children().forEach((child, place) => {
      const score = before + (scores[index]?.[place] as number);
      if (inside.has(child)) book.set(child, score);
      else if (child.only !== undefined && child.children().length === 0) search.found.push({ answer: child.only, score });
      else search.frontier.push({ node: child, score });
    });
  });
  search.frontier.sort((a, b) => b.score - a.score);
}

/** Share of all probability that unfollowed beginnings may still hold. */
function missingShare({ frontier, found }: Search): number {
  const top = Math.max(...frontier.map(({ score }) => score), ...found.map(({ score }) => score));
  const mass = (list: readonly { readonly score: number }[]): number => list.reduce((sum, { score }) => sum + Math.exp(score - top), 0);
  const left = mass(frontier);
  return left === 0 ? 0 : left / (left + mass(found));
}

function toScored(search: Search): ScoredAnswers {
  return {
    answers: search.found.map(({ answer }) => answer),
    logProbabilities: Float64Array.from(search.found, ({ score }) => score),
    unfinished: search.frontier.map(({ node, score }) =>
      ({ labels: node.only?.labels ?? node.labels, isSingle: node.only !== undefined, logProbability: score })),
    missing: missingShare(search),
  };
}

function rowsBehind(post: EncodedPost, nodes: readonly TrieNode[], { model: { positionRows } }: Decoder) {
  return treeRows(tokensOf(nodes), placeAfterPrompt(post, positionRows), positionRows);
}

/** Nodes in depth-first order; a node's ancestors are among them. */
function depthFirst(nodes: ReadonlySet<TrieNode>): TrieNode[] {
  const below = new Map<TrieNode | undefined, TrieNode[]>();
  for (const node of nodes) {
    const parent = node.parent !== undefined && nodes.has(node.parent) ? node.parent : undefined;
    below.set(parent, [...(below.get(parent) ?? []), node]);
  }
  const visit = (parent: TrieNode | undefined): TrieNode[] => (below.get(parent) ?? []).flatMap((node) => [node, ...visit(node)]);
  return visit(undefined);
}
