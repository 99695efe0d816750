import { MmhsError } from '@mmhs/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readImages, readJson } from './__fixtures__/fixtures.ts';
import type { ResizeFilter } from './resample.ts';
import { resizeImage } from './resize.ts';

const sources = readImages('decoded.safetensors');
/** Results of Pillow's Image.resize. */
const expected = readImages('resize.safetensors');
const filters = ['bilinear', 'bicubic', 'lanczos'] as const;

describe('resizeImage', () => {
  it.each(readJson<{ tensor: string; image: string; size: [number, number]; filter: ResizeFilter }[]>('resize.json'))(
    'is bit-identical to Pillow: $tensor',
    ({ tensor, image, size: [width, height], filter }) => {
      const resized = resizeImage(sources.get(image)!, { width, height, filter });
      expect([resized.width, resized.height]).toEqual([width, height]);
      expect(Buffer.compare(resized.data, expected.get(tensor)!.data)).toBe(0);
    },
  );

  it('keeps a picture of one colour, whatever the sizes', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, side, side, fc.constantFrom(...filters), fc.integer({ min: 0, max: 255 }),
        (inputWidth, inputHeight, width, height, filter, value) => {
          const data = new Uint8Array(inputWidth * inputHeight * 3).fill(value);
          const resized = resizeImage({ width: inputWidth, height: inputHeight, data }, { width, height, filter });
          expect(resized.data).toEqual(new Uint8Array(width * height * 3).fill(value));
        }),
    );
  });

  it('treats rows and columns alike when only one of them changes', () => {
    const line = Uint8Array.from({ length: 60 }, (_, index) => (index * 83) % 256);
    for (const filter of filters) {
      const wide = resizeImage({ width: 20, height: 1, data: line }, { width: 7, height: 1, filter });
      const high = resizeImage({ width: 1, height: 20, data: line }, { width: 1, height: 7, filter });
      expect(wide.data).toEqual(high.data);
    }
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses a width of %s', (width) => {
    const image = sources.get('one.png')!;
    const run = (): unknown => resizeImage(image, { width, height: 1, filter: 'bilinear' });
    expect(run).toThrow(expect.objectContaining({ code: 'MMHS_IMAGE_SIZE' }) as MmhsError);
  });
});
