import { describe, expect, it } from 'vitest';

import { decodeImage } from './decode.ts';
import { unknownFormat } from './foreign-format.ts';

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

describe('a file that is no picture of a known format', () => {
  it.each([
    ['a BMP picture', 'BM\x36\x00\x01\x00\0\0\0\0\x36\0\0\0', /convert it to JPEG/u],
    ['a HEIC picture', '\0\0\0\x18ftypheic\0\0\0\0mif1heic', /HEVC/u],
    ['a HEIC picture', '\0\0\0\x18ftypmif1\0\0\0\0mif1heic', /HEVC/u],
    ['a JPEG XL picture', '\xff\x0a\x00', /convert/u],
    ['a JPEG 2000 picture', '\0\0\0\x0cjP  \r\n\x87\n', /convert/u],
    ['an icon', '\0\0\x01\0\x01\0', /convert/u],
    ['a Photoshop picture', '8BPS\0\x01', /convert/u],
    ['a video', '\0\0\0\x20ftypisom\0\0\x02\0isomiso2', /frame/u],
    ['a PDF document', '%PDF-1.7', /page/u],
    ['a vector graphic', '\n<svg xmlns="http://www.w3.org/2000/svg"/>', /PNG/u],
    ['a web page', '\xef\xbb\xbf<!DOCTYPE html><html>', /fetch/u],
    ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\n', /git lfs pull/u],
    ['an archive', 'PK\x03\x04', /unpack/u],
    ['an empty file', '', /fetch/u],
    ['a file that starts with 68 65 6c 6c 6f', 'hello', /convert/u],
  ])('is said to be %s', (got, start, fix) => {
    const error = unknownFormat(bytes(start), 'post.jpg');
    expect([error.code, error.details.where, error.details.got]).toEqual(['MMHS_IMAGE_FORMAT', 'post.jpg', got]);
    expect(error.details.fix).toMatch(fix);
  });

  it('is refused by decodeImage with that error', async () => {
    const input = { bytes: bytes('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), name: 'phone.jpg' };
    await expect(decodeImage(input)).rejects.toMatchObject({ code: 'MMHS_IMAGE_FORMAT', details: { got: 'a HEIC picture' } });
  });
});
