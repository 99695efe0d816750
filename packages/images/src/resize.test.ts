import type { MmhsError } from '@mmhs/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readImages, readJson } from './__fixtures__/fixtures.ts';
import { plainResize } from './__fixtures__/plain-resize.ts';
import type { ResizeFilter } from './resample.ts';
import { resizeImage } from './resize.ts';

const sources = readImages('decoded.safetensors');
/** Results of Pillow's Image.resize. */
const expected = readImages('resize.safetensors');
const filters = ['bilinear', 'bicubic', 'lanczos'] as const;

/** Bytes that are mostly quite dark or quite bright, so that sums often leave 0..255. */
function noise(length: number, seed: number): Uint8Array {
  const data = new Uint8Array(length);
  let state = seed;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    const value = state >>> 24;
    data[index] = value < 100 ? 0 : value > 155 ? 255 : value;
  }
  return data;
}

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
          expect(Buffer.compare(resized.data, Buffer.alloc(width * height * 3, value))).toBe(0);
        }),
    );
  });

  it('gives what 32-bit arithmetic without the kernel gives, whatever the sizes and pixels', () => {
    const side = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 120 }));
    fc.assert(
      fc.property(side, side, side, side, fc.constantFrom(...filters), fc.integer(), (inputWidth, inputHeight, width, height, filter, seed) => {
        const image = { width: inputWidth, height: inputHeight, data: noise(inputWidth * inputHeight * 3, seed) };
        const size = { width, height, filter };
        expect(Buffer.compare(resizeImage(image, size).data, plainResize(image, size).data)).toBe(0);
      }),
    );
  });

  it('does pictures of more rows and longer rows than it holds at a time', () => {
    for (const [inputWidth, inputHeight, width, height] of [[90_000, 5, 7, 3], [3, 20_001, 5, 40], [900, 301, 1, 1]] as const) {
      const image = { width: inputWidth, height: inputHeight, data: noise(inputWidth * inputHeight * 3, width) };
      const size = { width, height, filter: 'lanczos' } as const;
      expect(Buffer.compare(resizeImage(image, size).data, plainResize(image, size).data)).toBe(0);
    }
  });

  it('says so when a result cannot be held in memory', () => {
    const run = (): unknown => resizeImage(sources.get('one.png')!, { width: 40_000, height: 40_000, filter: 'bilinear' });
    expect(run).toThrow(expect.objectContaining({ code: 'MMHS_IMAGE_SIZE' }) as MmhsError);
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
