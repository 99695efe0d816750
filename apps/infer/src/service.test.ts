import { expect, it } from 'vitest';
import { createPostService } from './service.ts';
import { fakeLabeller } from './testing/fake-labeller.ts';
import { greyPng } from './testing/pictures.ts';

it('decodes a few pictures at a time, however many requests there are', async () => {
  const labeller = fakeLabeller();
  let running = 0;
  let most = 0;
  const service = createPostService({
    labeller: {
      ...labeller,
      async prepareImage(picture) {
        most = Math.max(most, (running += 1));
        const ready = await labeller.prepareImage(picture);
        running -= 1;
        return ready;
      },
    },
    limits: { lines: 1, textLength: 100, pixels: 1e6 },
  });
  const prepared = await Promise.all(Array.from({ length: 20 }, () =>
    service.prepare({ posts: [{ text: '', image: { bytes: new Uint8Array(greyPng(8, 8)) }, source: 'body' }] })));
  expect(prepared.flat().every((item) => 'post' in item)).toBe(true);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(4);
});
