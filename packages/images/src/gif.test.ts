import { readFileSync } from 'node:fs';

import { MmhsError, type RgbImage } from '@mmhs/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fixturePath } from './__fixtures__/fixtures.ts';
import { plainGif } from './__fixtures__/plain-gif.ts';
import { decodeImage } from './decode.ts';

const bytes = readFileSync(fixturePath('t.gif'));

/** A GIF with a screen of 2 x 1 pixels, two colours, and the given frame. */
function gif(frame: readonly number[]): Uint8Array {
  const header = [...Buffer.from('GIF89a'), 2, 0, 1, 0, 0x80, 0, 0];
  return Uint8Array.from([...header, 10, 20, 30, 40, 50, 60, ...frame]);
}

describe('decoding a GIF', () => {
  it('finds the frame after comments, with the colours of its own palette', async () => {
    const comment = [0x21, 0xfe, 2, 0x2c, 0x2c, 0];
    const ownPalette = [0x2c, 0, 0, 0, 0, 2, 0, 1, 0, 0x80, 1, 2, 3, 4, 5, 6];
    // Codes of 3 bits, the first in the lowest bits: clear (4), 0, 1, end (5).
    const pixels = [2, 2, 0b01_000_100, 0b101_0, 0, 0x3b];
    const { data } = await decodeImage({ bytes: gif([...comment, ...ownPalette, ...pixels]) });
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('unfolds codes of every length', async () => {
    const decoded = await decodeImage({ bytes: plainGif({ width: 3000, height: 1000 }) });
    const data = Buffer.alloc(3000 * 1000 * 3, Buffer.from([200, 100, 50]));
    expect(Buffer.compare(decoded.data, data)).toBe(0);
  });

  it.each([
    ['end code', [0b01_001_100, 0b1]],
    ['impossible code', [0b11_001_100, 0b1]],
  ])('refuses an early %s', async (_, [first, second]) => {
    const frame = [0x2c, 0, 0, 0, 0, 2, 0, 1, 0, 0];
    const bytes = gif([...frame, 2, 2, first!, second!, 0, 0x3b]);
    await expect(decodeImage({ bytes })).rejects.toMatchObject({ code: 'MMHS_IMAGE_CORRUPT' });
  });

  it('refuses a screen beyond the limit, however short the file', async () => {
    const frame = [0x2c, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 2, 0];
    await expect(decodeImage({ bytes: gif(frame) })).rejects.toMatchObject({ code: 'MMHS_IMAGE_TOO_LARGE' });
  });

  it('gives a whole picture or an MmhsError for damaged files, never anything else', async () => {
    const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(bytes.length), async (changes, cut) => {
        const damaged = Uint8Array.from(bytes);
        for (const [position, value] of changes) damaged[position] = value;
        const input = { bytes: damaged.subarray(0, damaged.length - (cut % 40)), limits: { maxPixels: 100_000 } };
        const result: unknown = await decodeImage(input).catch((error: unknown) => error);
        if (MmhsError.isInstance(result)) return;
        const { width, height, data } = result as RgbImage;
        expect(data).toHaveLength(width * height * 3);
      }),
    );
  });
});
