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
});
