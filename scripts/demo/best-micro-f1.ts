import type { DemoPost } from './posts.ts';
import { labelNames } from './vocabulary.ts';

/**
 * Micro-F1 of the best predictor that knows one feature of each post and how often each label goes with it in these very
 * posts. Predicting the likeliest (feature, label) pairs first is optimal, so the best cut of that ranking is the answer.
 */
export function bestMicroF1(posts: readonly DemoPost[], feature: (post: DemoPost) => string): number {
  const cells = new Map<string, { posts: number; hits: number }>();
  for (const post of posts) {
    for (const label of labelNames) {
      const key = `${feature(post)} ${label}`;
      const cell = cells.get(key) ?? { posts: 0, hits: 0 };
      cells.set(key, { posts: cell.posts + 1, hits: cell.hits + (post.labels.includes(label) ? 1 : 0) });
    }
  }
  const gold = posts.reduce((sum, post) => sum + post.labels.length, 0);
  let predicted = 0;
  let hits = 0;
  let best = 0;
  for (const cell of [...cells.values()].sort((a, b) => b.hits / b.posts - a.hits / a.posts)) {
    predicted += cell.posts;
    hits += cell.hits;
    best = Math.max(best, (2 * hits) / (predicted + gold));
  }
  return best;
}

/** What the text says about the labels: its stand-in words. */
export const textFeature = (post: DemoPost): string => post.words.toSorted().join('+');

/** What the picture says about the labels: its symbol. */
export const pictureFeature = (post: DemoPost): string => `${post.colour} ${post.shape}`;
