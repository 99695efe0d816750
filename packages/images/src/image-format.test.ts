import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { fixturePath } from './__fixtures__/fixtures.ts';
import { detectImageFormat } from './image-format.ts';

describe('detectImageFormat', () => {
  it.each([
    ['photo_a.png', 'png'],
    ['really_jpeg.png', 'jpeg'],
    ['photo.webp', 'webp'],
    ['anim.gif', 'gif'],
    ['lzw.tif', 'tiff'],
    ['bad/text.jpg', undefined],
    ['bad/zero_bytes.jpg', undefined],
  ])('tells by content that %s is %s', (name, format) => {
    expect(detectImageFormat(readFileSync(fixturePath(name)))).toBe(format);
  });

  it.each([
    ['avif', 'mif1avif', 'avif'],
    ['avis', 'avis', 'avif'],
    ['mif1', 'mif1miafavif', 'avif'],
    ['mif1', 'mif1heic', undefined],
    ['heic', 'mif1heic', undefined],
  ])('takes a container of brand %s, compatible with %s, for %s', (brand, others, format) => {
    const box = `\0\0\0${String.fromCharCode(16 + others.length)}ftyp${brand}\0\0\0\0${others}\0\0\0\x08avif`;
    expect(detectImageFormat(Buffer.from(box, 'latin1'))).toBe(format);
  });

  it('knows TIFF in either byte order, also with 64-bit offsets', () => {
    for (const start of ['II*\0', 'MM\0*', 'II+\0', 'MM\0+']) expect(detectImageFormat(Buffer.from(start))).toBe('tiff');
  });
});
