import type { EncodedPost, FloatTensor } from '@mmhs/core';
import type { DecodingCache } from './decoding-cache.ts';
import type { CachedKeys, WantedRow } from './decoding-feeds.ts';
import { placeAfterPrompt, treeRows, unseenOrder, type NextPlace, type TokenRows } from './decoding-rows.ts';
import type { Decoder } from './decoding-session.ts';
import type { Answer, TrieNode } from './label-trie.ts';
import { tokensOf, unsettledBelow, wantChildren } from './label-walk.ts';

/** Answers of a batch, and what they took. */
export interface ConstrainedAnswers {
  /** One a post, in their order. */
  readonly answers: readonly Answer[];
  /** Runs of the model, the prompts' included: at most one more than the labels of the longest answer. */
  readonly passes: number;
}

/**
 * Greedy decoding in which only tokens that lead to a canonical label array compete: never an invalid answer.
 *
 * Each pass settles one label, or the end: forced tokens, and all places where the choice of the next label can turn, go along as
 * a small tree. The first of equal scores wins, by token id.
 *
 * @throws MmhsError as {@link generate}, or the signal's reason.
 */
export async function decodeLabels(options: {
  readonly decoder: Decoder;
  /** Root of the trie of all answers, as `createLabelTrie` makes it. */
  readonly trie: TrieNode;
  readonly posts: readonly EncodedPost[];
  readonly imageFeatures: readonly (FloatTensor | undefined)[];
  readonly signal?: AbortSignal | undefined;
}): Promise<ConstrainedAnswers> {
  const { decoder, trie, posts, imageFeatures, signal } = options;
  const { positionRows } = decoder.model;
  if (posts.length === 0) return { answers: [], passes: 0 };
  const answers = new Array<Answer>(posts.length);
  let active = posts.map((post, sample) => openWalk(sample, trie, placeAfterPrompt(post, positionRows)));
  let step = await decoder.prefill({
    posts, imageFeatures, signal, wanted: askAll(active), following: active.map((walk) => rowsOf(walk, walk.nodes.slice(1), positionRows)),
  });
  let cache = step.cache as DecodingCache;
  try {
    for (let passes = 1; ; passes += 1) {
      const results = followAll(active, step.scores);
      results.forEach((result, index) => {
        const { sample } = active[index] as Walk;
        if ('answer' in result) answers[sample] = result.answer;
      });
      const going = [...results.keys()].filter((index) => !('answer' in (results[index] as WalkResult)));
      if (going.length === 0) return { answers, passes };
      active.forEach((walk, sample) => keepPath(cache.keys, sample, walk, results[sample] as WalkResult));
      if (going.length < active.length) {
        const whole = cache;
        cache = await decoder.select({ cache: whole, samples: going, signal });
        whole.release();
      }
      active = going.map((index) => nextWalk(active[index] as Walk, results[index] as WalkResult));
      const before = cache;
      step = await decoder.extend({
        cache, signal, wanted: askAll(active), rows: active.map((walk) => rowsOf(walk, walk.nodes, positionRows)),
      });
      before.release();
      cache = step.cache as DecodingCache;
    }
  } finally {
    cache.release();
  }
}

/** Where one post's answer stands. */
interface Walk {
  readonly sample: number;
  /** The node reached, and those that can be walked to before the next label is settled. */
  readonly nodes: readonly TrieNode[];
  /** Place after the prompt. */
  readonly start: NextPlace;
  /** Attention order of the first of `nodes` that is fed. */
  readonly order: number;
}

type WalkResult = { readonly answer: Answer } | { readonly next: TrieNode; readonly path: readonly TrieNode[] };

function openWalk(sample: number, trie: TrieNode, start: NextPlace): Walk {
  return { sample, nodes: [trie, ...unsettledBelow(trie)], start, order: start.order };
}

function nextWalk({ sample, nodes, start, order }: Walk, result: WalkResult): Walk {
  const { next } = result as Extract<WalkResult, { next: TrieNode }>;
  // The root is not fed: the prompt's last token stands for it.
  const fed = nodes[0]?.parent === undefined ? nodes.length - 1 : nodes.length;
  return { sample, nodes: [next, ...unsettledBelow(next)], start, order: order + fed };
}

function rowsOf({ start, order }: Walk, nodes: readonly TrieNode[], positionRows: number): TokenRows {
  return treeRows(tokensOf(nodes), { position: start.position, order }, positionRows);
}

/** Asks only where there is something to decide. */
function askAll(walks: readonly Walk[]): WantedRow[] {
  return walks.flatMap(({ nodes }, sample) => wantChildren(sample, nodes, 0).filter(({ tokens }) => tokens.length > 1));
}

function followAll(walks: readonly Walk[], scores: readonly Float32Array[]): WalkResult[] {
  let next = 0;
  return walks.map((walk) => {
    const scored = new Map(walk.nodes.filter((node) => node.children().length > 1).map((node) => [node, scores[next++] as Float32Array]));
    return follow(walk, scored);
  });
}

function follow({ nodes }: Walk, scored: ReadonlyMap<TrieNode, Float32Array>): WalkResult {
  const fed = new Set(nodes);
  const path: TrieNode[] = [];
  let at = nodes[0] as TrieNode;
  for (;;) {
    const children = at.children();
    const scores = scored.get(at);
    const next = children[scores === undefined ? 0 : indexOfBest(scores)] as TrieNode;
    if (next.only !== undefined) return { answer: next.only };
    if (!fed.has(next)) return { next, path };
    path.push(next);
    at = next;
  }
}

function indexOfBest(scores: Float32Array): number {
  return scores.reduce((best, score, index) => (score > (scores[best] as number) ? index : best), 0);
}

/** Shows the tokens walked over to all that follow; the branches beside them stay hidden. */
function keepPath({ orders, ends }: CachedKeys, sample: number, { nodes, order }: Walk, result: WalkResult): void {
  if ('answer' in result) return;
  const fed = nodes[0]?.parent === undefined ? nodes.slice(1) : nodes;
  const kept = new Set([nodes[0] as TrieNode, ...result.path]);
  const keptOrders = new Set(fed.flatMap((node, index) => (kept.has(node) ? [order + index] : [])));
  orders[sample]?.forEach((value, column) => {
    if (keptOrders.has(value)) (ends[sample] as Int32Array)[column] = unseenOrder;
  });
}
