import type { TreeToken } from './decoding-rows.ts';
import type { WantedRow } from './decoding-feeds.ts';
import type { TrieNode } from './label-trie.ts';

/**
 * The nodes below one that can be walked to before the next label (or the end) is settled, depth first. Fed together with the
 * node they answer at once which label is next, however many tokens its choice takes and whatever tokens are forced on the way.
 */
export function unsettledBelow(node: TrieNode): TrieNode[] {
  return node.children().flatMap((child) => (child.settles ? [] : [child, ...unsettledBelow(child)]));
}

/** All nodes below one that something follows, depth first: all but the end tokens. */
export function innerNodesBelow(node: TrieNode): TrieNode[] {
  const found: TrieNode[] = [];
  const visit = (parent: TrieNode): void => {
    for (const child of parent.children()) {
      if (child.children().length === 0) continue;
      found.push(child);
      visit(child);
    }
  };
  visit(node);
  return found;
}

/** The nodes between the root and a node, the root left out. */
export function ancestorsOf(node: TrieNode): TrieNode[] {
  const path: TrieNode[] = [];
  for (let up = node.parent; up?.parent !== undefined; up = up.parent) path.unshift(up);
  return path;
}

/** Nodes as tokens of a tree; the depth counts from the prompt's end. */
export function tokensOf(nodes: readonly TrieNode[]): TreeToken[] {
  return nodes.map(({ token, depth }) => ({ id: token, depth: depth - 1 }));
}

/** Asks, at the row of each node, for the scores of what may follow it. */
export function wantChildren(sample: number, nodes: readonly TrieNode[], firstRow: number): WantedRow[] {
  return nodes.map((node, index) => ({
    sample, row: firstRow + index, tokens: node.children().map(({ token }) => token),
  }));
}
