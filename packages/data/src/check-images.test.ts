import type { Sample } from '@mmhs/core';
import { describe, expect, it } from 'vitest';
import { checkImages } from './check-images.ts';

const sample = (id: string, imagePath: string | undefined): Sample => ({
  id,
  text: 'x',
  imagePath,
  labels: [],
  source: `train.csv:${id}`,
});
const samples = [sample('2', 'good.png'), sample('3', 'bad.png'), sample('4', undefined), sample('5', 'bad.png')];
const decode = async (path: string): Promise<void> => {
  if (path.startsWith('bad')) throw new Error('truncated');
};

describe('checkImages', () => {
  it('fails after checking all, naming the pictures and their rows', async () => {
    await expect(checkImages({ samples, decode })).rejects.toMatchObject({
      code: 'MMHS_DATA_BAD_IMAGE',
      message: expect.stringMatching(/2 of 4 posts.*train\.csv:3.*bad\.png: truncated.*\n.*train\.csv:5/s),
    });
  });

  it('leaves posts out, or keeps them to be shown blank, and reports each', async () => {
    const skipped = await checkImages({ samples, decode, onBadImage: 'skip' });
    expect(skipped.samples.map(({ id }) => id)).toEqual(['2', '4']);
    expect(skipped.problems.map(({ where }) => where)).toEqual(['train.csv:3', 'train.csv:5']);
    const blank = await checkImages({ samples, decode, onBadImage: 'blank' });
    expect(blank.samples).toEqual(samples);
    expect([...blank.blankImages]).toEqual(['bad.png']);
    expect(blank.problems).toEqual(skipped.problems);
  });

  it('decodes each picture once, a bounded number at a time', async () => {
    let running = 0;
    let most = 0;
    const seen: string[] = [];
    const many = Array.from({ length: 40 }, (_, index) => sample(String(index), `p${index % 20}.png`));
    await checkImages({
      samples: many,
      concurrency: 3,
      decode: async (path) => {
        seen.push(path);
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      },
    });
    expect(seen.toSorted()).toEqual([...new Set(many.map(({ imagePath }) => imagePath))].toSorted());
    expect(most).toBe(3);
  });

  it('stops when aborted', async () => {
    const controller = new AbortController();
    const checking = checkImages({
      samples: [sample('1', 'a'), sample('2', 'b')],
      concurrency: 1,
      signal: controller.signal,
      decode: async (path) => (path === 'a' ? controller.abort() : expect.fail('went on after the abort')),
    });
    await expect(checking).rejects.toMatchObject({ name: 'AbortError' });
  });
});
