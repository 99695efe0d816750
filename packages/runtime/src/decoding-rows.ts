import type { EncodedPost } from '@mmhs/core';

/** End of a token that every later one sees, and order of a key that nobody sees (docs/graph-contract.md). */
export const unseenOrder = 2 ** 30 + 1;

/** Tokens that one sample feeds to a model at once; all arrays but `positions` have one entry per token. */
export interface TokenRows {
  readonly ids: Int32Array;
  /** `[positionRows, tokens]` row-major. */
  readonly positions: Int32Array;
  /** Attention order. */
  readonly orders: Int32Array;
  /** Tokens of this order and later do not see the token. */
  readonly ends: Int32Array;
}

/** Where a sample's next token stands. */
export interface NextPlace {
  readonly position: number;
  readonly order: number;
}

/** A token of a tree, its children behind it: depth-first order. */
export interface TreeToken {
  readonly id: number;
  /** Tokens between the tree's place and this one. */
  readonly depth: number;
}

/** Tokens one after the other at a place, seen by all that follow. */
export function lineRows(ids: readonly number[], place: NextPlace, positionRows: number): TokenRows {
  const rows = treeRows(ids.map((id, depth) => ({ id, depth })), place, positionRows);
  return { ...rows, ends: rows.ends.fill(unseenOrder) };
}

/** A post's prompt from token `start` on; a target that the post holds is left out. */
export function promptRows(post: EncodedPost, positionRows: number, start = 0): TokenRows {
  const { inputIds, positionIds, attentionOrder, promptLength } = post;
  return {
    ids: inputIds.slice(start, promptLength),
    positions: pickPositions(positionIds, inputIds.length, positionRows, start, promptLength),
    orders: attentionOrder.slice(start, promptLength),
    ends: new Int32Array(promptLength - start).fill(unseenOrder),
  };
}

/** The place after a post's prompt. */
export function placeAfterPrompt(post: EncodedPost, positionRows: number): NextPlace {
  const { positions, orders } = promptRows(post, positionRows);
  return { position: highest(positions) + 1, order: highest(orders) + 1 };
}

/** A tree (or several, or a plain line) of tokens at a place. All of it is later than the prompt, and unseen by what comes after. */
export function treeRows(tokens: readonly TreeToken[], place: NextPlace, positionRows: number): TokenRows {
  const count = tokens.length;
  const ends = new Int32Array(count);
  const open: number[] = [];
  const close = (depth: number, next: number): void => {
    while (open.length > 0 && (tokens[open.at(-1) as number] as TreeToken).depth >= depth) {
      ends[open.pop() as number] = place.order + next;
    }
  };
  tokens.forEach(({ depth }, index) => {
    close(depth, index);
    open.push(index);
  });
  close(-1, count);
  const positions = new Int32Array(positionRows * count);
  for (let row = 0; row < positionRows; row += 1) {
    tokens.forEach(({ depth }, index) => { positions[row * count + index] = place.position + depth; });
  }
  return {
    ids: Int32Array.from(tokens, ({ id }) => id),
    positions,
    orders: Int32Array.from(tokens, (_, index) => place.order + index),
    ends,
  };
}

/** Rows one after the other. */
export function joinRows(first: TokenRows, second: TokenRows, positionRows: number): TokenRows {
  const [a, b] = [first.ids.length, second.ids.length];
  const positions = new Int32Array(positionRows * (a + b));
  for (let row = 0; row < positionRows; row += 1) {
    positions.set(first.positions.subarray(row * a, (row + 1) * a), row * (a + b));
    positions.set(second.positions.subarray(row * b, (row + 1) * b), row * (a + b) + a);
  }
  return {
    ids: join(first.ids, second.ids),
    positions,
    orders: join(first.orders, second.orders),
    ends: join(first.ends, second.ends),
  };
}

function pickPositions(positions: Int32Array, length: number, positionRows: number, start: number, end: number): Int32Array {
  const picked = new Int32Array(positionRows * (end - start));
  for (let row = 0; row < positionRows; row += 1) {
    picked.set(positions.subarray(row * length + start, row * length + end), row * (end - start));
  }
  return picked;
}

function join(first: Int32Array, second: Int32Array): Int32Array {
  const joined = new Int32Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

function highest(values: Int32Array): number {
  return values.reduce((largest, value) => Math.max(largest, value), -1);
}
