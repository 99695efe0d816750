import { createRandom } from '@mmhs/core';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useTemporaryFolder } from '../__fixtures__/temporary-folder.ts';
import { formatInspection } from './format-inspection.ts';
import { inspectDataSet } from './inspect-data-set.ts';
import type { PictureDecoder } from './picture-facts.ts';
import { spreadOf } from './quantiles.ts';

const folder = useTemporaryFolder();

/** Stands in for pictures: `jpeg 40x30 seed`, drawn from the seed; a fourth word changes one pixel and the bytes. */
const decode: PictureDecoder = async (bytes) => {
  const [format = '', size = '', seed = '', change] = Buffer.from(bytes).toString().split(' ');
  if (seed === '') throw new Error('cut short');
  const [width = 0, height = 0] = size.split('x').map(Number);
  const random = createRandom(Number(seed));
  const image = { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)) };
  if (change !== undefined) image.data[0]! ^= 128;
  return { format, image };
};

async function inspect(more: Partial<Parameters<typeof inspectDataSet>[0]> = {}): ReturnType<typeof inspectDataSet> {
  const pictures = {
    'a.jpg': 'jpeg 40x30 1', 'b.jpg': 'jpeg 40x30 1', 'c.png': 'jpeg 60x20 2', 'd.png': 'png 40x30 3', 'e.png': 'png',
    'f.jpg': 'jpeg 40x30 1 changed',
  };
  for (const [name, content] of Object.entries(pictures)) await folder.write(`set/${name}`, content);
  const train = await folder.write('set/train.csv', [
    'text,image_path,labels', 'One,a.jpg,"x,y"', 'two 😀,c.png,x', ',d.png,', 'four,e.png,y', 'five,missing.jpg,y', 'bad row', 'six,,zzz',
    'one,b.jpg,y', '',
  ].join('\n'));
  const test = await folder.write('set/test.csv', 'text,image_path,labels\nONE  https://t.co/abc,a.jpg,"x,y"\nnew,f.jpg,x\n');
  return inspectDataSet({ splits: { train, test }, labelSet: ['x', 'y'], decode, ...more });
}

describe('inspectDataSet', () => {
  it('describes posts without any label, too', async () => {
    const test = await folder.write('unlabelled.csv', 'text,image_path,labels\none,,\ntwo,,\n');
    const inspection = await inspectDataSet({ splits: { test } });
    expect(inspection).toMatchObject({ labels: [], splits: { test: { posts: 2, withoutLabel: 2, labels: {}, coOccurrence: [] } } });
    expect(formatInspection(inspection)).toContain('test');
  });

  it('counts labels, how they occur together, and text lengths in characters', async () => {
    const { labels, splits } = await inspect();
    expect(labels).toEqual(['x', 'y']);
    expect(splits['train']).toMatchObject({
      posts: 7, withoutText: 1, withoutPicture: 1, labels: { x: 2, y: 4 }, withoutLabel: 2,
      labelsPerPost: { 0: 2, 1: 4, 2: 1 }, coOccurrence: [[2, 1], [1, 4]], textLength: { min: 3, max: 5, median: 3 },
    });
    expect(splits['train']?.problems.map(({ code }) => code)).toEqual(['MMHS_DATA_ROW_WIDTH', 'MMHS_DATA_UNKNOWN_LABEL']);
  });

  it('looks at every picture: formats, sizes, missing, damaged, wrongly named', async () => {
    const { splits } = await inspect();
    const root = dirname(await folder.write('set/x', ''));
    expect(splits['train']?.pictures).toMatchObject({
      files: 6, formats: { jpeg: 3, png: 1 }, width: { min: 40, max: 60 }, height: { min: 20, max: 30 },
      aspectRatio: { max: 3 }, missing: [`${root}/missing.jpg`],
      corrupt: [{ path: `${root}/e.png`, reason: 'cut short' }], mislabelled: [{ path: `${root}/c.png`, format: 'jpeg' }],
    });
  });

  it('finds twins within and across splits: same bytes, alike, same text; and labels that contradict each other', async () => {
    const { twins } = await inspect();
    expect(twins.counts).toEqual([
      { split: 'train', other: 'train', samePicture: 2, similarPicture: 2, sameText: 2 },
      { split: 'test', other: 'train', samePicture: 1, similarPicture: 2, sameText: 1 },
      { split: 'test', other: 'test', samePicture: 0, similarPicture: 2, sameText: 0 },
    ]);
    const a = [{ split: 'train', id: '2' }, { split: 'train', id: '9' }, { split: 'test', id: '2' }];
    expect(twins.groups).toEqual([
      { kind: 'same_picture', posts: a },
      { kind: 'similar_picture', posts: [...a, { split: 'test', id: '3' }] },
      { kind: 'same_text', posts: a },
    ]);
    expect(twins.contradictions).toEqual([a]);
  });

  it('is plain data, and a readable text', async () => {
    const inspection = await inspect();
    expect(JSON.parse(JSON.stringify(inspection))).toEqual(inspection);
    const text = formatInspection(inspection);
    expect(text).toMatch(/x +2 \(28\.6 %\) +2 \(100\.0 %\)/);
    expect(text).toMatch(/test in train +1 +2 +1/);
    expect(text).toContain('1 groups with the same picture and text have different labels');
    expect(text).toMatch(/train: 1 pictures with the wrong extension\n.*c\.png is jpeg/);
  });

  it('works without pictures and without a label list', async () => {
    const { decode: _, ...blind } = { decode, labelSet: undefined };
    const { labels, splits, twins } = await inspect({ ...blind, decode: undefined });
    expect(labels).toEqual(['x', 'y', 'zzz']);
    expect(splits['train']?.pictures).toMatchObject({ formats: {}, missing: [] });
    expect(twins.counts[0]).toMatchObject({ samePicture: 0, sameText: 2 });
  });

  it('decodes each picture once, and stops when told', async () => {
    const seen: string[] = [];
    const progress: number[] = [];
    await inspect({
      decode: (bytes, options) => (seen.push(options.name), decode(bytes, options)),
      onProgress: ({ done, total }) => (expect(total).toBe(7), progress.push(done)),
    });
    expect(new Set(seen).size).toBe(seen.length);
    expect(progress).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const stop = new AbortController();
    const stopped = inspect({ signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) });
    await expect(stopped).rejects.toThrow('enough');
  });
});

it('spreadOf gives order statistics', () => {
  expect(spreadOf([])).toBeUndefined();
  expect(spreadOf([7])).toEqual({ min: 7, p5: 7, median: 7, p95: 7, max: 7, mean: 7 });
  expect(spreadOf(Array.from({ length: 100 }, (_, index) => 100 - index))).toEqual({ min: 1, p5: 5, median: 50, p95: 95, max: 100, mean: 50.5 });
});
