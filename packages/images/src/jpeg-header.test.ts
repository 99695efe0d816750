import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { fixturePath } from './__fixtures__/fixtures.ts';
import { readJpegHeader } from './jpeg-header.ts';

const photo = readFileSync(fixturePath('photo_b_q90.jpg'));

describe('readJpegHeader', () => {
  it.each([
    ['photo_b_q90.jpg', 3],
    ['photo_c_q35_progressive.jpg', 3],
    ['photo_d_q75_444.jpg', 3],
    ['exif_oriented.jpg', 3],
    ['icc.jpg', 3],
    ['gray_q80.jpg', 1],
  ])('reads the stored size of %s, as libvips does', async (name, components) => {
    const bytes = readFileSync(fixturePath(name));
    const { width, height } = await sharp(bytes).metadata();
    expect(readJpegHeader(bytes)).toEqual({ width, height, components });
  });

  it.each([
    ['has four inks', readFileSync(fixturePath('cmyk.jpg'))],
    ['is cut off before the frame', photo.subarray(0, 40)],
    ['has garbage between its segments', Buffer.concat([photo.subarray(0, 2), Buffer.from([0]), photo.subarray(2)])],
    ['is no JPEG', readFileSync(fixturePath('photo_a.png'))],
    ['is empty', new Uint8Array()],
  ])('leaves to others what %s', (_, bytes) => {
    expect(readJpegHeader(bytes)).toBeUndefined();
  });

  it('never says anything else than libvips about damaged headers', async () => {
    const damage = fc.array(fc.tuple(fc.nat(700), fc.nat(255)), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const damaged = Uint8Array.from(photo);
        for (const [position, value] of changes) damaged[position] = value;
        const header = readJpegHeader(damaged);
        const metadata = await sharp(damaged).metadata().catch(() => undefined);
        if (header === undefined || metadata === undefined) return;
        expect([header.width, header.height]).toEqual([metadata.width, metadata.height]);
      }),
    );
  });
});
