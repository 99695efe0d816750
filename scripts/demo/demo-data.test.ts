import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSplit, readClassNames } from '@mmhs/data';
import { decodeImage } from '@mmhs/images';
import { describe, expect, it } from 'vitest';
import { bestMicroF1, pictureFeature, textFeature } from './best-micro-f1.ts';
import { demoSeed, writeCsv } from './make-demo-data.ts';
import { createDemoPosts, splitSizes, type DemoPost, type SplitName } from './posts.ts';
import { labelNames } from './vocabulary.ts';

const folder = join(import.meta.dirname, '../../data/demo');
const splits = Object.keys(splitSizes) as SplitName[];
const posts = createDemoPosts(demoSeed);

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
    const fromText = bestMicroF1(posts.test, textFeature);
    const fromPicture = bestMicroF1(posts.test, pictureFeature);
    const fromBoth = bestMicroF1(posts.test, (post) => `${textFeature(post)} ${pictureFeature(post)}`);
    expect(fromText).toBeLessThan(0.8);
    expect(fromPicture).toBeLessThan(0.8);
    expect(fromBoth).toBe(1);
  });
});

function digest(bytes: Uint8Array | undefined): string {
  return createHash('sha256').update(bytes ?? '').digest('hex');
}
