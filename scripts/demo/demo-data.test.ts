import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSplit, readClassNames } from '@mmhs/data';
import { decodeImage } from '@mmhs/images';
import { beforeAll, describe, expect, it } from 'vitest';
import { demoSeed, writeCsv } from './make-demo-data.ts';
import { createDemoPosts, splitSizes, type DemoPost, type SplitName } from './posts.ts';
import { labelNames } from './vocabulary.ts';

const folder = join(import.meta.dirname, '../../data/demo');
const splits = Object.keys(splitSizes) as SplitName[];
let posts: Record<SplitName, DemoPost[]>;

beforeAll(() => {
  posts = createDemoPosts(demoSeed);
});

/**
 * Micro-F1 of the best predictor that knows one feature of each post and how often each label goes with it. Predicting
 * the likeliest (feature, label) pairs first is optimal, so the best cut of that ranking is the best predictor.
 */
function bestMicroF1(testPosts: readonly DemoPost[], feature: (post: DemoPost) => string): number {
  const cells = new Map<string, { posts: number; hits: number }>();
  for (const post of testPosts) {
    for (const label of labelNames) {
      const key = `${feature(post)} ${label}`;
      const cell = cells.get(key) ?? { posts: 0, hits: 0 };
      cells.set(key, { posts: cell.posts + 1, hits: cell.hits + (post.labels.includes(label) ? 1 : 0) });
    }
  }
  const gold = testPosts.reduce((sum, post) => sum + post.labels.length, 0);
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

describe('data/demo', () => {
  it.each(splits)('holds the %s split that the generator writes', async (split) => {
    expect(await readFile(join(folder, `${split}.csv`), 'utf8')).toBe(writeCsv(split, posts[split]));
    const labelSet = await readClassNames(join(folder, 'class_names.txt'));
    expect(labelSet).toEqual(labelNames);
    const { samples } = await loadSplit({ path: join(folder, `${split}.csv`), labelSet });
    expect(samples).toHaveLength(splitSizes[split]);
    for (const [index, sample] of samples.entries()) {
      const image = await decodeImage({ path: sample.imagePath ?? '' });
      expect(digest(image.data)).toBe(digest(posts[split][index]?.image.data));
    }
  });

  it('has no text twice and no label in a text', () => {
    const texts = splits.flatMap((split) => posts[split].map(({ text }) => text));
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts.filter((text) => labelNames.some((label) => text.includes(label)))).toEqual([]);
    expect(texts.filter((text) => text.split(' ').length < 4 || text.split(' ').length > 10)).toEqual([]);
  });

  it.each(splits)('spreads the labels of the %s split', (split) => {
    const shareWith = (test: (post: DemoPost) => boolean): number => posts[split].filter(test).length / posts[split].length;
    const none = shareWith(({ labels }) => labels.length === 0);
    expect(none).toBeGreaterThan(0.35);
    expect(none).toBeLessThan(0.45);
    const several = shareWith(({ labels }) => labels.length >= 2);
    expect(several).toBeGreaterThan(0.08);
    expect(several).toBeLessThan(0.2);
    for (const label of labelNames) expect(shareWith(({ labels }) => labels.includes(label))).toBeGreaterThan(0.08);
  });

  it('cannot be solved from the text alone or the picture alone', () => {
    const fromText = bestMicroF1(posts.test, ({ words }) => words.toSorted().join('+'));
    const fromPicture = bestMicroF1(posts.test, ({ shape, colour }) => `${colour} ${shape}`);
    const fromBoth = bestMicroF1(posts.test, ({ words, shape, colour }) => `${words.toSorted().join('+')} ${colour} ${shape}`);
    expect(fromText).toBeLessThan(0.8);
    expect(fromPicture).toBeLessThan(0.8);
    expect(fromBoth).toBe(1);
  });
});

function digest(bytes: Uint8Array | undefined): string {
  return createHash('sha256').update(bytes ?? '').digest('hex');
}
