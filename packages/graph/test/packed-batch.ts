import { array64, numbers, type Array64 } from './array64.ts';
import type { Feeds } from './interpreter.ts';

/** One post as token ids, the last `answer` of which are learnt. */
export interface TestPost {
  readonly ids: readonly number[];
  readonly answer: number;
  /** Attention order of the tokens. Default their index: causal. */
  readonly order?: readonly number[];
}

/** Orders of padding (docs/graph-contract.md). */
const paddingQuery = 2 ** 30;
const paddingKey = paddingQuery + 1;

/**
 * The row numbers of a packed micro-batch, as docs/graph-contract.md lays them out.
 *
 * `sharedPrefix` leading tokens, the same in all posts, are kept once; 0 gives the layout without a shared prefix.
 * `padding` adds columns that a ragged batch would have anyway.
 */
export function packAttention(options: {
  readonly posts: readonly TestPost[];
  readonly sharedPrefix?: number;
  readonly padding?: number;
}): Feeds {
  const { posts, sharedPrefix: prefix = 0, padding = 0 } = options;
  const own = posts.map(({ ids }) => ids.length - prefix);
  const query = Math.max(...own) + padding;
  const starts = own.map((_, post) => prefix + own.slice(0, post).reduce((sum, length) => sum + length, 0));
  const orders = posts.map(({ ids, order }) => order ?? ids.map((_, index) => index));
  const table = (columns: number, element: (post: number, column: number) => number): Array64 =>
    array64([posts.length, columns], posts.flatMap((_, post) => Array.from({ length: columns }, (__, column) => element(post, column))));
  const ownRow = (post: number, index: number): number => starts[post]! + Math.min(index, own[post]! - 1);
  const order = (post: number, index: number, ofPadding: number): number =>
    index < own[post]! ? orders[post]![prefix + index]! : ofPadding;
  const prefixRows = Array.from({ length: prefix }, (_, row) => row);
  return {
    query_rows: table(query, ownRow),
    query_order: table(query, (post, column) => order(post, column, paddingQuery)),
    key_rows: table(prefix + query, (post, column) => (column < prefix ? column : ownRow(post, column - prefix))),
    key_order: table(prefix + query, (post, column) =>
      column < prefix ? orders[post]![column]! : order(post, column - prefix, paddingKey)),
    own_rows: numbers(own.flatMap((length, post) => Array.from({ length }, (_, index) => post * query + index))),
    ...(prefix > 0 && { prefix_rows: numbers(prefixRows), prefix_order: numbers(orders[0]!.slice(0, prefix)) }),
  };
}

/** The packed rows of posts, in order: post and index of each. The shared prefix is the first post's. */
export function packedTokens(posts: readonly TestPost[], sharedPrefix = 0): { readonly post: number; readonly index: number }[] {
  return posts.flatMap(({ ids }, post) =>
    ids.map((_, index) => ({ post, index })).slice(post === 0 ? 0 : sharedPrefix));
}

/** Everything a text-only training graph is fed with, weights aside. */
export function packBatch(options: {
  readonly posts: readonly TestPost[];
  readonly sharedPrefix?: number;
  readonly padding?: number;
}): Feeds {
  const { posts, sharedPrefix = 0 } = options;
  const tokens = packedTokens(posts, sharedPrefix);
  const rowOf = (post: number, index: number): number =>
    tokens.findIndex((token) => token.index === index && (token.post === post || index < sharedPrefix));
  const answers = posts.flatMap(({ ids, answer }, post) =>
    Array.from({ length: answer }, (_, place) => ({ post, index: ids.length - answer + place })));
  return {
    ...packAttention(options),
    input_ids: numbers(tokens.map(({ post, index }) => posts[post]!.ids[index]!)),
    position_ids: numbers(tokens.map(({ index }) => index), [1, tokens.length]),
    label_rows: numbers(answers.map(({ post, index }) => rowOf(post, index - 1))),
    labels: numbers(answers.map(({ post, index }) => posts[post]!.ids[index]!)),
    loss_scale: numbers([1 / answers.length], []),
  };
}
